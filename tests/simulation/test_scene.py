import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iota_py.grid.windows import Window, whole
from iota_py.simulation.demo import EAST_TILE, SHIFT, SIZE, UNION, WEST_TILE
from iota_py.simulation.phenology import BANDS
from iota_py.simulation.scene import halve, make_scene

from .conftest import GRID

SCENE = make_scene(GRID, 3)
TABLE = SCENE.table(150)
WHOLE = {band: SCENE.reflectance(TABLE, band, whole((64, 80))) for band in BANDS}


@settings(max_examples=30)
@given(st.sampled_from(BANDS), st.integers(0, 60), st.integers(0, 76), st.integers(1, 64), st.integers(1, 80))
def test_a_pixel_is_the_same_in_any_window(band, row, col, height, width):
    window = Window(row, col, min(height, 64 - row), min(width, 80 - col))
    assert np.array_equal(SCENE.reflectance(TABLE, band, window), WHOLE[band][window.slices])


def test_equal_seeds_give_equal_scenes():
    again = make_scene(GRID, 3)
    assert np.array_equal(again.brightness, SCENE.brightness)
    assert np.array_equal(again.density, SCENE.density)
    assert np.array_equal(again.table(150)[0], TABLE[0])
    assert not np.array_equal(make_scene(GRID, 4).density, SCENE.density)


def test_two_tiles_agree_where_they_overlap():
    wide = make_scene(UNION, 1)
    west, east = (wide.landscape.window(tile.geobox) for tile in (WEST_TILE, EAST_TILE))
    assert np.array_equal(wide.landscape.truth[west.slices][:, SHIFT:], wide.landscape.truth[east.slices][:, : SIZE - SHIFT])
    table = wide.table(200)
    left, right = (wide.reflectance(table, "B8", window) for window in (west, east))
    assert np.array_equal(left[:, SHIFT:], right[:, : SIZE - SHIFT])


def test_fields_of_one_class_differ_and_so_do_their_pixels():
    cereals = SCENE.landscape.field_code == 6
    assert TABLE[0][cereals, BANDS.index("B8")].std() > 0.01
    field = np.bincount(SCENE.landscape.field.ravel()).argmax()
    assert WHOLE["B8"][SCENE.landscape.field == field].std() > 0.002


def test_neighbours_mix_along_borders():
    water = SCENE.landscape.truth == 23
    assert water.any()
    beside = water & ~np.roll(water, 1, axis=0)
    assert WHOLE["B8"][beside].mean() > 1.5 * WHOLE["B8"][water & ~beside].min()


def test_values_are_physical():
    for values in WHOLE.values():
        assert values.dtype == np.float32
        assert 0.0 < values.min() <= values.max() < 1.0


def test_halve_averages_by_four():
    assert halve(np.array([[1.0, 3.0, 0.0, 0.0], [5.0, 7.0, 0.0, 8.0]])).tolist() == [[4.0, 2.0]]


def test_a_day_changes_the_crops_but_not_the_water():
    code = SCENE.landscape.field_code
    april, july = SCENE.table(110)[0][:, BANDS.index("B8")], SCENE.table(200)[0][:, BANDS.index("B8")]
    assert (july - april)[code == 10].mean() > 0.1
    assert (july - april)[code == 23] == pytest.approx(0.0, abs=0.02)
