import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from iota_py.grid.windows import Window, crs_text, split, whole, window_size

PROPERTY = settings(max_examples=60, deadline=None, derandomize=True)

SIDE = st.integers(1, 40)


@PROPERTY
@given(SIDE, SIDE, SIDE, SIDE)
def test_cutting_then_reassembling_is_the_identity(height, width, rows, cols):
    values = np.arange(height * width).reshape(height, width)
    built, times = np.full((height, width), -1), np.zeros((height, width), int)
    for window in split((height, width), (rows, cols)):
        assert (window.height, window.width) <= (rows, cols)
        assert values[window.slices].size == window.pixels > 0
        built[window.slices] = values[window.slices]
        times[window.slices] += 1
    assert np.array_equal(built, values)
    assert (times == 1).all()


def test_windows_are_in_row_major_order():
    assert split((3, 5), (2, 3)) == [Window(0, 0, 2, 3), Window(0, 3, 2, 2), Window(2, 0, 1, 3), Window(2, 3, 1, 2)]
    assert split((3, 5), (9, 9)) == [whole((3, 5))] == [Window(0, 0, 3, 5)]


@pytest.mark.parametrize("size", [(0, 3), (3, 0), (-1, 3)])
def test_a_window_has_a_size(size):
    with pytest.raises(ValueError, match="at least 1"):
        split((3, 5), size)


@pytest.mark.parametrize(
    ("shape", "block", "pixels", "expected"),
    [
        ((10980, 10980), (1, 10980), 262_144, (23, 10980)),  # strips: whole rows, 262144 // 10980 = 23
        ((10980, 10980), (16, 10980), 262_144, (16, 10980)),  # strips of 16 rows: one, since two hold 351360 pixels
        ((10980, 10980), (64, 10980), 262_144, (64, 10980)),  # never less than a block, even when it holds more
        ((10980, 10980), (256, 256), 262_144, (512, 512)),  # 2 × 2 blocks are exactly 262144
        ((10980, 10980), (1024, 1024), 262_144, (1024, 1024)),
        ((240, 240), (68, 240), 262_144, (240, 240)),  # the whole raster fits
        ((100, 300), (256, 256), 40_000, (100, 256)),  # tiles wider than half the raster: two across
        ((100, 300), (512, 512), 10, (100, 300)),  # one block holds the raster
    ],
)
def test_window_size_follows_strips_and_tiles(shape, block, pixels, expected):
    assert window_size(shape, block, pixels) == expected


@PROPERTY
@given(st.integers(1, 3000), st.integers(1, 3000), st.integers(1, 600), st.integers(1, 600), st.integers(1, 500_000))
def test_window_size_holds_whole_blocks_within_the_limit(height, width, rows, cols, pixels):
    found_rows, found_cols = window_size((height, width), (rows, cols), pixels)
    rows, cols = min(rows, height), min(cols, width)
    assert found_rows == height or found_rows % rows == 0
    assert found_cols == width or found_cols % cols == 0
    assert 1 <= found_rows <= height
    assert 1 <= found_cols <= width
    assert found_rows * found_cols <= max(pixels, rows * cols)


def test_grid_of_a_window():
    grid = GeoBox((6, 8), Affine(10, 0, 500000, 0, -10, 4800000), "EPSG:32631")
    part = Window(2, 3, 4, 5).of(grid)
    assert part.shape == (4, 5)
    assert part.transform == Affine(10, 0, 500030, 0, -10, 4799980)
    assert str(Window(2, 3, 4, 5)) == "rows 2–5, columns 3–7"


def test_crs_text():
    grid = GeoBox((1, 1), Affine(1, 0, 0, 0, -1, 0), "EPSG:2154")
    assert "Lambert-93" in crs_text(grid)
    with pytest.raises(ValueError, match="no coordinate reference system"):
        crs_text(GeoBox((1, 1), Affine.identity(), None))
