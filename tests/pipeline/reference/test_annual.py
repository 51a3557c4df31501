"""Annual classes: learnt with the products of the year of their labels, or drawn from the map of that year."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
from scipy import ndimage

from iota_py.config.schema import RunConfig
from iota_py.errors import InputError
from iota_py.grid.windows import whole
from iota_py.io.publish import read_json, sha256
from iota_py.io.raster import write_raster
from iota_py.pipeline import paths
from iota_py.pipeline.reference.season_words import season_sentences
from iota_py.pipeline.steps import annual as annual_step
from iota_py.pipeline.steps.extraction import extract
from iota_py.pipeline.steps.learning_set import learning_samples, read_ledger
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.split import LEARNING, VALIDATION
from tests.pipeline.small_years import FIELD, FOREST, GRID, MAIZE, SIZE, WATER, WHEAT, classes, configured, map_of, models_of, write_land

ANNUAL = (WHEAT, MAIZE)
PREVIOUS = """samples:
  polygons: reference_2022.gpkg
  split: {runs: 2}
  annual: {classes: [6, Mais], method: previous_year, inputs: {images: {path: "2022"}}}
"""
LAST = """samples:
  polygons: reference_2023.gpkg
  split: {runs: 2}
  annual:
    {classes: [6, 10], method: last_map, inputs: {images: {path: "2022"}}, map: map_2022.tif, validity: seen_2022.tif, threshold: 4, number: 40,
     majority: 1, distance: 20}
"""


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a map of 2022 that has lone wrong pixels, and its validity: two observations in the first eight columns, eight elsewhere."""
    folder = write_land(tmp_path_factory.mktemp("land"), 2022, 2023)
    mapped, seen = noisy_map(), np.full((SIZE, SIZE), 8, np.uint8)
    seen[:, :8] = 2
    write_raster(folder / "map_2022.tif", GRID, "uint8", [(whole(GRID.shape), mapped)], options={"nodata": 0})
    write_raster(folder / "seen_2022.tif", GRID, "uint8", [(whole(GRID.shape), seen)])
    return folder


def noisy_map() -> np.ndarray:
    mapped = classes(2022)
    mapped[3::8, 3::8] = np.where(mapped[3::8, 3::8] == WHEAT, MAIZE, WHEAT)
    return mapped


def mapped_run(land: Path, output: Path, more: str) -> RunConfig:
    config = configured(land, output, more)
    map_of(config)
    return config


def right(config: RunConfig) -> float:
    with rasterio.open(config.output / "map/classification.tif") as dataset:
        return float((dataset.read(1) == classes(2023)).mean())


@pytest.fixture(scope="module")
def previous(land: Path, tmp_path_factory: pytest.TempPathFactory) -> RunConfig:
    return mapped_run(land, tmp_path_factory.mktemp("previous") / "run", PREVIOUS)


@pytest.fixture(scope="module")
def last(land: Path, tmp_path_factory: pytest.TempPathFactory) -> RunConfig:
    return mapped_run(land, tmp_path_factory.mktemp("last") / "run", LAST)


def test_last_year_s_labels_teach_this_year_s_crops(land: Path, previous: RunConfig, tmp_path: Path) -> None:
    """Three fields in five change crops: labels of last year on the products of this one are wrong on all of them."""
    naive = mapped_run(land, tmp_path / "run", "samples: {polygons: reference_2022.gpkg}")
    assert right(previous) > 0.99
    assert right(naive) < 0.6


def test_features_of_annual_classes_are_of_the_year_of_their_labels(previous: RunConfig) -> None:
    ws = Workspace(previous.output, "")
    season, names = ws.season("annual"), list(ws.feature_names)
    for number in (0, 1):
        samples = learning_samples(ws, 1, number)
        for codes, place in ((ANNUAL, season), ((FOREST, WATER), ws)):
            group = samples[samples.code.isin(codes)].reset_index(drop=True)
            expected = extract(place, "tile", group[["row", "col"]])
            assert len(group) > 50
            assert np.array_equal(group[names].to_numpy(), expected[list(place.feature_names)].to_numpy())


def test_annual_classes_are_scored_in_the_year_of_their_labels(previous: RunConfig) -> None:
    """The map of this year says nothing of last year's crops: their rows come from the models, on last year's features."""
    ws = Workspace(previous.output, "")
    document = read_json(ws.path(paths.run_scores(0)))
    matrix, codes = np.array(document["regions"]["all"]["confusion"]), document["codes"]
    selection = pd.read_parquet(ws.path(paths.SELECTION))
    held = selection[selection.run_0 == VALIDATION]
    assert matrix.sum(axis=1).tolist() == [(held.code == code).sum() for code in codes]
    assert np.trace(matrix) > 0.99 * matrix.sum()
    with rasterio.open(previous.output / paths.difference(0)) as dataset:
        shown = dataset.read(1)
    inside = held[held.code.isin(ANNUAL)]
    assert (shown[inside.row, inside.col] == 0).all()
    lasting = held[~held.code.isin(ANNUAL)]
    assert (shown[lasting.row, lasting.col] > 0).all()


def test_pixels_are_drawn_where_the_map_may_be_believed(last: RunConfig) -> None:
    ws = Workspace(last.output, "")
    drawn = pd.read_parquet(ws.path(paths.annual("tile")))
    truth, sure = classes(2022), ndimage.uniform_filter(np.ones((SIZE, SIZE)), 3)
    assert sure.all()
    for number in (0, 1):
        learning = drawn[drawn[f"run_{number}"] == LEARNING]
        assert learning.groupby("code").size().to_dict() == {WHEAT: 40, MAIZE: 40}
    assert (drawn.code == truth[drawn.row, drawn.col]).mean() > 0.9  # the majority mends lone pixels; corners of fields stay uncertain
    assert (drawn.col >= 8).all(), "seen often enough"
    at_border = (drawn.row % FIELD).isin([0, FIELD - 1]) | (drawn.col % FIELD).isin([0, FIELD - 1])
    assert at_border.all(), "polygons cover all of a field but its outline"
    assert drawn.polygon.is_unique
    assert (drawn.polygon < 0).all()
    away = drawn[["row", "col"]].to_numpy()
    rows, cols = np.indices((SIZE, SIZE))
    covered = ((rows % FIELD) % (FIELD - 1) > 0) & ((cols % FIELD) % (FIELD - 1) > 0) & np.isin(classes(2023), (FOREST, WATER))
    places = np.argwhere(covered)
    nearest = np.sqrt(((away[:, None] - places[None]) ** 2).sum(axis=2)).min(axis=1) * 10
    assert nearest.min() > 20
    assert right(last) > 0.9


def test_labels_of_annual_polygons_are_not_used_with_a_map(last: RunConfig) -> None:
    ws = Workspace(last.output, "")
    assert not pd.read_parquet(ws.path(paths.SELECTION)).code.isin(ANNUAL).any()
    document = read_json(ws.path(paths.run_scores(0)))
    matrix = dict(zip(document["codes"], document["regions"]["all"]["confusion"]))
    assert set(matrix) == {WHEAT, MAIZE, FOREST, WATER}
    assert sum(matrix[WHEAT]) == sum(matrix[MAIZE]) == 0
    ledger = read_ledger(ws)
    learnt = ledger[(ledger.step == "learning samples with features") & ledger.code.isin(ANNUAL)]
    assert learnt.pixels.astype(int).tolist() == [40, 40, 40, 40]


def test_the_draw_does_not_depend_on_the_bands_of_rows_of_other_tiles_and_repeats(land: Path, last: RunConfig, tmp_path: Path) -> None:
    again = configured(land, tmp_path / "run", LAST)
    models_of(again)
    for name in (paths.drawn("tile"), paths.annual("tile"), "models/region_1_run_0/bundle.json"):
        assert sha256(again.output / name) == sha256(last.output / name)
    assert map_of(last).nothing


def test_a_map_of_the_year_itself_needs_no_other_products(land: Path, tmp_path: Path) -> None:
    write_raster(land / "map_2023.tif", GRID, "uint8", [(whole(GRID.shape), classes(2023))], options={"nodata": 0})
    more = "samples:\n  polygons: reference_2023.gpkg\n  annual: {classes: [6, 10], method: last_map, year: 2023, map: map_2023.tif, number: 30}\n"
    config = mapped_run(land, tmp_path / "run", more)
    assert not (config.output / "seasons").exists()
    assert right(config) > 0.95


def test_the_reader_is_told(land: Path, previous: RunConfig, last: RunConfig) -> None:
    assert season_sentences(Workspace(previous.output, "")) == [
        "CerealPail, Mais: labels of 2022, learnt and scored with the products of 2022; the map is not scored on them"
    ]
    assert season_sentences(Workspace(last.output, "")) == [
        "CerealPail, Mais: learnt from pixels drawn from map_2022.tif, whose labels are of 2022; nothing validates them"
    ]


def test_a_class_that_the_map_does_not_hold_stops_the_run(land: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        mapped_run(land, tmp_path / "run", LAST.replace("[6, 10]", "[6, 10, Colza]"))
    assert str(caught.value).replace(f"{land}/", "") == (
        "E-ANN-009 map_2022.tif: samples.annual: run 0 has no learning sample of 5 Colza in the year of their labels. Fix: lower threshold, "
        "distance or minimum_validity, or set samples.allow_lost_classes: true"
    )


def test_bands_of_rows_do_not_change_what_may_be_drawn(last: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The margin around a band holds all that majority and distance look at."""
    ws = Workspace(last.output, "")
    polygons = annual_step.read_vectors(ws.path(paths.POLYGONS), "polygons")
    everything = annual_step._allowed(ws, GRID, polygons)
    for row in range(0, SIZE, 7):
        band = annual_step.Window(row, 0, min(7, SIZE - row), SIZE)
        assert np.array_equal(annual_step._allowed(ws, band.of(GRID), polygons), everything[row : row + band.height])
