import pytest

from iota_py.errors import ConfigError
from iota_py.products.family import family_names, load_family
from iota_py.products.muscate import named, sensed

FAMILY = load_family("theia-s2-l2a")


def test_families_that_are_known():
    assert {"raster-series", "theia-s2-l2a"} <= set(family_names())
    assert {"theia-venus-l2a", "theia-landsat-l2a", "wasp-l3a", "wasp-venus-l3a"} <= set(family_names())
    assert load_family("raster-series").bands == {}
    with pytest.raises(ConfigError, match=r"E-PRD-001 .*unknown family `modis`. Fix: known families: .*raster-series, .*theia-s2-l2a"):
        load_family("modis")


def test_bands_and_roles_of_sentinel2():
    assert list(FAMILY.bands) == ["B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B11", "B12"]
    assert FAMILY.roles == {"blue": "B2", "green": "B3", "red": "B4", "nir": "B8", "swir": "B11", "swir2": "B12"}
    assert {name for name, band in FAMILY.bands.items() if band.resolution == 10} == {"B2", "B3", "B4", "B8"}
    assert (FAMILY.quantification, FAMILY.nodata, FAMILY.valid_range) == (10000, -10000, (-10000, 20000))
    assert [m.name for m in FAMILY.masks.values() if m.footprint] == ["EDG"]


@pytest.mark.parametrize(
    ("name", "tile", "version"),
    [
        ("SENTINEL2B_20230219-105857-687_L2A_T31TCJ_C_V3-1", "31TCJ", ("3", "1")),
        ("SENTINEL2A_20180525-103024-462_L2A_T32ULV_D_V1-7", "32ULV", ("1", "7")),
        ("SENTINEL2B_20181023-105107-455_L2A_T30TYP_D", "30TYP", (None, None)),
        ("SENTINEL2C_20250101-105107-455_L2A_T30TYP_C_V4-10", "30TYP", ("4", "10")),
    ],
)
def test_names_of_products(name, tile, version):
    match = named(name, FAMILY)
    assert match["tile"] == tile
    assert (match["vmaj"], match["vmin"]) == version


@pytest.mark.parametrize(
    "name",
    [
        "SENTINEL2B_20230219-105857-687_L3A_T31TCJ_C_V3-1",
        "SENTINEL2B_20230219-105857-687_L2A_T31TCJ_C_V3-1_FRE_B2",
        "VENUS-XS_20200923-105325-000_L2A_SUDOUE-1_C_V3-1",
        "SENTINEL2B_20231345-105857-687_L2A_T31TCJ_C_V3-1",  # no such month
        "SENTINEL2B_20230230-105857-687_L2A_T31TCJ_C_V3-1",  # no such day
        "SENTINEL2B_20230219-255857-687_L2A_T31TCJ_C_V3-1",  # no such hour
    ],
)
def test_names_of_other_things(name):
    assert named(name, FAMILY) is None


def test_time_of_a_name_is_utc_to_the_millisecond():
    when = sensed(named("SENTINEL2B_20230219-105857-687_L2A_T31TCJ_C_V3-1", FAMILY))
    assert when.isoformat() == "2023-02-19T10:58:57.687000+00:00"
