"""Akima against scipy, values worked out by hand, and what holds for every method."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import Akima1DInterpolator

from iota_py.timeseries import fills
from iota_py.timeseries.fills import METHODS, Fill, fill, fill_akima, first_of_day
from iota_py.timeseries.gapfill import fill_linear

PROPERTY = settings(max_examples=12, deadline=None, derandomize=True)
TARGETS = np.arange(0, 101, 10, dtype=np.int32)


def series(pixels, dates=14, bands=2, seed=0, share=0.6, distinct=False):
    rng = np.random.default_rng(seed)
    days = np.sort(rng.choice(np.arange(-10, 111), dates, replace=not distinct)).astype(np.int32)
    values = rng.integers(-500, 9000, (dates, bands, pixels)).astype(np.int16)
    return values, (rng.random((dates, pixels)) < share).astype(np.uint8), days, rng.random(dates)


def one(values, valid=None, days=None):
    """One band, one pixel."""
    values = np.array(values, np.int16).reshape(-1, 1, 1)
    valid = np.ones(len(values), np.uint8) if valid is None else np.array(valid, np.uint8)
    return values, valid.reshape(-1, 1), np.array(days if days is not None else range(0, 10 * len(values), 10), np.int32)


@pytest.mark.parametrize("seed", range(8))
def test_akima_is_that_of_scipy(seed):
    values, valid, days, _ = series(40, seed=seed, distinct=True)
    found = fill_akima(values, valid, days, TARGETS)
    checked = 0
    for pixel, band in itertools.product(range(40), range(2)):
        there = valid[:, pixel] != 0
        if there.sum() < 3:
            continue
        reference = Akima1DInterpolator(days[there].astype(float), values[there, band, pixel].astype(float))
        at = np.clip(TARGETS, days[there][0], days[there][-1])
        np.testing.assert_allclose(found[:, band, pixel], reference(at), rtol=1e-6, atol=1e-3)
        checked += 1
    assert checked > 60


def test_akima_by_hand():
    """Slopes between knots 0, 0, 10, 10: knot 10 leans to the flat side before it, knot 20 to the one after, both with equal weights."""
    values, valid, days = one([0, 0, 100, 100])
    # Two slopes more on each side: -10, -20 … before (2·0 - 10, …), so |changes| at day 10 are 10 after and 10 before: slope (0 + 10) / 2.
    # On 10…20: s0 = s1 = 5, mean 10; at the middle the cubic of a symmetric rise is at the mean of the ends.
    assert fill_akima(values, valid, days, np.array([15], np.int32)).item() == 50
    # t = 2: 5 t + (3·10 - 15)/10 t² + (10 - 20)/100 t³ = 10 + 6 - 0.8.
    early = fill_akima(values, valid, days, np.array([12], np.int32)).item()
    assert early == pytest.approx(5 * 2 + 1.5 * 4 - 0.1 * 8)


def test_a_step_does_not_swing():
    """The point of Akima: a spline would overshoot around a step; here the flat sides stay flat."""
    values, valid, days = one([10, 10, 10, 90, 90, 90])
    found = fill_akima(values, valid, days, np.arange(51, dtype=np.int32)).ravel()
    assert (found[:21] == 10).all()
    assert (found[30:] == 90).all()
    assert found[20:31].tolist() == sorted(found[20:31].tolist())


def test_two_valid_days_make_a_line_one_a_constant_none_a_zero():
    values, _, days = one([100, 200, 300, 900])
    targets = np.array([-5, 0, 10, 20, 30, 99], np.int32)
    assert fill_akima(values, np.array([[1], [0], [1], [0]], np.uint8), days, targets).ravel().tolist() == [100, 100, 200, 300, 300, 300]
    assert fill_akima(values, np.array([[0], [1], [0], [0]], np.uint8), days, targets).ravel().tolist() == [200] * 6
    assert fill_akima(values, np.zeros((4, 1), np.uint8), days, targets).ravel().tolist() == [0] * 6


def test_of_several_observations_of_a_day_the_first_valid_one_counts():
    values, valid, days = one([1, 2, 3, 4, 5], [0, 1, 1, 0, 0], [7, 7, 7, 9, 9])
    kept, there, unique = first_of_day(values, valid, days)
    assert kept.ravel().tolist() == [2, 4]
    assert there.ravel().tolist() == [True, False]
    assert unique.tolist() == [7, 9]
    assert fill_akima(values, valid, days, np.array([7], np.int32)).item() == 2


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("dates", "share"), [(14, 0.6), (40, 0.9), (9, 0.15), (2, 1.0), (1, 1.0)])
def test_compiled_and_not_the_bits_are_the_same(monkeypatch, method, dates, share):
    found = []
    for compiled in (True, False):
        monkeypatch.setattr(fills, "COMPILED", compiled)
        values, valid, days, clouds = series(100, dates=dates, seed=dates, share=share)
        found.append(fill(values, valid, days, TARGETS, Fill(method), clouds))
    assert found[0].tobytes() == found[1].tobytes()


@pytest.mark.parametrize("method", METHODS)
@PROPERTY
@given(pixels=st.integers(1, 60), cuts=st.lists(st.integers(1, 59), max_size=3), seed=st.integers(0, 9))
def test_parts_are_the_whole_to_the_bit(method, pixels, cuts, seed):
    values, valid, days, clouds = series(pixels, seed=seed)
    how = Fill(method)
    whole = fill(values, valid, days, TARGETS, how, clouds)
    edges = sorted({0, pixels, *(c for c in cuts if c < pixels)})
    parts = [
        fill(np.ascontiguousarray(values[..., a:b]), np.ascontiguousarray(valid[:, a:b]), days, TARGETS, how, clouds)
        for a, b in itertools.pairwise(edges)
    ]
    assert np.concatenate(parts, axis=2).tobytes() == whole.tobytes()


@pytest.mark.parametrize("method", METHODS)
def test_pixels_never_seen_are_zero_and_constant_series_stay_so(method):
    values, valid, days, clouds = series(30, share=0.4)
    values[..., :10] = 1234
    valid[:, 20:] = 0
    found = fill(values, valid, days, TARGETS, Fill(method), clouds)
    assert found.shape == (len(TARGETS), 2, 30)
    assert found.dtype == np.float32
    assert not found[..., 20:].any()
    assert np.isfinite(found).all()
    seen = [p for p in range(10) if _used(method, valid[:, p], days)]
    assert seen
    np.testing.assert_allclose(found[..., seen], 1234, rtol=1e-6)


def _used(method, valid, days):
    """Whether a pixel has a valid observation that the method looks at: composites know none outside their periods."""
    inside = (days >= TARGETS[0]) & (days < TARGETS[-1] + 10)
    return (valid[inside] if method in ("median", "least-cloud") else valid).any()


@pytest.mark.parametrize("method", ["akima", "median", "least-cloud"])
def test_a_full_series_at_its_own_days_comes_back(method):
    values, _, _, _ = series(20, dates=8)
    days = np.arange(0, 80, 10, dtype=np.int32)
    found = fill(values, np.ones((8, 20), np.uint8), days, days, Fill(method), np.zeros(8))
    assert np.array_equal(found, values)


def test_linear_is_the_linear_fill():
    values, valid, days, _ = series(50)
    assert fill(values, valid, days, TARGETS, Fill()).tobytes() == fill_linear(values, valid, days, TARGETS).tobytes()


@pytest.mark.parametrize("method", METHODS)
def test_a_flat_or_a_straight_series_is_the_same_compiled(monkeypatch, method):
    """Where slopes are equal Akima has a rule of its own."""
    days = np.arange(0, 100, 10, dtype=np.int32)
    values = np.stack([np.full(10, 7), 3 * days, np.where(days < 50, 0, 90)], axis=1).astype(np.int16)[:, None, :].copy()
    found = []
    for compiled in (True, False):
        monkeypatch.setattr(fills, "COMPILED", compiled)
        found.append(fill(values, np.ones((10, 3), np.uint8), days, np.arange(0, 91, 3, dtype=np.int32), Fill(method), np.zeros(10)))
    assert found[0].tobytes() == found[1].tobytes()


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match="fill spline: expected one of linear, akima"):
        fill(*series(1)[:3], TARGETS, Fill("spline"))


@pytest.mark.parametrize("method", METHODS)
def test_no_observation_at_all_is_zero(method):
    empty = np.zeros((0, 2, 3), np.int16), np.zeros((0, 3), np.uint8), np.zeros(0, np.int32)
    assert not fill(*empty, TARGETS, Fill(method), np.zeros(0)).any()
