"""The made-up départements: they cover the demo once, meet, cross its tiles, and one is in two pieces."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from iota_py.io.vectors import read_vectors
from iota_py.simulation.demo import EAST_TILE, UNION, WEST_TILE
from iota_py.simulation.zones import write_zones, zones


@pytest.fixture(scope="module")
def found() -> gpd.GeoDataFrame:
    return zones(UNION, 1)


def test_their_names(found: gpd.GeoDataFrame) -> None:
    assert found[["code", "name"]].to_numpy().tolist() == [["96", "Ouest"], ["96", "Ouest"], ["97", "Est"], ["98", "Sud"]]
    assert found.geometry.geom_type.eq("Polygon").all()
    assert found.is_valid.all()


def test_they_cover_the_map_once(found: gpd.GeoDataFrame) -> None:
    whole = found.union_all()
    assert whole.contains(shapely.box(*UNION.boundingbox))
    assert found.area.sum() == pytest.approx(whole.area, abs=0.01)
    assert shapely.coverage_is_valid(found.geometry.to_numpy())


def test_each_lies_on_the_map_and_two_cross_both_tiles(found: gpd.GeoDataFrame) -> None:
    pixel = abs(UNION.transform.a * UNION.transform.e)
    for shape in found.geometry:
        assert shape.intersection(shapely.box(*UNION.boundingbox)).area > 500 * pixel
    by_code = found.dissolve("code").geometry
    for tile in (WEST_TILE, EAST_TILE):
        outline = shapely.box(*tile.geobox.boundingbox)
        assert by_code.intersection(outline).area.gt(0).sum() >= 2
    assert by_code["98"].intersects(shapely.box(*WEST_TILE.geobox.boundingbox))
    assert by_code["98"].intersects(shapely.box(*EAST_TILE.geobox.boundingbox))


def test_the_enclave_is_a_hole_of_its_neighbour(found: gpd.GeoDataFrame) -> None:
    enclave, around = found.geometry.iloc[1], found.geometry.iloc[2]
    assert len(around.interiors) == 1
    assert shapely.Polygon(around.interiors[0]).symmetric_difference(enclave).area < 0.01


def test_seeds_and_bytes(tmp_path: Path) -> None:
    write_zones(tmp_path / "a.geojson", UNION, 1)
    write_zones(tmp_path / "b.geojson", UNION, 1)
    assert (tmp_path / "a.geojson").read_bytes() == (tmp_path / "b.geojson").read_bytes()
    back = read_vectors(tmp_path / "a.geojson")
    assert back.crs.to_epsg() == 4326
    assert back.code.tolist() == ["96", "96", "97", "98"]
    assert shapely.coverage_is_valid(back.geometry.to_numpy())
    assert not zones(UNION, 2).geometry.equals(zones(UNION, 1).geometry)
