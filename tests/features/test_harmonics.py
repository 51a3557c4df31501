"""Harmonics: waves that are found again, the least squares of numpy, and what too few dates give."""

from __future__ import annotations

import numpy as np
import pytest

from iota_py.features.harmonics import YEAR, Harmonics, harmonics


def waves(days, coefficients, origin=0):
    angle = 2 * np.pi * (days - origin) / YEAR
    terms = [np.ones_like(angle)]
    for k in range(1, (len(coefficients) + 1) // 2):
        terms += [np.cos(k * angle), np.sin(k * angle)]
    return np.array(terms).T[:, : len(coefficients)] @ coefficients


def test_the_words_follow_the_terms():
    assert Harmonics(("x",), 1).words == ("cos0", "cos1", "sin1")


def test_waves_are_found_again():
    days = np.arange(17000, 17365, 11, dtype=np.int32)
    truth = np.array([500.0, -200, 100, 30, -60])
    series = waves(days.astype(float), truth, 17000).astype(np.float32)[:, None]
    found = harmonics(series, np.ones((len(days), 1), bool), days, 17000, 2)
    np.testing.assert_allclose(found.ravel(), truth, atol=1e-3)


def test_one_wave_by_hand():
    """Four dates a quarter of a year apart (but for rounding): c1 is half the difference of the first and third."""
    days = np.array([0, 91, 183, 274], np.int32)
    series = np.array([[10], [0], [-10], [0]], np.float32)
    found = harmonics(series, np.ones((4, 1), bool), days, 0, 1).ravel()
    np.testing.assert_allclose(found, [0, 10, 0], atol=0.1)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_masked_series_are_those_of_least_squares(count):
    rng = np.random.default_rng(count)
    days = np.sort(rng.integers(0, 365, 45)).astype(np.int32)
    series = rng.normal(400, 300, (45, 60)).astype(np.float32)
    valid = rng.random((45, 60)) < 0.7
    found = harmonics(series, valid, days, 0, count)
    identity = np.eye(1 + 2 * count)
    design = np.array([waves(days.astype(float), row) for row in identity]).T
    for pixel in range(60):
        there = valid[:, pixel]
        expected = np.linalg.lstsq(design[there], series[there, pixel].astype(float), rcond=None)[0]
        np.testing.assert_allclose(found[:, pixel], expected, rtol=1e-6, atol=1e-4)


def test_few_dates_leave_out_the_terms_that_they_do_not_tell():
    days = np.array([0, 100, 100, 200], np.int32)
    series = np.array([[8], [4], [6], [7]], np.float32)
    valid = np.array([[0, 0, 1, 1], [0, 1, 1, 1], [0, 1, 0, 1], [0, 0, 0, 0]], bool)
    found = harmonics(np.repeat(series, 4, axis=1), valid, days, 0, 1)
    assert found[:, 0].tolist() == [0, 0, 0]  # never seen
    assert found[:, 1].tolist() == [5, 0, 0]  # one day: the mean of 4 and 6
    # Two days: the constant and the cosine go through both, the sine is left out.
    cosine = np.cos(2 * np.pi * 100 / YEAR)
    assert found[2, 2] == 0
    assert found[0, 2] + found[1, 2] == pytest.approx(8)
    assert found[0, 2] + found[1, 2] * cosine == pytest.approx(4)
    assert found[2, 3] == 0


def test_dates_close_together_do_not_blow_the_waves_up():
    days = np.array([0, 1, 2, 3, 4, 5], np.int32)
    series = np.array([[100], [130], [90], [120], [80], [110]], np.float32)
    assert np.abs(harmonics(series, np.ones((6, 1), bool), days, 0, 2)).max() < 1000
