import numpy as np
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from pyproj import Transformer

from iota_py.grid.lattice import nearest_index
from iota_py.grid.ownership import above, owned, priority, withdrawn

PROPERTY = settings(max_examples=60, deadline=None, derandomize=True)

UTM30, UTM31 = "EPSG:32630", "EPSG:32631"


def tile(row: int, col: int, size: int = 6, step: float = 10.0, crs: str = UTM31, left: float = 400000.0, top: float = 4800000.0) -> GeoBox:
    return GeoBox((size, size), Affine(step, 0, left + step * col, 0, -step, top - step * row), crs)


def own_parts(tiles: dict[str, GeoBox], footprints: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    parts = {}
    for name, box in tiles.items():
        higher = [nearest_index(box, tiles[other]).take(footprints[other]) for other in above(name, tiles)]
        parts[name] = owned(footprints[name], higher)
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


def test_without_neighbours_a_tile_owns_its_footprint():
    own = np.array([[1, 0], [2, 255]], np.uint8)
    assert owned(own, [np.zeros((2, 2), np.uint8)]).tolist() == [[True, False], [True, True]]


def test_a_footprint_is_drawn_back_from_its_edges_and_holes():
    footprint = np.ones((5, 9), np.uint8)
    footprint[2, 7] = 0
    assert np.array_equal(withdrawn(footprint, 0), footprint == 1)
    assert [["".join("x" if seen else "." for seen in row)] for row in withdrawn(footprint, 1)] == [
        ["........."], [".xxxxx..."], [".xxxxx..."], [".xxxxx..."], ["........."],
    ]  # fmt: skip
    assert np.flatnonzero(withdrawn(footprint, 2)).tolist() == [20, 21, 22]


@PROPERTY
@given(st.integers(0, 2**32 - 1), st.floats(0, 10), st.floats(0, 10))
def test_a_map_on_another_grid_finds_an_answer_wherever_a_tile_saw(seed, x, y):
    """What the owner of a place did not look at would stay empty on the map: tiles of two zones, holes everywhere, any grid of the map."""
    rng = np.random.default_rng(seed)
    west = GeoBox((40, 40), Affine(10, 0, 735800, 0, -10, 5000000), UTM31)
    left, top = (round(v, -1) for v in Transformer.from_crs(32631, 32632, always_xy=True).transform(735800, 5000000))
    tiles = {"west": west, "east": GeoBox((40, 40), Affine(10, 0, left + 150, 0, -10, top - 30), "EPSG:32632")}
    footprints = {name: (rng.random((40, 40)) < 0.9).astype(np.uint8) for name in tiles}
    first, second = priority(tiles)
    back = nearest_index(tiles[second], tiles[first]).take(withdrawn(footprints[first], 1).astype(np.uint8))
    answered = {first: footprints[first] != 0, second: owned(footprints[second], [back])}
    lambert = west.extent.to_crs("EPSG:2154").boundingbox
    grid = GeoBox((60, 70), Affine(10, 0, lambert.left - 20 + x, 0, -10, lambert.top + 20 + y), "EPSG:2154")
    free = np.ones((60, 70), bool)
    for name in (first, second):
        index = nearest_index(grid, tiles[name])
        mine = free & (index.take(footprints[name]) != 0)
        assert (index.take(answered[name])[mine]).all()
        free &= ~mine
    assert 0.2 < free.mean() < 0.9
