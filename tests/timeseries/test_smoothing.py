"""Savitzky-Golay against scipy, Whittaker against a dense solution of its equations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import savgol_filter

from iota_py.timeseries.gapfill import fill_linear
from iota_py.timeseries.smoothing import savitzky_golay, whittaker

TARGETS = np.arange(0, 201, 10, dtype=np.int32)


def series(pixels, dates, seed, share):
    rng = np.random.default_rng(seed)
    days = np.sort(rng.integers(-5, 206, dates)).astype(np.int32)
    values = rng.integers(0, 9000, (dates, 2, pixels)).astype(np.int16)
    return values, (rng.random((dates, pixels)) < share).astype(np.uint8), days


@pytest.mark.parametrize(("window", "order"), [(3, 1), (5, 2), (7, 3), (21, 4)])
def test_savitzky_golay_is_that_of_scipy_on_the_filled_series(window, order):
    filled = fill_linear(*series(25, 30, 1, 0.5), TARGETS)
    expected = savgol_filter(filled.astype(np.float64), window, order, axis=0, mode="interp")
    np.testing.assert_allclose(savitzky_golay(filled, window, order), expected, rtol=1e-6, atol=2e-3)


def test_savitzky_golay_by_hand():
    """Window 5, order 2: (-3, 12, 17, 12, -3) / 35 (Savitzky & Golay 1964, table I)."""
    spike = np.zeros((9, 1, 1), np.float32)
    spike[4] = 35
    np.testing.assert_allclose(savitzky_golay(spike, 5, 2)[2:7].ravel(), [-3, 12, 17, 12, -3], atol=1e-5)


def test_savitzky_golay_leaves_a_parabola_as_it_is():
    t = np.arange(12, dtype=np.float32).reshape(-1, 1, 1)
    np.testing.assert_allclose(savitzky_golay(3 * t * t - t + 7, 5, 2), 3 * t * t - t + 7, atol=1e-3)


def dense(values, valid, days, targets, strength):
    """One pixel, one band, straight from the definition."""
    length = days[-1] - days[0] + 1
    weight, right = np.zeros(length), np.zeros(length)
    np.add.at(weight, days[valid] - days[0], 1.0)
    np.add.at(right, days[valid] - days[0], values[valid].astype(float))
    differences = np.diff(np.eye(length), 2, axis=0)
    smooth = np.linalg.solve(np.diag(weight) + strength * differences.T @ differences, right)
    return smooth[np.clip(targets, days[valid][0], days[valid][-1]) - days[0]]


@pytest.mark.parametrize("strength", [1.0, 1000.0, 1e5])
@pytest.mark.parametrize(("dates", "share"), [(40, 0.7), (25, 0.25), (60, 0.08)])
def test_whittaker_solves_its_equations(strength, dates, share):
    values, valid, days = series(30, dates, 3, share)
    found = whittaker(values, valid, days, TARGETS, strength)
    checked = 0
    for pixel in range(30):
        there = valid[:, pixel] != 0
        if len(np.unique(days[there])) < 2:
            continue
        for band in range(2):
            expected = dense(values[:, band, pixel], there, days, TARGETS, strength)
            np.testing.assert_allclose(found[:, band, pixel], expected, rtol=1e-5, atol=0.01)
            checked += 1
    assert checked >= 30


def test_whittaker_on_a_whole_year_of_few_observations():
    """The free days at the start must not wear the decomposition out: two valid days, far from both ends, make a line."""
    days = np.array([0, 180, 280, 364], np.int32)
    values = np.array([5, 1000, 2000, 7], np.int16).reshape(4, 1, 1)
    valid = np.array([0, 1, 1, 0], np.uint8).reshape(4, 1)
    targets = np.array([0, 180, 230, 280, 364], np.int32)
    np.testing.assert_allclose(whittaker(values, valid, days, targets, 1e4).ravel(), [1000, 1000, 1500, 2000, 2000], rtol=1e-5)


def test_whittaker_of_a_line_is_the_line_whatever_the_strength():
    days = np.arange(0, 100, 7, dtype=np.int32)
    values = (10 * days + 3).astype(np.int16).reshape(-1, 1, 1)
    valid = np.ones((len(days), 1), np.uint8)
    targets = np.array([0, 11, 50, 98], np.int32)
    for strength in (1e-3, 1.0, 1e6):
        np.testing.assert_allclose(whittaker(values, valid, days, targets, strength).ravel(), 10 * targets + 3.0, rtol=1e-4)


def test_whittaker_of_a_single_day_is_its_mean():
    values = np.array([100, 300, 900], np.int16).reshape(3, 1, 1)
    found = whittaker(values, np.array([[1], [1], [0]], np.uint8), np.array([4, 4, 8], np.int32), np.array([0, 4, 8], np.int32), 10.0)
    assert found.ravel().tolist() == [200, 200, 200]


def test_a_stronger_smoother_stays_nearer_to_a_line():
    values, valid, days = series(20, 40, 5, 0.8)
    rough = [np.abs(np.diff(whittaker(values, valid, days, TARGETS, s), 2, axis=0)).mean() for s in (1.0, 1e3, 1e6)]
    assert rough[0] > 2 * rough[1] > 8 * rough[2]
