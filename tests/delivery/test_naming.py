"""Names of packages: those of OSO, against the patterns that its readers use."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iota_py.delivery.naming import PackageName, Version, layer_name, package_folder

# As the readers of OSO products recognise them.
OSO_RASTER = r"^OSO_(?P<year>\d{4})0101_RASTER(?:_V(?P<vmaj>\d+)-(?P<vmin>\d+))?$"
OSO_VECTOR = r"^OSO_(?P<year>\d{4})0101_VECTOR_departement_(?P<dep>\d{2}|2[AB])(?:_V(?P<vmaj>\d+)-(?P<vmin>\d+))?$"

RASTER = PackageName("OSO", 2023, Version(1, 0))


def vector(zone: str) -> PackageName:
    return PackageName("OSO", 2020, Version(1, 0), "vector", "departement", zone)


def test_names_of_a_raster_and_of_a_vector():
    assert str(RASTER) == "OSO_20230101_RASTER_V1-0"
    assert str(vector("01")) == "OSO_20200101_VECTOR_departement_01_V1-0"
    assert RASTER.identifier == "OSO_20230101_RASTER"
    assert (RASTER.kind, vector("2A").kind) == ("raster", "vector")


def test_polygons_of_a_whole_map_have_no_zone():
    name = PackageName("OSO", 2023, Version(1, 0), "vector")
    assert str(name) == "OSO_20230101_VECTOR_V1-0"
    assert PackageName.of(str(name)) == name
    assert name.data_file("OCS", ".gpkg") == "DATA/OCS_2023.gpkg"


def test_files_of_a_package():
    assert RASTER.data_file("OCS", ".tif") == "DATA/OCS_2023.tif"
    assert vector("31").data_file("", ".gpkg") == "DATA/departement_31.gpkg"
    assert RASTER.metadata_file == "OSO_20230101_RASTER_V1-0_MTD_ALL.xml"
    assert RASTER.quicklook_file == "OSO_20230101_RASTER_V1-0_QKL_ALL.jpg"
    assert [layer_name(layer) for layer in ("classification", "confidence", "validity", "regularised")] == [
        "OCS", "CONFIDENCE", "VALIDITY", "REGULARISED",
    ]  # fmt: skip


@given(st.integers(1900, 2999), st.integers(0, 99), st.integers(0, 99), st.sampled_from(["01", "31", "92", "2A", "2B"]))
def test_names_are_those_of_oso_and_are_read_back(year: int, major: int, minor: int, zone: str):
    raster, polygons = (
        PackageName("OSO", year, Version(major, minor)),
        PackageName("OSO", year, Version(major, minor), "vector", "departement", zone),
    )
    found, other = re.match(OSO_RASTER, str(raster)), re.match(OSO_VECTOR, str(polygons))
    assert found
    assert (int(found["year"]), int(found["vmaj"]), int(found["vmin"])) == (year, major, minor)
    assert other
    assert (other["dep"], int(other["vmaj"])) == (zone, major)
    assert PackageName.of(str(raster)) == raster
    assert PackageName.of(str(polygons)) == polygons


@pytest.mark.parametrize(
    "text", ["OSO_20230101_RASTER", "OSO_20230201_RASTER_V1-0", "oso_20230101_RASTER_V1-0", ".OSO_20230101_RASTER_V1-0.part", "x"]
)
def test_what_is_no_name(text: str):
    assert package_folder(text) is None


def test_versions_are_compared_as_numbers():
    assert Version.of("1-10") > Version.of("1-9")
    assert Version.of("2-0") > Version.of("1-15")
    assert (str(Version(1, 4).next("major")), str(Version(1, 4).next("minor"))) == ("2-0", "1-5")


@pytest.mark.parametrize("text", ["1", "1.0", "V1-0", "01-0", "1-0-0", "-1-0", "1-0\n"])
def test_what_is_no_version(text: str):
    with pytest.raises(ValueError, match="is not a version"):
        Version.of(text)
