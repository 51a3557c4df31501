"""Years learnt from: each is what a run of that year would be, their samples are pooled, the map is of another year."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio

from iota_py.assessment.confusion import confusion_matrix
from iota_py.config.schema import RunConfig
from iota_py.errors import InputError
from iota_py.io.publish import read_json, sha256
from iota_py.pipeline import paths
from iota_py.pipeline.reference.summary import write_sample_summary
from iota_py.pipeline.run import run
from iota_py.pipeline.steps.learning_set import learning_samples, read_ledger
from iota_py.pipeline.steps.years import POLYGONS_OF_A_YEAR, YEAR, predicted_years
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.split import LEARNING, VALIDATION
from tests.pipeline.small_years import classes, configured, map_of, models_of, write_land

YEARS = """  split: {runs: 2}
  selection: {strategy: percent, percent: 60}
  years:
    - {year: 2021, polygons: reference_2021.gpkg, inputs: {images: {path: "2021"}}}
    - {year: 2022, polygons: reference_2022.gpkg, inputs: {images: {path: "2022"}}}
"""
OWN = "  split: {runs: 2}\n  selection: {strategy: percent, percent: 60}\n  polygons: reference_2021.gpkg\n"
PERIOD = 'period: {start: 2021-01-01, end: 2021-12-31}\ninputs: {images: {path: "2021"}}\n'


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_land(tmp_path_factory.mktemp("land"), 2021, 2022, 2023)


def trained(config: RunConfig) -> Workspace:
    models_of(config)
    return Workspace(config.output, "")


@pytest.fixture(scope="module")
def mapped(land: Path, tmp_path_factory: pytest.TempPathFactory) -> RunConfig:
    config = configured(land, tmp_path_factory.mktemp("years") / "run", "samples:\n" + YEARS)
    run(config)
    return config


@pytest.fixture(scope="module")
def ws(mapped: RunConfig) -> Workspace:
    return Workspace(mapped.output, "")


def test_the_map_is_of_a_year_without_reference(mapped: RunConfig) -> None:
    with rasterio.open(mapped.output / "map/classification.tif") as dataset:
        assert (dataset.read(1) == classes(2023)).mean() > 0.99


def test_the_report_says_what_the_scores_are_of(mapped: RunConfig) -> None:
    page = (mapped.output / "report.html").read_text(encoding="utf-8")
    assert (
        "samples of other years are learnt from; overall accuracy on polygons held out in each, by the features of that year: 2021 ("
        in page
    )
    assert "all scores are of these years and none is of the map" in page
    assert "2022: learning pixels selected" in page


def test_a_year_is_what_a_run_of_it_would_be(land: Path, tmp_path: Path, ws: Workspace) -> None:
    alone = trained(configured(land, tmp_path / "run", PERIOD + "samples:\n" + OWN))
    for number in (0, 1):
        pooled = learning_samples(ws, 1, number)
        year = pooled[pooled[YEAR] == 2021]
        own = learning_samples(alone, 1, number)
        assert len(own) > 100
        assert np.array_equal(year[["row", "col", "code"]], own[["row", "col", "code"]])
        assert np.array_equal(year[list(ws.feature_names)].to_numpy(), own[list(alone.feature_names)].to_numpy())
        assert np.array_equal(year.polygon, own.polygon + POLYGONS_OF_A_YEAR)


def test_samples_of_all_years_are_pooled_and_told_apart(ws: Workspace) -> None:
    pooled = learning_samples(ws, 1, 0)
    assert pooled[YEAR].unique().tolist() == [2021, 2022]
    assert pooled.groupby("polygon")[YEAR].nunique().max() == 1
    split = pd.read_csv(ws.path(paths.SPLIT)).set_index("polygon")
    assert set(pooled.polygon) == set(split.index[split.run_0 == LEARNING])
    assert not set(pooled.polygon) & set(split.index[split.run_0 == VALIDATION])


def test_scores_are_of_held_out_polygons_of_each_year(ws: Workspace) -> None:
    table = pd.read_csv(ws.path(paths.YEAR_SCORES))
    assert table[["year", "run"]].to_numpy().tolist() == [[2021, 0], [2022, 0], [2021, 1], [2022, 1]]
    predicted = predicted_years(ws, 1)
    held = {year: pd.read_parquet(ws.season(f"year_{year}").path(paths.SELECTION)) for year in (2021, 2022)}
    for year, group in predicted.groupby(YEAR):
        assert len(group) == (held[year].run_1 == VALIDATION).sum()
    row = table[(table.year == 2022) & (table.run == 1)].iloc[0]
    own = predicted[predicted[YEAR] == 2022]
    assert row.overall_accuracy == pytest.approx((own.code == own.mapped).mean())
    assert row["validation pixels"] == len(own)
    document = read_json(ws.path(paths.run_scores(1)))
    expected = confusion_matrix(predicted.code, predicted.mapped, tuple(document["codes"]))
    assert np.array_equal(document["regions"]["all"]["confusion"], expected)


def test_the_ledger_names_the_year_of_each_step(ws: Workspace) -> None:
    ledger = read_ledger(ws)
    steps = set(ledger.step)
    assert {"2021: learning pixels selected", "2022: learning pixels selected", "learning samples with features"} <= steps
    selected = ledger[ledger.step.isin(["2021: learning pixels selected", "2022: learning pixels selected"])].pixels.astype(int).sum()
    assert ledger[ledger.step == "learning samples with features"].pixels.astype(int).sum() == selected


def test_samples_are_counted_year_by_year(mapped: RunConfig) -> None:
    steps = set(write_sample_summary(mapped.output).table.step)
    assert {"2021: learning pixels selected", "2022: validation pixels"} <= steps


def test_a_second_run_does_nothing_and_a_fresh_one_gives_the_same_bytes(land: Path, mapped: RunConfig, tmp_path: Path) -> None:
    assert run(mapped).nothing
    again = configured(land, tmp_path / "run", "samples:\n" + YEARS)
    map_of(again)
    for name in (
        "map/classification.tif",
        "map/confidence.tif",
        "models/region_1_run_1/bundle.json",
        "samples/split.csv",
        "assessment/years.csv",
    ):
        assert sha256(mapped.output / name) == sha256(again.output / name), name


def test_own_polygons_and_years_together(land: Path, tmp_path: Path) -> None:
    """Two regions of which one has no polygon of the year: it learns from another year."""
    import geopandas as gpd

    west = gpd.read_file(land / "reference_2023.gpkg").cx[:400155, :]
    west.to_file(land / "west.gpkg", layer="reference", driver="GPKG")
    more = "samples:\n  polygons: west.gpkg\n  regions: {path: regions.gpkg, field: name}\n" + YEARS
    ws = trained(configured(land, tmp_path / "run", more))
    west_, east = learning_samples(ws, 2, 0), learning_samples(ws, 1, 0)
    assert west_[YEAR].unique().tolist() == [2021, 2022, 2023]
    assert east[YEAR].unique().tolist() == [2021, 2022]


def test_a_class_that_no_year_teaches_stops_the_run(land: Path, tmp_path: Path) -> None:
    more = "samples:\n" + YEARS.replace("percent, percent: 60", "byclass, table: {6: 9, 10: 9, 16: 9}")
    with pytest.raises(InputError) as caught:
        trained(configured(land, tmp_path / "run", more))
    assert str(caught.value) == (
        "E-ANN-007 small: samples.years: run 0 has no learning pixel of 23 Eau in any year. Fix: lower minimum_validity, change the selection, "
        "add polygons, or set samples.allow_lost_classes: true"
    )


def test_what_is_redone_when_a_year_changes(land: Path, tmp_path: Path) -> None:
    """A changed reference of one year leaves the samples of the other and the windows' footprints alone."""
    place = tmp_path / "land"
    shutil.copytree(land, place)
    config = configured(place, tmp_path / "run", "samples:\n" + YEARS)
    trained(config)
    import geopandas as gpd

    frame = gpd.read_file(place / "reference_2021.gpkg").iloc[1:]
    frame.to_file(place / "reference_2021.gpkg", layer="reference", driver="GPKG")
    done = models_of(config).executed
    assert done["samples"] == 1
    assert done["polygons"] == done["split"] == done["selection"] == 1
    assert done["train"] == 2
    assert "footprint" not in done
