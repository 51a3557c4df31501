"""Snow that one input saw is taken out of another, by name."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.config.schema import RunConfig
from iota_py.errors import InputError
from iota_py.grid.windows import Window, whole
from iota_py.io.raster import write_raster
from iota_py.pipeline.inputs.sources import find_inputs
from iota_py.products.reader import read_cube
from iota_py.simulation.radar import RadarPass, write_pass
from iota_py.simulation.snow import write_snow_fraction

GRID = GeoBox((2, 4), Affine(10, 0, 400000, 0, -10, 4800000), "EPSG:32631")
SNOW = GeoBox((1, 2), Affine(20, 0, 400000, 0, -20, 4800000), "EPSG:32631")
NOON = dt.datetime(2023, 7, 4, 10, 58, tzinfo=dt.UTC)


def config(folder: Path, snow_from: str | None, **inputs: dict) -> RunConfig:
    """A run of a raster series `own`, a radar and a snow input on tile 31TCJ."""
    own = {
        "family": "raster-series",
        "path": folder / "own",
        "series": {"pattern": "{tile}_{date}.tif", "bands": {"red": 1}},
        "valid": {"snow_from": snow_from},
    }
    known = {"own": own, "radar": {"family": "s1tiling", "path": folder / "s1"}, "snow": {"family": "lis-l2b", "path": folder / "snow"}}
    return RunConfig.model_validate(
        {
            "name": "snow",
            "output": folder / "run",
            "nomenclature": folder / "classes.yaml",
            "samples": {"polygons": folder / "samples.gpkg"},
            "inputs": {**known, **inputs},
        }
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """4 and 9 July seen by the raster series; snow over the left half on the 4th, no product of the 9th."""
    for day in (4, 9):
        path = tmp_path / "own" / f"31TCJ_202307{day:02d}.tif"
        path.parent.mkdir(exist_ok=True)
        write_raster(path, GRID, "int16", [(whole(GRID.shape), np.full(GRID.shape, 7, np.int16))])
    write_snow_fraction(tmp_path / "snow", "31TCJ", SNOW, NOON, [[60, 0]])
    for direction, day in (("ASC", 4), ("DES", 5)):
        sensed = NOON.replace(day=day)
        write_pass(tmp_path / "s1", RadarPass("31TCJ", GRID, sensed, direction), {"vv": np.ones((2, 4)), "vh": np.ones((2, 4))})
    return tmp_path


def test_snow_of_the_day_is_forbidden(folder: Path) -> None:
    found = find_inputs(config(folder, "snow"))
    assert list(found) == ["own", "radar_asc", "radar_des", "snow"]
    series = found["own"].by_tile["31TCJ"]
    valid = read_cube(series, Window(0, 0, 2, 4)).valid
    assert valid.tolist() == [[[False, False, True, True]] * 2, [[True] * 4] * 2]
    assert series.observations[1][0].warnings == ("no snow product of this day: snow is not masked",)
    snow = read_cube(found["snow"].by_tile["31TCJ"], Window(0, 0, 2, 4))
    assert snow.values[0, 0].tolist() == [[1, 1, 0, 0]] * 2
    assert snow.valid.all()


def test_nothing_is_forbidden_unasked(folder: Path) -> None:
    series = find_inputs(config(folder, None))["own"].by_tile["31TCJ"]
    assert read_cube(series, Window(0, 0, 2, 4)).valid.all()
    assert not series.observations[0][0].warnings


def test_every_series_of_an_input_is_masked(folder: Path) -> None:
    radar = {"family": "s1tiling", "path": folder / "s1", "valid": {"snow_from": "snow"}}
    found = find_inputs(config(folder, None, radar=radar))
    assert not read_cube(found["radar_asc"].by_tile["31TCJ"], Window(0, 0, 2, 2)).valid.any()
    assert read_cube(found["radar_des"].by_tile["31TCJ"], Window(0, 0, 2, 2)).valid.all()


def test_a_name_that_cannot_be_snow(folder: Path) -> None:
    text = (
        r"E-CFG-020 config: inputs\.own\.valid\.snow_from: expected another input, of family lis-l2b, found `{}`\. Fix: such inputs: snow$"
    )
    for name in ("nowhere", "radar", "own"):
        with pytest.raises(InputError, match=text.format(name)):
            find_inputs(config(folder, name))


def test_snow_that_cannot_be_found_is_told_once(folder: Path) -> None:
    snow = {"family": "lis-l2b", "path": folder / "nothing"}
    with pytest.raises(InputError) as caught:
        find_inputs(config(folder, "snow", snow=snow))
    assert [fault.code for fault in caught.value.faults] == ["E-PRD-002"]
