"""Other years: days moved, configurations made, and what is found wrong before any work."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from iota_py.errors import IotaError
from iota_py.pipeline.inventory import take_inventory
from iota_py.pipeline.preflight import examine
from iota_py.pipeline.reference.seasons import ANNUAL, annual_season, annual_year, moved, season_configs, take_seasons
from tests.pipeline.small_years import configured, write_land, write_year

YEARS = 'samples:\n  years: [{year: 2021, polygons: reference_2021.gpkg, inputs: {images: {path: "2021"}}}]\n'
ANNUAL_TEXT = "samples:\n  polygons: reference_2022.gpkg\n  annual: {classes: [6, Mais], method: previous_year%s}\n"


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_land(tmp_path_factory.mktemp("land"), 2021, 2022, 2023)


def faults(land: Path, tmp_path: Path, more: str) -> list[str]:
    with pytest.raises(IotaError) as caught:
        examine(configured(land, tmp_path / "run", more))
    return str(caught.value).replace(f"{land}/", "").splitlines()


@pytest.mark.parametrize(
    ("day", "start", "years", "expected"),
    [
        ("2023-05-01", "2023-01-01", -1, "2022-05-01"),
        ("2024-12-31", "2024-01-01", -1, "2024-01-01"),  # day 366 of a year of 365
        ("2023-12-31", "2023-01-01", 1, "2024-12-30"),  # day 365
        ("2024-03-05", "2024-02-29", -1, "2023-03-05"),  # five days after the start, which moves to 28 February
        ("2023-06-01", "2022-10-01", -2, "2021-06-01"),
    ],
)
def test_a_day_is_as_far_from_the_start_in_every_year(day: str, start: str, years: int, expected: str) -> None:
    start_, found = dt.date.fromisoformat(start), moved(dt.date.fromisoformat(day), dt.date.fromisoformat(start), years)
    assert found == dt.date.fromisoformat(expected)
    assert found - moved(start_, start_, years) == dt.date.fromisoformat(day) - start_


def test_a_season_has_its_own_days_and_folders(land: Path, tmp_path: Path) -> None:
    more = (
        "period: {start: 2022-10-01, end: 2023-09-30, step: 30}\n"
        "features: {images: {keep_dates: [2022-10-31], texture: {of: NDVI, date: 2022-12-30}}}\n"
        'samples: {years: [{year: 2021, polygons: reference_2021.gpkg, label: klass, inputs: {images: {path: "2021"}}}]}\n'
    )
    config = configured(land, tmp_path / "run", more)
    ((name, season),) = season_configs(config).items()
    assert name == "year_2021"
    assert season.output == tmp_path / "run" / "seasons" / "year_2021"
    assert (season.period.start, season.period.end, season.period.step) == (dt.date(2020, 10, 1), dt.date(2021, 9, 30), 30)
    assert season.inputs["images"].path == land / "2021"
    assert season.features["images"].keep_dates == (dt.date(2020, 10, 31),)
    assert season.features["images"].texture.date == dt.date(2020, 12, 30)
    assert (season.samples.polygons, season.samples.label, season.samples.years) == (land / "reference_2021.gpkg", "klass", ())


def test_columns_are_those_of_the_run_date_for_date(land: Path, tmp_path: Path) -> None:
    config = configured(land, tmp_path / "run", YEARS)
    inventory = take_inventory(config)
    (season,) = take_seasons(config, inventory)
    assert len(season.inventory.feature_names) == len(inventory.feature_names) == 30
    assert inventory.feature_names[:3] == ("images_red_20230101", "images_nir_20230101", "images_red_20230210")
    assert season.inventory.feature_names[:3] == ("images_red_20210101", "images_nir_20210101", "images_red_20210210")


def test_the_year_of_annual_labels(land: Path, tmp_path: Path) -> None:
    for text, year, season in (("", 2022, ANNUAL), (", year: 2021", 2021, ANNUAL), (", year: 2023", 2023, None)):
        config = configured(land, tmp_path / "run", ANNUAL_TEXT % text)
        assert (annual_year(config), annual_season(config)) == (year, season)
        assert list(season_configs(config)) == ([] if season is None else [season])


def test_another_year_needs_a_whole_period(land: Path, tmp_path: Path) -> None:
    assert faults(land, tmp_path, f"period: {{end: null}}\n{YEARS}") == [
        "E-ANN-001 small: samples.years: target dates of another year need a period with start and end. Fix: give period.start and period.end"
    ]


def test_inputs_of_another_year_are_those_of_the_run(land: Path, tmp_path: Path) -> None:
    assert faults(land, tmp_path, YEARS.replace("images:", "radar:")) == [
        "E-ANN-002 small: samples.years.0.inputs.radar: no input has that name; inputs are images. Fix: name an input of the run"
    ]


def test_masks_elsewhere_are_not_found_for_another_year(land: Path, tmp_path: Path) -> None:
    masks = "inputs: {images: {series: {masks: [{path: masks, pattern: '{date}.tif', invalid: [1]}]}}}\n"
    shutil.copytree(land / "2023", land / "masks", dirs_exist_ok=True)
    assert faults(land, tmp_path, masks + YEARS) == [
        "E-ANN-003 small: samples.years.0.inputs.images: masks in a folder of their own cannot be found for another year. "
        "Fix: put them beside the bands"
    ]


def test_columns_that_do_not_match_are_told(land: Path, tmp_path: Path) -> None:
    folder = land / "short"
    shutil.copytree(land / "2021", folder, dirs_exist_ok=True)
    sorted(folder.glob("*.tif"))[0].unlink()
    more = "features: {images: {dates: own}}\n" + YEARS.replace('"2021"', "short")
    (line,) = faults(land, tmp_path, more)
    assert line.startswith(
        "E-ANN-004 year_2021: inputs: its 21 columns are not the 24 of the run, date for date; the first that differ are "
    )


def test_annual_classes_are_read_on_the_same_grid(land: Path, tmp_path: Path) -> None:
    write_year(land / "smaller", 2022, size=32)
    assert faults(land, tmp_path, ANNUAL_TEXT % ", inputs: {images: {path: smaller}}") == [
        "E-ANN-005 annual: samples.annual.inputs: tile tile: its products of that year lie on another grid. Fix: give products of both years"
    ]
