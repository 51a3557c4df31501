import datetime as dt
import re

import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.errors import InputError
from iota_py.grid.windows import Window
from iota_py.products.discovery import discover
from iota_py.products.family import load_family
from iota_py.products.reader import read_cube
from iota_py.products.source import Choice, Interval, Source
from iota_py.simulation.snow import write_multisat_year, write_snow_year
from tests.products.test_lis import pack

FAMILY = load_family("lis-l3b")
GRID = GeoBox((1, 4), Affine(20, 0, 400000, 0, -20, 4800000), "EPSG:32631")
WHOLE = Window(0, 0, 1, 4)
BANDS = ("SCD", "SMOD", "SOD", "season")
LAYERS = {  # never seen, no season, a short season, snow all year
    "SCD": [[0, 10, 11, 365]],
    "SMOD": [[0, 0, 120, 364]],
    "SOD": [[0, 0, 110, 0]],
    "NSP": [[0, 2, 1, 0]],
    "NOBS": [[0, 40, 40, 365]],
}


def year(last: int, offset: int = 0) -> tuple[dt.date, dt.date]:
    return dt.date(last - 1, 9, 1), dt.date(last, 8, 31 - offset)


def source(folder, bands=FAMILY.default_bands, season: int | None = None) -> Source:
    return Source("snowyear", folder, FAMILY, Choice(bands), options={"season": season})


def single(folder, *args, **changes):
    (found,) = discover(source(folder, *args, **changes), Interval(dt.date(2023, 1, 1), dt.date(2023, 12, 31))).values()
    return found


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("LIS_S2L8-SNOW-SMOD_T31TCH_20170901_20180831_1.7.0_1.tif", ("S2L8", "31TCH", "20170901", "SMOD")),
        ("LIS_S2-SNOW-SCD_31TCH_20170901-20180831_1-10_01.tif", ("S2", "31TCH", "20170901", "SCD")),
        ("LIS_S2-SNOW-NOBS_T31TCH_20180101_20180131_1.7.0.tif", ("S2", "31TCH", "20180101", "NOBS")),
        ("MULTISAT_20170901-000000-000_L3B-SNOW_T30TXN_D_SMD_R2.tif", ("MULTISAT", "30TXN", "20170901", "SMD")),
    ],
)
def test_names(name, said):
    (match,) = [m for pattern in FAMILY.options["rasters"] if (m := re.match(pattern, name))]
    assert tuple(match[group] for group in ("mission", "tile", "start", "layer")) == said


def test_layers_of_a_year(tmp_path):
    write_snow_year(tmp_path, "31TCJ", GRID, year(2023), LAYERS)
    found = single(tmp_path)
    assert (found.tile, found.kind, len(found.observations)) == ("31TCJ", "static", 1)
    assert found.bands == ("SCD", "SMOD", "SOD", "NSP", "NOBS", "season")
    cube = read_cube(found, WHOLE)
    assert cube.valid[0].tolist() == [[False, True, True, True]]
    assert {band: values[0, 1:].tolist() for band, values in zip(found.bands, cube.values[0])} == {
        "SCD": [10, 11, 365],
        "SMOD": [0, 120, 364],
        "SOD": [0, 110, 0],
        "NSP": [2, 1, 0],
        "NOBS": [40, 40, 365],
        "season": [0, 1, 1],
    }


def test_numbers_beyond_the_year_are_unusable(tmp_path):
    layers = {**LAYERS, "SCD": [[0, 365, 366, 65535]], "NOBS": [[9, 9, 9, 9]]}
    write_snow_year(tmp_path, "31TCJ", GRID, year(2023), layers)
    assert read_cube(single(tmp_path, ("SCD",)), WHOLE).valid[0].tolist() == [[True, True, False, False]]


@pytest.mark.parametrize("archive", [False, True])
def test_the_older_layout(tmp_path, archive):
    layers = {name: LAYERS[name] for name in ("SCD", "SMOD", "SOD")}
    folder = write_multisat_year(tmp_path, "31TCJ", GRID, dt.date(2022, 9, 1), layers)
    if archive:
        pack(folder)
    found = single(tmp_path, BANDS, 2023)
    (product,) = found.observations[0]
    assert product.id == "LIS_S2L8-SNOW_T31TCJ_20220901_20230831_1.0"
    assert product.warnings == ("no layer NOBS: pixels never seen look like pixels without snow",)
    cube = read_cube(found, WHOLE)
    assert cube.valid.all()
    assert cube.values[0, :, 0].tolist() == [[0, 10, 11, 365], [0, 0, 120, 364], [0, 0, 110, 0], [0, 0, 1, 1]]


def test_layers_that_a_product_lacks(tmp_path):
    write_multisat_year(tmp_path, "31TCJ", GRID, dt.date(2022, 9, 1), {name: LAYERS[name] for name in ("SCD", "SMOD", "SOD")})
    found = single(tmp_path)
    assert found.observations == ()
    (aside,) = found.set_aside
    assert aside.kind == "bad"
    assert "E-PRD-006" in aside.reason
    assert aside.reason.endswith("has the layers SCD, SMOD, SOD, not NSP, NOBS. Fix: name under `bands` those that it has")


@pytest.mark.parametrize(
    ("start", "days"), [(dt.date(2019, 9, 1), 366), (dt.date(2020, 9, 1), 365), (dt.date(2019, 3, 1), 366), (dt.date(2020, 1, 1), 366)]
)
def test_days_of_a_year_whose_name_says_the_first_alone(tmp_path, start, days):
    write_multisat_year(tmp_path, "31TCJ", GRID, start, {"SCD": LAYERS["SCD"]})
    assert single(tmp_path, ("SCD",)).observations[0][0].valid_range == (0, days)


def years(folder) -> None:
    for last in (2021, 2022, 2023):
        write_snow_year(folder, "31TCJ", GRID, year(last), {"SCD": [[last - 2000] * 4], "NOBS": [[1] * 4]})


@pytest.mark.parametrize(("season", "scd"), [(2021, 21), (2022, 22), (None, 23)])
def test_the_season_asked_for_else_the_newest(tmp_path, season, scd):
    years(tmp_path)
    found = single(tmp_path, ("SCD",), season)
    assert read_cube(found, WHOLE).values[0, 0, 0].tolist() == [scd] * 4
    assert len(found.set_aside) == 2
    if season == 2021:
        assert {s.kind for s in found.set_aside} == {"excluded"}
        text = "its year, 2021-09-01 to 2022-08-31, does not end in 2021: see inputs.snowyear.season"
        assert found.set_aside[0].reason == text
    if season is None:
        assert {s.reason for s in found.set_aside} == {"LIS_S2L8-SNOW_T31TCJ_20220901_20230831_1.11.0.1 is used"}


def test_no_other_season_takes_the_place_of_the_one_asked_for(tmp_path):
    years(tmp_path)
    found = single(tmp_path, ("SCD",), 2024)
    assert (found.observations, [s.kind for s in found.set_aside]) == ((), ["excluded"] * 3)


def test_each_tile_has_its_own_newest_year(tmp_path):
    years(tmp_path)
    write_snow_year(tmp_path, "31TDJ", GRID, year(2022), {"SCD": [[7] * 4], "NOBS": [[1] * 4]})
    found = discover(source(tmp_path, ("SCD",)), Interval())
    assert {tile: int(read_cube(s, WHOLE).values[0, 0, 0, 0]) for tile, s in found.items()} == {"31TCJ": 23, "31TDJ": 7}


def test_of_several_syntheses_of_a_season(tmp_path):
    """A year that ends on 31 August before one that ends earlier; with Landsat before without; the higher version first."""
    write_snow_year(tmp_path, "31TCJ", GRID, (dt.date(2023, 1, 1), dt.date(2023, 12, 31)), {"SCD": [[1] * 4]})
    write_snow_year(tmp_path, "31TCJ", GRID, year(2023), {"SCD": [[2] * 4]}, mission="S2")
    write_snow_year(tmp_path, "31TCJ", GRID, year(2023), {"SCD": [[3] * 4]})
    write_multisat_year(tmp_path, "31TCJ", GRID, dt.date(2022, 9, 1), {"SCD": [[4] * 4]})
    found = single(tmp_path, ("SCD",), 2023)
    assert read_cube(found, WHOLE).values[0, 0, 0, 0] == 3
    assert [s.kind for s in found.set_aside] == ["duplicate"] * 3


def test_a_layer_in_two_folders(tmp_path):
    write_snow_year(tmp_path / "a", "31TCJ", GRID, year(2023), {"SCD": [[1] * 4]})
    write_snow_year(tmp_path / "b", "31TCJ", GRID, year(2023), {"SCD": [[2] * 4], "NOBS": [[1] * 4]})
    found = single(tmp_path, ("SCD", "NOBS"))
    assert read_cube(found, WHOLE).values[0, :, 0, 0].tolist() == [1, 1]
    (aside,) = found.set_aside
    assert aside.reason.startswith("layer SCD delivered twice; ")


def test_years_on_the_grid_of_a_tile(tmp_path):
    """Onto a tile of 10 m that reaches one pixel farther east: repeated, and unusable where there is nothing."""
    write_snow_year(tmp_path, "31TCJ", GRID, year(2023), LAYERS)
    frame = GeoBox((2, 9), Affine(10, 0, 400000, 0, -10, 4800000), "EPSG:32631")
    (found,) = discover(source(tmp_path, ("SCD",)), Interval(), None, {"31TCJ": frame}).values()
    cube = read_cube(found, Window(0, 0, 2, 9))
    assert cube.valid[0].tolist() == [[False, False] + [True] * 6 + [False]] * 2
    assert cube.values[0, 0, :, 2:8].tolist() == [[10, 10, 11, 11, 365, 365]] * 2


def test_folders_without_any_year(tmp_path):
    (tmp_path / "LIS_S2-SNOW-SCD_T31TCH_20170901_20170731_1.7.0_1.tif").write_bytes(b"")  # ends before it begins
    with pytest.raises(InputError, match=r"E-PRD-009 .*looked for LIS snow year \(L3B\)"):
        single(tmp_path)
    with pytest.raises(InputError, match="E-PRD-002"):
        single(tmp_path / "nowhere")
