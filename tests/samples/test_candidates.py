import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
