"""Held-out probabilities, conformal sets and confusions of a run, in its tables, its map and its report."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio

from iota_py.assessment.reliability import brier_score
from iota_py.config import load_config
from iota_py.config.schema import RunConfig
from iota_py.io.publish import read_json
from iota_py.io.raster import read_window
from iota_py.io.tables import read_table
from iota_py.pipeline import paths
from iota_py.pipeline.models.conformal import CALIBRATES, TESTS, held_out_answers, places_in, set_sizes, shares_in
from iota_py.pipeline.models.shares import known_codes
from iota_py.pipeline.run import run
from iota_py.pipeline.steps.mapping import write_window
from iota_py.pipeline.workspace import Workspace

Writer = Callable[[Path, str], Path]
TEXT = """
samples: {split: {ratio: 0.5}}
map: {set_size: true, probabilities: true}
calibration: {method: temperature}
assessment:
  probabilities: {pixels_per_class: 200}
  confusions: {bands: [ndvi]}
"""
KEYS = ["tile", "polygon", "row", "col", "code", "region"]


@pytest.fixture(scope="module")
def config(light_config: Writer, tmp_path_factory: pytest.TempPathFactory) -> RunConfig:
    config = load_config(light_config(tmp_path_factory.mktemp("probabilities"), TEXT))
    run(config)
    return config


@pytest.fixture(scope="module")
def ws(config: RunConfig) -> Workspace:
    return Workspace(config.output, "")


def test_answers_stand_for_all_validation_pixels(ws: Workspace) -> None:
    selection, split = read_table(ws.path(paths.SELECTION)), read_table(ws.path(paths.SPLIT)).set_index("polygon")
    for k in range(ws.runs):
        answers = held_out_answers(ws, k)
        assert (split.loc[answers.polygon, f"run_{k}"] == 2).all(), "no polygon that was learnt from"
        held = selection[selection[f"run_{k}"] == 2]
        counts = held.groupby(["region", "polygon"]).size()
        np.testing.assert_allclose(answers.groupby(["region", "polygon"]).weight.sum(), counts)
        assert answers.groupby(["region", "code"]).size().max() <= 200
        shares = shares_in(answers, known_codes(ws))
        np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-4)
        sides = answers.groupby(["region", "polygon"]).side.agg(["nunique", "first"])
        assert (sides["nunique"] == 1).all()
        assert set(sides["first"]) == {CALIBRATES, TESTS}


def test_scores_are_those_of_the_answers(ws: Workspace) -> None:
    scores = read_table(ws.path(paths.PROBABILITY_SCORES)).set_index(["region", "run", "kind"])
    answers, codes = held_out_answers(ws, 0), known_codes(ws)
    for kind in ("p", "raw"):
        expected = brier_score(shares_in(answers, codes, kind), places_in(codes, answers.code.to_numpy()), answers.weight.to_numpy())
        assert scores.brier[("all", 0, kind)] == pytest.approx(expected)
    assert scores.brier[("all", 0, "raw")] != scores.brier[("all", 0, "p")]


def test_the_map_holds_the_sets_of_the_same_numbers(config: RunConfig, ws: Workspace) -> None:
    """Pixels that were answered in every draw have on their tile the size that the answers and the thresholds give."""
    tables = [held_out_answers(ws, k).set_index(KEYS).sort_index() for k in range(ws.runs)]
    shared = tables[0].index.intersection(tables[1].index)
    codes, keys = known_codes(ws), shared.to_frame(index=False)
    shares = np.stack([shares_in(table.loc[shared], codes).T for table in tables])
    expected = set_sizes(ws, shares, keys.region.to_numpy())
    assert len(shared) > 500
    assert len(set(expected.tolist())) > 1
    for tile, here in keys.groupby("tile"):
        sizes = read_window(str(ws.path(paths.tile_layer(str(tile), "set_size"))))
        own = sizes[here.row, here.col]
        owned = own != 65535
        np.testing.assert_array_equal(own[owned], expected[here.index][owned])
        assert owned.mean() > 0.9


def test_the_layer_is_where_the_map_is(config: RunConfig, ws: Workspace) -> None:
    sizes, classes = (read_window(str(config.output / name)) for name in (paths.SET_SIZE, "map/classification.tif"))
    assert ((sizes > 0) == (classes > 0)).all()
    assert 1 <= sizes[classes > 0].min() <= sizes.max() <= len(known_codes(ws))
    with rasterio.open(config.output / paths.SET_SIZE) as dataset:
        assert (dataset.nodata, dataset.dtypes[0], dataset.descriptions) == (0, "uint8", ("classes in the conformal set",))
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    assert "2 classes" in (config.output / "map/set_size.qml").read_text(encoding="utf-8")


@pytest.mark.parametrize("window", [(0, 0, 240, 240), (37, 11, 50, 83)])
def test_any_window_has_the_same_sets(ws: Workspace, tmp_path: Path, window: tuple[int, int, int, int]) -> None:
    root = tmp_path / "run"
    shutil.copytree(ws.root, root)
    other, tile, (row, col, height, width) = Workspace(root, "other"), ws.tiles[0], window
    write_window(other, {"tile": tile, "window": list(window), "margin": 0})
    with rasterio.open(root / paths.window_shares(tile, row, col)) as dataset:
        found = dataset.read()[-1]
    whole = read_window(str(ws.path(paths.tile_layer(tile, "set_size"))))
    np.testing.assert_array_equal(found, whole[row : row + height, col : col + width])


def test_coverage_is_near_its_target(ws: Workspace) -> None:
    """The target is inside the interval by polygons, or the coverage above it."""
    table = read_table(ws.path(paths.COVERAGE)).set_index(["region", "code"])
    whole = table.loc[("all", 0)]
    assert whole.target == 0.9
    assert whole.low <= whole.coverage <= whole.high
    assert whole.high >= 0.9
    assert whole.low <= 0.95
    document = read_json(ws.path(paths.SETS))
    assert len(document["thresholds"]) == ws.runs * len(ws.region_names)
    assert document["map"]["coverage"] >= 0.8
    assert not document["map"]["kept"]


def test_confusions_name_their_polygons(ws: Workspace) -> None:
    table, document = pd.read_csv(ws.path(paths.CONFUSIONS)), read_json(ws.path(paths.CONFUSION_SERIES))
    assert 1 <= len(table) <= 6
    assert (table.share >= 0.01).all()
    polygons = set(read_table(ws.path(paths.SPLIT)).polygon)
    for row, pair in zip(table.to_dict("records"), document["pairs"]):
        assert {polygon for polygon, _ in pair["worst"]} <= polygons
        assert row["worst_polygons"].startswith(str(pair["worst"][0][0]))
        if pair["compared"]:
            (series,) = pair["series"]
            assert series["what"] == "ndvi"
            mean, low, high = np.array(series["values"]).transpose(1, 0, 2)
            assert mean.shape == (3, len(series["dates"]))
            assert (low <= high).all()


def test_the_report_shows_it(config: RunConfig, ws: Workspace) -> None:
    page = (config.output / paths.REPORT).read_text(encoding="utf-8")
    for title in ("Calibration and prediction sets", "Confusions explained"):
        assert f">{title}<" in page
    for figure in ("reliability", "reliability_classes", "coverage", "set_size", "confusion_series"):
        assert f'id="figure-{figure}"' in page
    whole = read_table(ws.path(paths.COVERAGE)).iloc[0]
    assert re.search(rf"Measured: {100 * whole.coverage:.1f}.%", page)
    assert "before calibration" in page


def test_nothing_is_done_twice(config: RunConfig) -> None:
    assert run(config).nothing
