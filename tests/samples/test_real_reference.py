"""Reference data of real campaigns: African cropland, polygons and points; land use of a Slovenian valley."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from iota_py.io.vectors import read_vectors
from iota_py.nomenclature import LandCoverClass, Nomenclature
from iota_py.samples.account import Prepared
from iota_py.samples.labels import read_labels
from iota_py.samples.polygons import Source, prepare
from tests.products.real import real

pytestmark = pytest.mark.shared

CROPS = Nomenclature(
    "crop", (LandCoverClass(1, "NonCrop", {"en": "non-crop"}, (1, 2, 3)), LandCoverClass(2, "Crop", {"en": "crop"}, (4, 5, 6)))
)


@pytest.fixture(scope="module")
def zones() -> gpd.GeoDataFrame:
    """The agro-ecological zones, numbered in alphabetical order."""
    frame = read_vectors(real("africa_cropmask") / "regions.gpkg").to_crs("EPSG:6933").rename(columns={"region": "name"})
    return frame.sort_values("name", ignore_index=True).assign(region=range(1, len(frame) + 1))


@pytest.fixture(scope="module")
def africa(zones: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, Prepared]:
    """Training polygons, validation points, and both prepared: 5 m borders, 400 m², points where no polygon is."""
    folder = real("africa_cropmask")
    polygons, points = read_vectors(folder / "training_polygons.gpkg"), read_vectors(folder / "validation_points.gpkg")
    sources = [
        Source("polygons", "p", polygons, read_labels(polygons, "Class", CROPS, (), "p", {"0": "1", "1": "2"}), 1, 5.0, 400.0),
        Source("points", "v", points, read_labels(points, "class", CROPS, (), "v")),
    ]
    return polygons, points, prepare(sources, gpd.GeoSeries(zones.geometry.envelope, crs=zones.crs), zones)


def test_nothing_overlaps_any_more(africa: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, Prepared]) -> None:
    frame = africa[2].frame
    shapes = frame.geometry[frame.source == "polygons"].to_numpy()
    i, j = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    i, j = i[i < j], j[i < j]
    assert shapely.area(shapely.intersection(shapes[i], shapes[j])).sum() < 1e-3
    assert shapely.is_valid(shapes).all()
    assert frame.polygon.is_unique


def test_every_polygon_and_point_is_accounted_for(africa: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, Prepared]) -> None:
    polygons, points, found = africa
    drops = found.drops.set_index("reason").polygons
    assert drops["mended (invalid geometry), kept"] == (~polygons.is_valid).sum() == 56
    assert drops["covered by polygons of its class"] == 62  # drawn twice in the file
    lost = drops[["covered by polygons of its class", "vanished inside a border of 5 m", "smaller than 400 m²", "outside every region"]]
    assert len(found.frame) + lost.sum() == len(polygons) + len(points) == found.read


def test_the_regions_are_those_that_the_files_name(
    africa: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, Prepared], zones: gpd.GeoDataFrame
) -> None:
    polygons, points, found = africa
    for name, table in (("polygons", polygons), ("points", points)):
        frame = found.frame[found.frame.source == name]
        given = table.region.iloc[frame.row].to_numpy()
        assert (zones.name.iloc[frame.region - 1].to_numpy() == given).mean() > 0.999


def test_borders_take_ground_polygon_by_polygon() -> None:
    frame = read_vectors(real("slovenia_s2") / "LULC_polygons.gpkg")
    outline = gpd.GeoSeries([shapely.box(*frame.total_bounds)], crs=frame.crs)
    left = {}
    for border in (0.0, 10.0):
        found = prepare([Source("lulc", "lulc", frame, frame.LULC_ID, border=border)], outline, None)
        left[border] = found.frame.set_index("row").area
        assert found.account.drops().set_index("reason").polygons["label ignored by the configuration"] == 4
    assert left[0.0].sum() == pytest.approx(frame.area[frame.LULC_ID > 0].sum(), rel=1e-6)
    kept = left[10.0].index
    perimeter = frame.length.iloc[kept].to_numpy()
    assert (left[10.0] < left[0.0][kept]).all()
    assert (left[10.0].to_numpy() >= left[0.0][kept].to_numpy() - 10 * perimeter - np.pi * 100).all()
    assert found.vanished() == [(1, "vanished inside a border of 10 m")]
