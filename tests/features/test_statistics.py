"""Statistics of a series, by hand and against numpy."""

from __future__ import annotations

import numpy as np
import pytest

from iota_py.features.statistics import Statistics, statistics

ALL = Statistics(("ndvi",), (0, 10, 50, 90, 100), amplitude=True, mean=True, deviation=True, extremes=True)
DAYS = np.array([100, 110, 120, 130, 140], np.int32)


def test_by_hand():
    series = np.array([[100], [500], [300], [900], [200]], np.float32)
    found = dict(zip(ALL.words, statistics(series, DAYS, ALL).ravel().tolist(), strict=True))
    # Sorted 100 200 300 500 900: rank 0.4 is 140, rank 3.6 is 740; mean 400; squares 9 1 1 25 4 × 10⁴, mean 8 × 10⁴.
    assert found["p0"] == found["p100"] - found["amplitude"] == 100
    assert found["p10"] == pytest.approx(140)
    assert found["p50"] == 300
    assert found["p90"] == pytest.approx(740)
    assert (found["amplitude"], found["mean"]) == (800, 400)
    assert found["deviation"] == pytest.approx(80000**0.5)
    assert (found["min_day"], found["max_day"]) == (0, 30)


def test_days_are_those_of_the_first_extreme():
    series = np.array([[5, 1], [1, 5], [1, 5], [5, 1], [3, 3]], np.float32)
    found = statistics(series, DAYS, Statistics(("x",), extremes=True))
    assert found.tolist() == [[10, 0], [0, 10]]


def test_percentiles_are_those_of_numpy():
    series = np.random.default_rng(0).normal(0, 1000, (37, 200)).astype(np.float32)
    qs = tuple(range(0, 101, 7))
    expected = np.percentile(series.astype(np.float64), qs, axis=0)
    np.testing.assert_allclose(statistics(series, np.arange(37, dtype=np.int32), Statistics(("x",), qs)), expected, rtol=1e-9, atol=1e-9)


def test_mean_and_deviation_are_those_of_numpy():
    series = np.random.default_rng(0).normal(300, 1000, (20, 50)).astype(np.float32)
    found = statistics(series, np.arange(20, dtype=np.int32), Statistics(("x",), mean=True, deviation=True))
    np.testing.assert_allclose(found, [series.astype(float).mean(axis=0), series.astype(float).std(axis=0)], rtol=1e-12)


def test_one_target_is_its_own_statistics():
    found = statistics(np.array([[7, 9]], np.float32), np.array([5], np.int32), ALL)
    assert found[:5].tolist() == [[7, 9]] * 5
    assert found[5:].tolist() == [[0, 0], [7, 9], [0, 0], [0, 0], [0, 0]]
