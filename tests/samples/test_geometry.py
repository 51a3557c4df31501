import geopandas as gpd
import numpy as np
import pytest
import shapely

from iota_py.samples.geometry import finite, hectares, is_point, mended, metres_per_unit, region_of, single_points
from tests.samples.reference import CRS, box


def array(*shapes) -> np.ndarray:
    found = np.empty(len(shapes), object)
    found[:] = shapes
    return found


with np.errstate(invalid="ignore"):
    NAN = shapely.from_wkt("POLYGON ((0 0, NaN 1, 1 1, 0 0))")


def test_what_has_coordinates():
    shapes = array(box(0, 0), None, shapely.Polygon(), NAN, shapely.Point(1, np.inf), shapely.Point(1, 2))
    assert finite(shapes).tolist() == [True, False, False, False, False, True]
    assert finite(array()).tolist() == []


def test_shapes_become_flat_and_valid():
    bow = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])  # two triangles of area 1
    high = shapely.from_wkt("POLYGON Z ((0 0 5, 1 0 5, 1 1 5, 0 0 5))")
    line = shapely.Polygon([(0, 0), (1, 1), (0, 0)])
    mixed = shapely.GeometryCollection([shapely.box(0, 0, 2, 3), shapely.Point(9, 9)])
    found, invalid = mended(array(bow, high, line, mixed, None, NAN, shapely.Point(1, 2)))
    assert shapely.area(found).tolist() == [2, 0.5, 0, 6, 0, 0, 0]
    assert invalid.tolist() == [True, False, True, False, False, False, False]
    assert shapely.is_valid(found).all()
    assert not shapely.has_z(found).any()
    assert shapely.is_empty(found).tolist() == [False, False, True, False, True, True, False]
    assert found[-1].equals(shapely.Point(1, 2))


def test_points_of_several_stand_alone():
    several = shapely.MultiPoint([(1, 1), (2, 2), (3, 3)])
    found, rows = single_points(array(box(0, 0), several, shapely.Point(5, 5), shapely.Polygon(), shapely.MultiPoint([(7, 7)])))
    assert rows.tolist() == [0, 1, 1, 1, 2, 3, 4]
    assert [g.wkt for g in found[1:5]] == ["POINT (1 1)", "POINT (2 2)", "POINT (3 3)", "POINT (5 5)"]
    assert found[6].wkt == "POINT (7 7)"
    assert is_point(found).tolist() == [False, True, True, True, True, False, True]
    assert [len(part) for part in single_points(array())] == [0, 0]


def test_hectares_whatever_the_unit():
    assert hectares(array(shapely.box(0, 0, 200, 100), None), CRS).tolist()[0] == 2
    # a square of 0.01° at 45° north: (0.01 × 111 132 m) × (0.01 × 78 847 m) = 87.6 ha
    assert hectares(array(shapely.box(3, 45, 3.01, 45.01)), "EPSG:4326")[0] == pytest.approx(87.6, abs=0.2)
    assert metres_per_unit("EPSG:2263") == pytest.approx(0.3048, abs=1e-6)  # New York, in feet
    assert hectares(array(shapely.box(0, 0, 1000, 1000)), "EPSG:2263")[0] == pytest.approx(9.29, abs=0.01)


def test_points_and_polygons_are_of_the_region_that_holds_them():
    regions = gpd.GeoDataFrame({"region": [1, 2]}, geometry=[box(0, 0, 10, 5), box(0, 5, 10, 3)], crs=CRS)
    shapes = array(box(0, 0), box(0, 4), box(3, 4.2), box(0, 8), box(0, 8).centroid, box(0, 5).centroid, shapely.Point(400050, 4799950))
    assert region_of(shapes, regions).tolist() == [1, 1, 2, 0, 0, 2, 1]  # a tie, and a point on the border, go to the first
    assert region_of(shapes, None).tolist() == [1] * 7
