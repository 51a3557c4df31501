from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from iota_py.grid.windows import Window
from iota_py.simulation.acquisitions import overflight
from iota_py.simulation.weather import Sky, make_sky, see

PASS = overflight(date(2023, 7, 4), cloud=0.3, cirrus=0.2)


def one_cloud(row: int, col: int) -> Sky:
    """Opaque over one pixel of a grid of 20 × 20 with 10 around it; its shadow falls 6 rows up and 4 columns left."""
    opacity = np.zeros((40, 40), np.float32)
    opacity[10 + row, 10 + col] = 1.0
    return Sky(opacity, np.zeros_like(opacity), 10, (-6, -4))


def test_a_cloud_and_its_shadow_are_where_they_should_be():
    weather = see(one_cloud(12, 12), Window(0, 0, 20, 20), np.zeros((20, 20), bool))
    assert np.argwhere(weather.opacity == 1.0).tolist() == [[12, 12]]
    assert np.argwhere(weather.shade == 1.0).tolist() == [[6, 8]]
    assert weather.cloud.sum() == 13  # the pixel and two dilations by a cross
    assert weather.bright.sum() == 1
    assert weather.shadow_inside.sum() == 5
    assert weather.shadow_inside[6, 8]
    assert not weather.shadow_outside.any()
    assert not (weather.fringe & weather.cloud).any()


def test_the_shadow_of_a_cloud_that_the_image_does_not_show_is_told_apart():
    outside = np.zeros((20, 20), bool)
    outside[10:] = True
    hidden = see(one_cloud(12, 12), Window(0, 0, 20, 20), outside)
    assert hidden.shadow_outside[6, 8]
    beyond = see(one_cloud(22, 12), Window(0, 0, 20, 20), np.zeros((20, 20), bool))
    assert beyond.shadow_outside[16, 8]
    assert not beyond.shadow_inside.any()
    assert not beyond.cloud.any()


def test_clouds_are_white_and_shadows_dark():
    weather = see(one_cloud(12, 12), Window(0, 0, 20, 20), np.zeros((20, 20), bool))
    seen = weather.cover(np.full((20, 20), 0.1, np.float32), "B3")
    assert seen[12, 12] == pytest.approx(0.76)
    assert seen[6, 8] == pytest.approx(0.046)
    assert seen[0, 0] == pytest.approx(0.1)


def test_the_sky_covers_the_share_asked_for_and_more_than_the_grid():
    sky = make_sky((100, 120), PASS, (40.0, 150.0), 10.0, 1)
    assert sky.opacity.shape == sky.cirrus.shape == (100 + 2 * sky.pad, 120 + 2 * sky.pad)
    assert (sky.opacity > 0).mean() == pytest.approx(0.3, abs=0.01)
    assert sky.shift[0] < 0  # the sun is in the south: shadows fall to the north,
    assert sky.shift[1] < 0  # and, in the morning, to the west
    assert sky.pad > max(map(abs, sky.shift))


def test_a_clear_sky_changes_nothing():
    sky = make_sky((30, 30), replace(PASS, cloud=0.0, cirrus=0.0), (40.0, 150.0), 10.0, 1)
    weather = see(sky, Window(0, 0, 30, 30), np.zeros((30, 30), bool))
    ground = np.full((30, 30), 0.2, np.float32)
    assert np.array_equal(weather.cover(ground, "B8"), ground)
    for flags in (weather.cloud, weather.fringe, weather.shadow_inside, weather.shadow_outside, weather.cirrus):
        assert not flags.any()


def test_two_windows_see_the_same_clouds():
    sky = make_sky((60, 60), PASS, (40.0, 150.0), 10.0, 1)
    left = see(sky, Window(0, 0, 60, 40), np.zeros((60, 40), bool))
    right = see(sky, Window(0, 20, 60, 40), np.zeros((60, 40), bool))
    assert np.array_equal(left.opacity[:, 20:], right.opacity[:, :20])
    assert np.array_equal(left.shade[:, 20:], right.shade[:, :20])
