import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from iota_py.grid.windows import split
from iota_py.samples.candidates import burn_polygons, burn_regions, candidates, candidates_frame
from tests.samples.reference import CRS, GRID, box

PROPERTY = settings(max_examples=60, deadline=None, derandomize=True)

EVERYWHERE = np.ones((10, 10), bool)


def polygons(*entries) -> gpd.GeoDataFrame:
    """Entries are (polygon, code, shape)."""
    numbers, codes, shapes = zip(*entries, strict=True)
    return gpd.GeoDataFrame({"polygon": numbers, "code": codes}, geometry=list(shapes), crs=CRS)


def found(table, owned=EVERYWHERE, region=None, validity=None, grid=GRID, origin=(0, 0)) -> pd.DataFrame:
    region = np.ones(grid.shape, np.int32) if region is None else region
    return candidates(
        burn_polygons(table, grid), region, owned, grid, origin, lambda: np.full(grid.shape, 9, np.uint8) if validity is None else validity
    )


def test_a_pixel_belongs_to_the_polygon_that_holds_its_centre():
    burnt = burn_polygons(polygons((3, 5, box(0.4, 0.4, 1.2, 1.0)), (7, 23, box(5.6, 5.0, 0.8, 2))), GRID)
    expected = np.zeros((10, 10), int)
    expected[0:2, 0] = 4  # centres at 0.5 and 1.5 down, 0.5 across
    assert burnt.polygon.tolist() == expected.tolist()  # the second lies between two rows of centres... of row 5.5 and 6.5
    assert burnt.code.tolist() == np.where(expected > 0, 5, 0).tolist()
    assert not burnt.conflict.any()


def test_polygons_of_different_classes_that_overlap_lose_the_shared_pixels():
    burnt = burn_polygons(polygons((0, 5, box(0, 0, 3, 3)), (1, 23, box(2, 2, 3, 3)), (2, 5, box(0, 2, 2, 3))), GRID)
    conflict = np.zeros((10, 10), bool)
    conflict[2, 2] = True
    assert burnt.conflict.tolist() == conflict.tolist()
    assert (burnt.polygon[2, 2], burnt.code[2, 2]) == (0, 0)
    assert burnt.polygon[0, :5].tolist() == [1, 1, 1, 3, 3]  # the third shares (0, 2) with the first: same class, the first keeps it
    assert burnt.code[0, :5].tolist() == [5] * 5
    assert burnt.code[4, 4] == 23


def test_three_classes_on_one_pixel():
    shapes = [(0, 5, box(0, 0, 2, 2)), (1, 23, box(0, 0, 1, 1)), (2, 5, box(0, 0, 1, 1))]
    burnt = burn_polygons(polygons(*shapes), GRID)
    assert burnt.conflict[0, 0]
    assert burnt.conflict.sum() == 1


@PROPERTY
@given(st.permutations(range(4)))
def test_burning_does_not_depend_on_the_order(order):
    entries = [(0, 5, box(0, 0, 3, 3)), (1, 23, box(2, 2, 3, 3)), (2, 5, box(0, 2, 2, 3)), (3, 1, box(4, 4, 3, 3))]
    first, second = burn_polygons(polygons(*entries), GRID), burn_polygons(polygons(*(entries[i] for i in order)), GRID)
    for name in ("polygon", "code", "conflict"):
        assert np.array_equal(getattr(first, name), getattr(second, name))


def test_candidates_by_hand():
    table = polygons((3, 5, box(0, 0, 1, 2)), (8, 23, box(0, 1, 1, 1)), (9, 23, box(9, 8, 1, 2)))
    validity = np.arange(100, dtype=np.uint8).reshape(10, 10)
    rows = found(table, validity=validity)
    assert rows.to_dict("records") == [
        {"polygon": 3, "code": 5, "region": 1, "row": 0, "col": 0, "x": 400005.0, "y": 4799995.0, "validity": 0},
        {"polygon": -1, "code": 0, "region": 1, "row": 0, "col": 1, "x": 400015.0, "y": 4799995.0, "validity": 1},
        {"polygon": 9, "code": 23, "region": 1, "row": 9, "col": 8, "x": 400085.0, "y": 4799905.0, "validity": 98},
        {"polygon": 9, "code": 23, "region": 1, "row": 9, "col": 9, "x": 400095.0, "y": 4799905.0, "validity": 99},
    ]
    assert rows.dtypes.equals(candidates_frame().dtypes)


def test_pixels_that_the_tile_does_not_own_or_no_region_holds_are_left_out():
    table = polygons((0, 5, box(0, 0, 1, 4)))
    owned, region = EVERYWHERE.copy(), np.ones((10, 10), np.int32)
    owned[0, 0], region[0, 1], region[0, 2] = False, 0, 7
    assert found(table, owned, region)[["col", "region"]].to_numpy().tolist() == [[2, 7], [3, 1]]


def test_validity_is_asked_for_only_where_there_are_pixels():
    def never():
        raise AssertionError

    empty = candidates(burn_polygons(polygons((0, 5, box(50, 50))), GRID), np.ones((10, 10), int), EVERYWHERE, GRID, (0, 0), never)
    assert empty.equals(candidates_frame())
    nothing = gpd.GeoDataFrame({"polygon": [], "code": []}, geometry=[], crs=CRS)
    assert found(nothing).empty


@pytest.mark.parametrize("size", [(3, 4), (10, 1), (1, 10), (7, 7)])
def test_windows_give_the_pixels_of_the_whole(size):
    table = polygons((0, 5, box(0, 0, 3, 3)), (1, 23, box(2, 2, 3, 3)), (2, 5, box(5.2, 4.1, 4, 5)), (3, 1, box(0, 8, 9, 1)))
    parts = [found(table, EVERYWHERE[w.slices], grid=w.of(GRID), origin=(w.row, w.col)) for w in split(GRID.shape, size)]
    together = pd.concat(parts).sort_values(["row", "col"], ignore_index=True)
    assert together.equals(found(table))


def test_regions_on_a_grid():
    regions = gpd.GeoDataFrame({"region": [1, 2]}, geometry=[box(0, 0, 10, 4), box(0, 4, 10, 4)], crs=CRS)
    assert burn_regions(regions, GRID).tolist() == [[1] * 4 + [2] * 4 + [0] * 2] * 10
    assert burn_regions(None, GRID).tolist() == [[1] * 10] * 10


def at(row: float, col: float) -> shapely.Point:
    """A point in pixels of GRID."""
    return shapely.Point(400000 + 10 * col, 4800000 - 10 * row)


def test_a_point_takes_the_pixel_that_contains_it():
    burnt = burn_polygons(
        polygons((3, 5, at(2.1, 3.9)), (7, 23, at(0, 0)), (8, 1, at(5, 5)), (9, 1, at(10, 4)), (10, 1, at(-0.1, 4))), GRID
    )
    expected = np.zeros((10, 10), int)
    expected[2, 3], expected[0, 0], expected[5, 5] = 4, 8, 9  # on a corner: the pixel to the right and below; outside: none
    assert burnt.polygon.tolist() == expected.tolist()
    assert (burnt.code[2, 3], burnt.code[0, 0]) == (5, 23)


def test_points_and_polygons_on_one_pixel():
    same = burn_polygons(polygons((4, 5, box(0, 0, 2, 2)), (2, 5, at(0.5, 0.5)), (9, 5, at(1.5, 1.5)), (5, 5, at(1.6, 1.6))), GRID)
    assert same.polygon[:2, :2].tolist() == [[3, 5], [5, 5]]  # of one class the first
    other = burn_polygons(polygons((4, 5, box(0, 0, 2, 2)), (2, 23, at(0.5, 0.5)), (6, 1, at(8.5, 8.5)), (7, 5, at(8.2, 8.2))), GRID)
    assert other.conflict.sum() == 2
    assert other.conflict[0, 0]
    assert other.conflict[8, 8]
    assert other.polygon[0, 1] == 5


def test_a_higher_priority_settles_the_pixel():
    table = polygons(
        (0, 5, at(0.5, 0.5)), (1, 23, box(0, 0, 2, 2)), (2, 1, box(4, 4, 2, 2)), (3, 5, box(4, 4, 1, 1)), (4, 23, box(4, 4, 3, 3))
    )
    burnt = burn_polygons(table.assign(priority=[2, 0, 1, 1, 0]), GRID)
    assert (burnt.code[0, 0], burnt.code[0, 1]) == (5, 23)
    assert not burnt.conflict[0, 0]
    assert burnt.conflict[4, 4]  # the lower one does not settle what the higher ones contest
    assert (burnt.code[4, 5], burnt.code[6, 6]) == (1, 23)


@pytest.mark.parametrize("size", [(3, 4), (5, 5), (1, 10)])
def test_points_on_the_edges_of_windows_are_in_one_of_them(size):
    grid = GeoBox((12, 11), Affine(9.97, 0, 600000.3, 0, -10.03, 6300000.1), CRS)
    shapes = [shapely.Point(600000.3 + 9.97 * col, 6300000.1 - 10.03 * row) for row in range(12) for col in range(11)]
    table = gpd.GeoDataFrame({"polygon": range(132), "code": 5}, geometry=shapes, crs=CRS)
    parts = [burn_polygons(table, window.of(grid)).polygon for window in split(grid.shape, size)]
    whole = np.zeros(grid.shape, int)
    for window, part in zip(split(grid.shape, size), parts):
        whole[window.slices] = part
    assert whole.tolist() == (np.arange(132) + 1).reshape(12, 11).tolist()
