"""The section `map`: probabilities, uncertainty, borders of regions and smoothing, with windows of two sizes and two workers."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely

from iota_py.assessment.wording import count, hectares, percent
from iota_py.config import load_config
from iota_py.config.schema import RunConfig
from iota_py.grid.windows import crs_text
from iota_py.io.publish import read_json
from iota_py.io.raster import read_window
from iota_py.mapping.smoothing import majority
from iota_py.pipeline import paths
from iota_py.pipeline.models.shares import known_codes, region_codes
from iota_py.pipeline.run import run
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.candidates import burn_regions
from tests.end_to_end.products import digests

Writer = Callable[[Path, str], Path]
ALL = """
map:
  probabilities: true
  uncertainty: [least_confidence, margin, ratio, entropy]
  boundary_fusion: {interior: 150, exterior: 250, compare: true}
"""
SMOOTH = """
samples: {split: {runs: 1}}
map:
  boundary_fusion: {interior: 150, exterior: 250, compare: true}
  smoothing: {kind: bayesian, window: 5, variance: {23: 5}}
"""
MAJORITY = "samples: {split: {runs: 1}}\nmap: {probabilities: true, smoothing: {kind: majority, window: 5}}\n"


def done(writer: Writer, folder: Path, text: str) -> RunConfig:
    config = load_config(writer(folder, text))
    run(config)
    return config


@pytest.fixture(scope="module")
def everything(light_config: Writer, tmp_path_factory: pytest.TempPathFactory) -> RunConfig:
    return done(light_config, tmp_path_factory.mktemp("all"), ALL)


@pytest.fixture(scope="module")
def single(light_config: Writer, tmp_path_factory: pytest.TempPathFactory) -> RunConfig:
    return done(light_config, tmp_path_factory.mktemp("single"), "samples: {split: {runs: 1}}\nmap: {probabilities: true}\n")


def layer(config: RunConfig, name: str) -> np.ndarray:
    return read_window(str(config.output / name))


def bands(config: RunConfig) -> np.ndarray:
    with rasterio.open(config.output / paths.PROBABILITIES) as dataset:
        return dataset.read()


@pytest.mark.parametrize("text", [ALL, *(pytest.param(text, marks=pytest.mark.slow) for text in (SMOOTH, MAJORITY))])
def test_the_same_bytes_with_other_windows_and_two_workers(everything: RunConfig, light_config: Writer, tmp_path: Path, text: str) -> None:
    one = everything if text == ALL else done(light_config, tmp_path / "one", text)
    two = done(light_config, tmp_path / "two", f"{text}\nengine: {{workers: 2, window: 77}}\n")
    expected, found = digests(one.output), digests(two.output)
    assert found.keys() == expected.keys()
    assert [name for name in expected if found[name] != expected[name]] == []
    assert run(two).nothing
    assert not list(two.output.rglob("windows/*.tif"))


def test_the_header_says_what_the_bands_are(everything: RunConfig) -> None:
    ws = Workspace(everything.output, "")
    with rasterio.open(everything.output / paths.PROBABILITIES) as dataset:
        assert dataset.descriptions == tuple(ws.nomenclature[code].alias for code in known_codes(ws))
        assert list(known_codes(ws)) == sorted(known_codes(ws))
        assert set(dataset.scales) == {0.001}
        assert set(dataset.offsets) == {0}
        assert (dataset.nodata, dataset.dtypes[0]) == (65535, "uint16")
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    with rasterio.open(everything.output / paths.uncertainty("entropy")) as dataset:
        assert (dataset.nodata, dataset.scales, dataset.descriptions) == (65535, (0.001,), ("entropy",))
    assert "singlebandpseudocolor" in (everything.output / "map/uncertainty_ratio.qml").read_text()


def test_probabilities_add_up_where_there_is_a_class(everything: RunConfig) -> None:
    shares, seen = bands(everything), layer(everything, "map/classification.tif") > 0
    assert (shares[:, seen].sum(axis=0, dtype=np.int64) == 1000).all()
    assert (shares[:, ~seen] == 65535).all()
    assert seen.mean() > 0.9


def test_the_most_probable_class_is_that_of_the_map(single: RunConfig, light_run: RunConfig) -> None:
    shares, classes = bands(single), layer(single, "map/classification.tif")
    codes = np.array(known_codes(Workspace(single.output, "")))
    seen = classes > 0
    own = np.take_along_axis(shares, np.searchsorted(codes, classes)[None] % len(codes), axis=0)[0]
    behind = shares.max(axis=0).astype(np.int64) - own
    assert behind[seen].max() <= 1, "of two that are equal in float32, the first may have a thousandth more"
    assert (behind[seen] == 0).mean() > 0.99
    ordered = np.sort(shares, axis=0).astype(np.int64)
    apart = seen & (ordered[-1] - ordered[-2] > 1)
    assert (codes[shares.argmax(axis=0)][apart] == classes[apart]).all()
    assert apart.sum() > 0.8 * seen.sum()
    assert np.abs(shares.max(axis=0)[seen] / 10 - layer(single, "map/confidence.tif")[seen]).max() <= 0.6
    plain = layer(light_run, "map/run_0/classification.tif")
    assert np.array_equal(plain, classes), "the map is the one of a run that asks for no probabilities"


def test_uncertainty_is_that_of_the_bands(everything: RunConfig) -> None:
    ws = Workspace(everything.output, "")
    shares, seen = bands(everything).astype(np.float64) / 1000, layer(everything, "map/classification.tif") > 0
    ordered = np.sort(shares[:, seen], axis=0)
    first, second = ordered[-1], ordered[-2]
    expected = {"least_confidence": 1 - first, "margin": 1 - (first - second), "ratio": second / first}
    for measure, values in expected.items():
        assert np.abs(layer(everything, paths.uncertainty(measure))[seen] - 1000 * values).max() <= 0.5 + 1e-6
    region = burn_regions(ws.regions(crs_text(ws.grid)), ws.grid)
    inside = seen & (buffers(everything, ws) == 0)
    for index in ws.region_names:
        own = inside & (region == index)
        part = shares[:, own]
        entropy = -(part * np.log(np.where(part > 0, part, 1))).sum(axis=0) / np.log(len(region_codes(ws, index)))
        assert np.abs(layer(everything, paths.uncertainty("entropy"))[own] - 1000 * entropy).max() <= 0.5 + 1e-6


def buffers(config: RunConfig, ws: Workspace) -> np.ndarray:
    """Buffers of the borders on the grid of the map; the tiles lie on its lattice."""
    found = np.zeros(ws.grid.shape, np.uint8)
    for tile in reversed(ws.tiles):
        box = ws.geobox(tile)
        row, col = round((ws.grid.transform.f - box.transform.f) / 10), round((box.transform.c - ws.grid.transform.c) / 10)
        part = found[row : row + box.shape[0], col : col + box.shape[1]]
        np.maximum(part, layer(config, paths.tile_layer(tile, "buffers")), out=part)
    return found


def test_borders_change_nothing_outside_their_buffers(everything: RunConfig, light_run: RunConfig) -> None:
    ws = Workspace(everything.output, "")
    near = buffers(everything, ws) > 0
    before, after = layer(everything, "map/classification_unfused.tif"), layer(everything, "map/classification.tif")
    assert np.array_equal(before, layer(light_run, "map/classification.tif")), "without fusion: the map of a run that does not ask for it"
    assert np.array_equal(layer(everything, "map/confidence_unfused.tif"), layer(light_run, "map/confidence.tif"))
    assert np.array_equal(before[~near], after[~near])
    assert 0 < (before != after).sum() < near.sum() < 0.5 * before.size
    change = layer(everything, paths.BOUNDARY_CHANGE)
    differ = before != after
    assert np.array_equal(change > 0, differ)
    assert np.array_equal(change[differ], before[differ].astype(np.uint32) * 1000 + after[differ])
    table, summary = pd.read_csv(everything.output / paths.BOUNDARY), read_json(everything.output / paths.BOUNDARY_SUMMARY)
    assert table.pixels.sum() == summary["changed_pixels"] == differ.sum()
    assert summary["buffer_pixels"] == near.sum()
    assert summary["buffer_hectares"] == pytest.approx(near.sum() / 100)
    first = table.iloc[0]
    assert ((before == first.before) & (after == first.after)).sum() == first.pixels == table.pixels.max()
    assert 0 <= summary["discontinuity"]["with_fusion"] < summary["discontinuity"]["without_fusion"] <= 1
    section = (everything.output / paths.REPORT).read_text().split('<h2 id="boundary">')[1].split("</section>")[0]
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", section)
    assert cells[:3] == [count(int(near.sum())), hectares(near.sum() / 100), ""]
    assert cells[3:6] == [count(int(differ.sum())), hectares(differ.sum() / 100), percent(differ.sum() / near.sum())]
    assert [cells[8], cells[11]] == [percent(summary["discontinuity"][key]) for key in ("without_fusion", "with_fusion")]
    assert section.count("<tr>") == 2 + 4 + min(5, len(table))


def test_buffers_follow_the_border(everything: RunConfig) -> None:
    """With 150 m inside and 250 m outside, a pixel is in a buffer when another region is at less than 250 m."""
    ws = Workspace(everything.output, "")
    regions = ws.regions(crs_text(ws.grid))
    region = burn_regions(regions, ws.grid)
    t = ws.grid.transform
    near = buffers(everything, ws) > 0
    seen = layer(everything, "map/classification.tif") > 0
    for row, col in zip(*(places[::701] for places in np.nonzero(seen))):
        point = rasterio.transform.xy(t, row, col)
        others = regions.geometry[regions.region != region[row, col]]
        distance = min(shape.distance(shapely.Point(point)) for shape in others)
        assert near[row, col] == (distance < 250)


def test_the_majority_filter_crosses_windows_and_not_data(light_config: Writer, tmp_path: Path, single: RunConfig) -> None:
    config = done(light_config, tmp_path, f"{MAJORITY}\ntiles: [31TCJ]\n")
    plain = done(light_config, tmp_path / "plain", "samples: {split: {runs: 1}}\ntiles: [31TCJ]\n")
    expected = majority(layer(plain, "map/classification.tif"), layer(plain, "map/confidence.tif"), 5)
    assert np.array_equal(layer(config, "map/classification.tif"), expected[0])
    assert np.array_equal(layer(config, "map/confidence.tif"), expected[1])
    assert not np.array_equal(expected[0], layer(plain, "map/classification.tif"))


def test_bayesian_smoothing_makes_the_map_smoother(light_config: Writer, tmp_path: Path, single: RunConfig) -> None:
    config = done(light_config, tmp_path, "samples: {split: {runs: 1}}\nmap: {smoothing: {kind: bayesian, variance: 60}}\n")
    smooth, plain = layer(config, "map/classification.tif"), layer(single, "map/classification.tif")
    assert np.array_equal(smooth > 0, plain > 0)

    def edges(classes: np.ndarray) -> int:
        return int((classes[:, 1:] != classes[:, :-1]).sum() + (classes[1:] != classes[:-1]).sum())

    assert edges(smooth) < 0.8 * edges(plain)
    assert layer(config, "map/confidence.tif")[smooth > 0].min() > 0
