import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from iota_py.grid.lattice import nearest_index
from iota_py.grid.ownership import above, owned, priority
from iota_py.grid.windows import split

PROPERTY = settings(max_examples=60, deadline=None, derandomize=True)

UTM30, UTM31 = "EPSG:32630", "EPSG:32631"


def tile(row: int, col: int, size: int = 6, step: float = 10.0, crs: str = UTM31, left: float = 400000.0, top: float = 4800000.0) -> GeoBox:
    return GeoBox((size, size), Affine(step, 0, left + step * col, 0, -step, top - step * row), crs)


def own_parts(tiles: dict[str, GeoBox], footprints: dict[str, np.ndarray], margin: int = 0) -> dict[str, np.ndarray]:
    parts = {}
    for name, box in tiles.items():
        higher = [nearest_index(box, tiles[other]).take(footprints[other]) for other in above(name, tiles)]
        parts[name] = owned(footprints[name], higher, margin)
    return parts


def test_north_first_then_west_then_name():
    tiles = {"se": tile(4, 4), "ne": tile(0, 4), "sw": tile(4, 0), "nw": tile(0, 0), "double": tile(0, 0)}
    assert priority(tiles) == ("double", "nw", "ne", "sw", "se")


def test_west_is_by_longitude_across_zones():
    # 199980 m in zone 31 is near longitude -0.7; 699960 m in zone 30 is near longitude -0.5
    tiles = {"31TBJ": tile(0, 0, crs=UTM31, left=199980), "30TYP": tile(0, 0, crs=UTM30, left=699960)}
    assert tiles["31TBJ"].extent.to_crs("EPSG:4326").boundingbox.left < tiles["30TYP"].extent.to_crs("EPSG:4326").boundingbox.left
    assert priority(tiles) == ("31TBJ", "30TYP")


def test_tiles_in_degrees():
    tiles = {name: tile(0, 0, 10, 0.01, "EPSG:4326", 1.0, top) for name, top in (("a", 44.2), ("b", 44.3), ("c", 43.8))}
    assert priority(tiles) == ("b", "a", "c")


def test_above_lists_overlapping_tiles_of_higher_priority():
    tiles = {"nw": tile(0, 0), "ne": tile(0, 4), "se": tile(4, 4), "far": tile(40, 40)}
    assert above("nw", tiles) == ()
    assert above("ne", tiles) == ("nw",)
    assert above("se", tiles) == ("nw", "ne")
    assert above("far", tiles) == ()


def test_ownership_by_hand():
    own = np.array([[1, 1, 1, 1], [1, 1, 0, 1]], np.uint8)
    north = np.array([[1, 1, 0, 0], [0, 0, 0, 0]], np.uint8)
    west = np.array([[1, 0, 0, 0], [1, 0, 0, 0]], np.uint8)
    assert owned(own, []).tolist() == [[True] * 4, [True, True, False, True]]
    assert owned(own, [north, west]).tolist() == [[False, False, True, True], [False, True, False, True]]


@PROPERTY
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=5, unique=True), st.integers(0, 2**32 - 1))
def test_each_pixel_of_the_union_is_owned_once(places, seed):
    rng = np.random.default_rng(seed)
    tiles = {f"t{i}": tile(row, col) for i, (row, col) in enumerate(places)}
    footprints = {name: (rng.random((6, 6)) < 0.8).astype(np.uint8) for name in tiles}
    parts = own_parts(tiles, footprints)
    union, times = np.zeros((16, 16), bool), np.zeros((16, 16), int)
    for name, (row, col) in zip(tiles, places, strict=True):
        union[row : row + 6, col : col + 6] |= footprints[name] != 0
        times[row : row + 6, col : col + 6] += parts[name]
    assert np.array_equal(times, union.astype(int))


def test_a_margin_reaches_into_the_neighbour_and_not_out_of_the_footprint():
    own = np.ones((5, 6), np.uint8)
    own[:, 1] = 0
    west = np.zeros((5, 6), np.uint8)
    west[:, :4] = 1
    assert owned(own, [west])[2].tolist() == [False, False, False, False, True, True]
    assert owned(own, [west], 1)[2].tolist() == [False, False, False, True, True, True]
    assert owned(own, [west], 2)[2].tolist() == [False, False, True, True, True, True]
    assert owned(own, [west], 3)[2].tolist() == [False, False, True, True, True, True]


@pytest.mark.parametrize("margin", [0, 1])
def test_without_neighbours_a_tile_owns_its_footprint(margin):
    own = np.array([[1, 0], [2, 255]], np.uint8)
    assert owned(own, [np.zeros((2, 2), np.uint8)], margin).tolist() == [[True, False], [True, True]]


@PROPERTY
@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.integers(1, 7), st.integers(1, 7))
def test_the_margin_does_not_depend_on_how_windows_are_cut(seed, margin, rows, cols):
    higher = np.zeros((14, 13), np.uint8)
    rng = np.random.default_rng(seed)
    for _ in range(3):
        row, col = rng.integers(0, 10, 2)
        higher[row : row + 6, col : col + 6] = 1
    own = (rng.random((14, 13)) < 0.9).astype(np.uint8)
    padded = np.pad(higher, margin)
    whole = owned(own, [padded], margin)
    cut = np.zeros_like(whole)
    for window in split(own.shape, (rows, cols)):
        grown = padded[window.row : window.row + window.height + 2 * margin, window.col : window.col + window.width + 2 * margin]
        cut[window.slices] = owned(own[window.slices], [grown], margin)
    assert np.array_equal(cut, whole)
    assert (whole >= ((own != 0) & (higher == 0))).all()
