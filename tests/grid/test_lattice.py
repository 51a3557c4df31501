import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from pyproj import Transformer

from iota_py.grid.lattice import aligned, common_part, nearest_index, same_grid, same_lattice
from iota_py.grid.windows import Window, whole

PROPERTY = settings(max_examples=60, deadline=None, derandomize=True)

UTM31, UTM30, LAMBERT = "EPSG:32631", "EPSG:32630", "EPSG:2154"


def grid(shape=(4, 6), left=400000.0, top=4800000.0, step=10.0, crs=UTM31, down=None) -> GeoBox:
    return GeoBox(shape, Affine(step, 0, left, 0, -(down or step), top), crs)


def brute_force(target: GeoBox, source: GeoBox) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the source by one pyproj call per pixel."""
    transformer = Transformer.from_crs(target.crs.to_epsg(), source.crs.to_epsg(), always_xy=True)
    rows, cols = np.empty(target.shape, int), np.empty(target.shape, int)
    for row in range(target.shape[0]):
        for col in range(target.shape[1]):
            x, y = transformer.transform(*(target.transform @ (col + 0.5, row + 0.5)))
            column, line = ~source.transform @ (x, y)
            rows[row, col], cols[row, col] = np.floor(line), np.floor(column)
    return rows, cols


@pytest.mark.parametrize(
    ("other", "is_aligned", "is_same_lattice", "is_same_grid"),
    [
        (grid(), True, True, True),
        (grid(left=400000 + 1e-6), True, True, True),  # 1e-7 of a pixel
        (grid(left=400030, top=4799950), True, True, False),
        (grid(shape=(9, 9)), True, True, False),
        (grid(step=20), True, False, False),
        (grid(step=20, left=400010), True, False, False),  # shifted by one fine pixel: aligned still
        (grid(step=20, left=400005), False, False, False),
        (grid(left=400005), False, False, False),
        (grid(left=400000.1), False, False, False),
        (grid(step=15), False, False, False),
        (grid(step=5), False, False, False),  # finer, not coarser
        (grid(down=20), True, False, False),  # pixels twice as tall
        (grid(crs=UTM30), False, False, False),
        (grid(down=-10), False, False, False),  # south-up
    ],
)
def test_relations_to_a_fine_grid(other, is_aligned, is_same_lattice, is_same_grid):
    assert aligned(grid(), other) is is_aligned
    assert same_lattice(grid(), other) is is_same_lattice
    assert same_grid(grid(), other) is is_same_grid


@PROPERTY
@given(st.integers(-8, 8), st.integers(-8, 8), st.sampled_from([10.0, 20.0, 60.0]), st.sampled_from([10.0, 20.0]))
def test_same_crs_equals_brute_force(right, down, source_step, target_step):
    source, target = grid((5, 4), step=source_step), grid((7, 6), 400000 + 10 * right, 4800000 + 10 * down, target_step)
    found = nearest_index(target, source)
    rows, cols = brute_force(target, source)
    inside = (rows >= 0) & (rows < 5) & (cols >= 0) & (cols < 4)
    assert np.array_equal(np.broadcast_to(found.inside, target.shape), inside)
    assert np.array_equal(np.broadcast_to(found.rows, target.shape)[inside], rows[inside])
    assert np.array_equal(np.broadcast_to(found.cols, target.shape)[inside], cols[inside])


@pytest.mark.parametrize("source_crs", [UTM30, LAMBERT])
def test_another_crs_equals_brute_force(source_crs):
    target = grid((12, 15), 399000, 4820000, 30)
    x, y = Transformer.from_crs(UTM31, source_crs, always_xy=True).transform(399200, 4819800)
    source = grid((20, 20), round(x, -1) - 200, round(y, -1) + 200, 20, source_crs)
    found, (rows, cols) = nearest_index(target, source), brute_force(target, source)
    inside = (rows >= 0) & (rows < 20) & (cols >= 0) & (cols < 20)
    assert 20 < inside.sum() < inside.size
    assert np.array_equal(found.inside, inside)
    assert np.array_equal(found.rows[inside], rows[inside])
    assert np.array_equal(found.cols[inside], cols[inside])


def test_a_centre_on_an_edge_belongs_to_the_pixel_after_it():
    target, source = grid((1, 3), 400000, 4800000, 20), grid((2, 6))
    found = nearest_index(target, source)  # centres at 10, 30, 50 m east and 10 m south: edges of the source
    assert found.cols.tolist() == [[1, 3, 5]]
    assert found.rows.tolist() == [[1]]
    noisy = grid((2, 6), 400000 + 4e-6)
    assert nearest_index(target, noisy).cols.tolist() == [[1, 3, 5]]


def test_take_keeps_leading_axes_and_marks_the_outside():
    source, target = grid((2, 2)), grid((2, 3), 400010)
    values = np.arange(8, dtype=np.int16).reshape(2, 2, 2)
    taken = nearest_index(target, source).take(values, -1)
    assert taken.tolist() == [[[1, -1, -1], [3, -1, -1]], [[5, -1, -1], [7, -1, -1]]]
    assert taken.dtype == np.int16
    assert nearest_index(source, source).take(values).tolist() == values.tolist()


def test_places_that_a_projection_cannot_show_are_outside():
    world = GeoBox((2, 3), Affine(60, 0, -90, 0, -85, 85), "EPSG:4326")
    found = nearest_index(world, GeoBox((3, 3), Affine(1e6, 0, -1.5e6, 0, -1e6, 1.5e6), "EPSG:3035"))
    assert found.inside.dtype == bool
    polar = GeoBox((1, 2), Affine(1, 0, 0, 0, -1, 91), "EPSG:4326")  # its centres lie beyond the pole
    assert not nearest_index(polar, grid()).inside.any()


def test_the_pixels_that_two_grids_share_by_hand():
    a, b = grid((4, 6)), grid((5, 3), left=400020.0, top=4799990.0)
    assert common_part(a, b) == (Window(1, 2, 3, 3), Window(0, 0, 3, 3))
    assert common_part(b, a) == (Window(0, 0, 3, 3), Window(1, 2, 3, 3))
    assert common_part(a, a) == (whole(a.shape), whole(a.shape))
    assert common_part(a, grid(left=400060.0)) is None
    assert common_part(a, grid(top=4799960.0)) is None


@PROPERTY
@given(st.integers(-7, 7), st.integers(-7, 7), st.integers(1, 6), st.integers(1, 6))
def test_the_shared_pixels_are_the_same_ground(row, col, height, width):
    a, b = grid((5, 6)), grid((height, width), left=400000.0 + 10 * col, top=4800000.0 - 10 * row)
    places = {(r, c) for r in range(5) for c in range(6)} & {(row + r, col + c) for r in range(height) for c in range(width)}
    parts = common_part(a, b)
    if parts is None:
        assert not places
        return
    here, there = parts
    assert here.pixels == len(places)
    assert same_grid(here.of(a), there.of(b))
