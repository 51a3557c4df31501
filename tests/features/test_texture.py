"""Texture, by hand on small images, and the same from any window with its margin."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import generic_filter

from iota_py.features.texture import LEVELS, Texture, texture

ALL = np.ones((3, 3), bool)


def test_by_hand():
    values = np.array([[0, 0, 0], [0, 900, 0], [0, 0, 0]], np.float32)
    mean, deviation, entropy = texture(values, ALL, 1)
    assert mean[1, 1] == 100
    assert deviation[1, 1] == pytest.approx((9 * 900**2 - 900**2) ** 0.5 / 9)  # mean square 90,000 less 10,000
    # Eight of nine on one level, one on another.
    assert entropy[1, 1] == pytest.approx(-1000 * (8 / 9 * np.log(8 / 9) + 1 / 9 * np.log(1 / 9)) / np.log(LEVELS))
    # In the corner only four pixels are there, one of them the bright one.
    assert mean[0, 0] == 225
    assert entropy[0, 0] == pytest.approx(-1000 * (3 / 4 * np.log(3 / 4) + 1 / 4 * np.log(1 / 4)) / np.log(LEVELS))


def test_levels_are_a_tenth_of_an_index_and_the_ends_are_open():
    values = np.array([[-5000, -1000, -901], [5000, 1000, 901], [-900, 900, 850]], np.float32)
    _, _, entropy = texture(values, ALL, 1)
    shares = np.array([3, 4, 1, 1]) / 9  # up to -901; from 900 on; -900; 850
    assert entropy[1, 1] == pytest.approx(-1000 * (shares * np.log(shares)).sum() / np.log(LEVELS))


def test_pixels_that_do_not_count_are_left_out():
    values = np.array([[0, 0, 0], [0, 900, 0], [0, 0, 600]], np.float32)
    seen = np.zeros((3, 3), bool)
    assert not texture(values, seen, 1).any()
    seen[2, 2] = seen[1, 1] = True
    mean, deviation, entropy = texture(values, seen, 1)
    assert (mean[1, 1], deviation[1, 1]) == (750, 150)
    assert entropy[1, 1] == pytest.approx(1000 * np.log(2) / np.log(LEVELS))
    assert (mean[0, 0], deviation[0, 0], entropy[0, 0]) == (900, 0, 0)


@pytest.mark.parametrize("radius", [1, 2, 3])
def test_mean_and_deviation_are_those_of_a_filter(radius):
    values = np.random.default_rng(0).normal(300, 300, (20, 17)).astype(np.float32)
    found = texture(values, np.ones(values.shape, bool), radius)
    inside = (slice(radius, -radius),) * 2
    for row, function in enumerate((np.mean, np.std)):
        expected = generic_filter(values.astype(np.float64), function, 2 * radius + 1)
        np.testing.assert_allclose(found[row][inside], expected[inside], rtol=1e-9)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(row=st.integers(0, 20), col=st.integers(0, 20), height=st.integers(1, 9), width=st.integers(1, 9), radius=st.integers(1, 3))
def test_a_window_with_its_margin_gives_the_bits_of_the_whole(row, col, height, width, radius):
    rng = np.random.default_rng(2)
    values, seen = rng.normal(300, 400, (25, 25)).astype(np.float32), rng.random((25, 25)) < 0.8
    height, width = min(height, 25 - row), min(width, 25 - col)
    top, left = max(row - radius, 0), max(col - radius, 0)
    part = slice(top, row + height + radius), slice(left, col + width + radius)
    whole = texture(values, seen, radius)[:, row : row + height, col : col + width]
    found = texture(values[part], seen[part], radius)[:, row - top :, col - left :][:, :height, :width]
    assert np.ascontiguousarray(found).tobytes() == np.ascontiguousarray(whole).tobytes()


def test_words():
    assert len(Texture("NDVI", 0, 1).words) == len(texture(np.zeros((2, 2), np.float32), np.ones((2, 2), bool), 1))
