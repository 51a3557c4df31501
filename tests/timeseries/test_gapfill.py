"""Filling: cases worked out by hand, then properties that hold for every series, for the reference and the kernel alike."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from iota_py.timeseries.gapfill import fill_chunk, fill_linear, fill_window, rounded, valid_count

FILLS = pytest.mark.parametrize("fill", [fill_linear, fill_window], ids=["reference", "kernel"])
PROPERTY = settings(max_examples=60, deadline=None, derandomize=True)


def one_pixel(fill, observations, targets):
    """Filled values of a single pixel and band; observations: (day, value, valid)."""
    days, values, valid = zip(*observations) if observations else ((), (), ())
    filled = fill(
        np.array(values, np.int16).reshape(-1, 1, 1),
        np.array(valid, np.uint8).reshape(-1, 1),
        np.array(days, np.int32),
        np.array(targets, np.int32),
    )
    assert filled.dtype == np.float32
    return filled[:, 0, 0].tolist()


@FILLS
def test_between_two_observations_the_value_is_linear_in_days(fill):
    assert one_pixel(fill, [(100, 1000, 1), (110, 2000, 1)], [100, 101, 105, 110]) == [1000, 1100, 1500, 2000]


@FILLS
def test_dates_are_weighed_in_days_not_in_rank(fill):
    assert one_pixel(fill, [(0, 0, 1), (4, 999, 0), (100, 1000, 1)], [4, 25]) == [40, 250]


@FILLS
def test_an_invalid_observation_is_replaced_on_its_own_day(fill):
    assert one_pixel(fill, [(0, 100, 1), (10, 9999, 0), (20, 300, 1)], [10]) == [200]


@FILLS
def test_ends_are_constant(fill):
    observations = [(0, -5, 0), (10, 100, 1), (20, 300, 1), (30, 7, 0)]
    assert one_pixel(fill, observations, [-50, 0, 5, 25, 30, 500]) == [100, 100, 100, 300, 300, 300]


@FILLS
def test_one_valid_observation_is_the_value_of_every_day(fill):
    assert one_pixel(fill, [(0, 1, 0), (10, -42, 1), (20, 3, 0)], [-5, 0, 10, 11, 99]) == [-42] * 5


@FILLS
def test_no_valid_observation_gives_zero(fill):
    assert one_pixel(fill, [(0, 1234, 0), (10, -32768, 0)], [-5, 0, 5, 10, 15]) == [0] * 5


@FILLS
def test_no_observation_at_all_gives_zero(fill):
    assert one_pixel(fill, [], [0, 10]) == [0, 0]


@FILLS
def test_no_target_gives_an_empty_array(fill):
    assert fill(np.ones((2, 3, 4), np.int16), np.ones((2, 4), bool), np.array([0, 1], np.int32), np.array([], np.int32)).shape == (0, 3, 4)


@FILLS
def test_on_a_day_with_several_observations_the_first_valid_one_is_the_value(fill):
    assert one_pixel(fill, [(0, 5, 0), (0, 10, 1), (0, 30, 1)], [0]) == [10]


@FILLS
def test_around_a_day_with_several_observations_the_nearest_in_order_counts(fill):
    # Before day 10 the first of day 10 is the nearest (10); after it the last valid one is (30).
    observations = [(0, 0, 1), (10, 10, 1), (10, 30, 1), (10, 77, 0), (20, 50, 1)]
    assert one_pixel(fill, observations, [5, 10, 15]) == [5, 10, 40]


@FILLS
def test_days_that_repeat_at_the_ends(fill):
    observations = [(10, 1, 1), (10, 2, 1), (20, 3, 1), (20, 4, 1)]
    assert one_pixel(fill, observations, [5, 25]) == [1, 4]


@FILLS
def test_extremes_of_int16_do_not_overflow(fill):
    assert one_pixel(fill, [(0, -32768, 1), (65535, 32767, 1)], [0, 1, 65534, 65535]) == [-32768, -32767, 32766, 32767]


@FILLS
def test_targets_may_come_in_any_order_and_repeat(fill):
    assert one_pixel(fill, [(0, 0, 1), (10, 100, 1)], [10, 5, 5, 0]) == [100, 50, 50, 0]


@FILLS
def test_each_pixel_has_its_own_mask_shared_by_its_bands(fill):
    values = np.array([[[0, 0], [1, 1]], [[10, 10], [11, 11]], [[30, 30], [31, 31]]], np.int16)  # (date, band, pixel)
    valid = np.array([[1, 1], [1, 0], [1, 1]], bool)
    filled = fill(values, valid, np.array([0, 10, 20], np.int32), np.array([10], np.int32))
    assert filled.tolist() == [[[10, 15], [11, 16]]]


@FILLS
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"values": np.zeros((2, 3, 4), np.float32)}, "int16 values"),
        ({"values": np.zeros((2, 4), np.int16)}, "int16 values"),
        ({"valid": np.ones((2, 5), bool)}, "bool or uint8 valid"),
        ({"valid": np.ones((2, 4), np.int32)}, "bool or uint8 valid"),
        ({"days": np.array([5, 4], np.int32)}, "ascending days"),
        ({"days": np.array([5], np.int32)}, "2 ascending days"),
    ],
)
def test_a_series_that_does_not_hold_together_is_refused(fill, changes, message):
    series = {"values": np.zeros((2, 3, 4), np.int16), "valid": np.ones((2, 4), bool), "days": np.array([4, 5], np.int32)} | changes
    with pytest.raises(ValueError, match=message):
        fill(**series, targets=np.array([4], np.int32))


@st.composite
def series(draw, repeats=True, fewest=0):
    """values, valid, days of a random series of few pixels."""
    count = draw(st.integers(fewest, 9))
    shape = (count, draw(st.integers(1, 3)), draw(st.integers(1, 7)))
    values = draw(hnp.arrays(np.int16, shape))
    valid = draw(hnp.arrays(np.uint8, (count, shape[2]), elements=st.sampled_from([0, 1, 255])))
    days = sorted(draw(st.lists(st.integers(17000, 17400), min_size=count, max_size=count, unique=not repeats)))
    return values, valid, np.array(days, np.int32)


TARGETS = st.lists(st.integers(16950, 17450), max_size=12).map(lambda days: np.array(days, np.int32))


def by_definition(values, valid, days, target):
    """The rule read aloud, for one pixel of one band, in exact arithmetic up to the last division."""
    usable = [(int(day), int(value)) for day, value, ok in zip(days, values, valid) if ok]
    on, before, after = ([u for u in usable if test(u[0])] for test in (target.__eq__, target.__gt__, target.__lt__))
    if on:
        return on[0][1]
    if before and after:
        (start, first), (end, last) = before[-1], after[0]
        return first + (last - first) * (int(target) - start) / (end - start)
    return before[-1][1] if before else after[0][1] if after else 0


@PROPERTY
@given(series(), TARGETS)
def test_both_follow_the_definition(data, targets):
    values, valid, days = data
    expected = np.empty((len(targets), *values.shape[1:]))
    for (t, band, pixel), _ in np.ndenumerate(expected):
        expected[t, band, pixel] = by_definition(values[:, band, pixel], valid[:, pixel], days, int(targets[t]))
    np.testing.assert_allclose(fill_linear(values, valid, days, targets), expected, rtol=0, atol=0.01)
    np.testing.assert_allclose(fill_window(values, valid, days, targets), expected, rtol=0, atol=0.01)


@PROPERTY
@given(series(), TARGETS, st.integers(1, 9))
def test_kernel_and_reference_give_the_same_bits_whatever_the_chunk(data, targets, lanes):
    filled = fill_window(*data, targets, lanes)
    assert filled.tobytes() == fill_linear(*data, targets).tobytes()


@FILLS
@PROPERTY
@given(data=series(repeats=False))
def test_a_fully_valid_series_at_its_own_dates_is_unchanged(fill, data):
    values, valid, days = data
    assert np.array_equal(fill(values, np.ones_like(valid), days, days), values)


@FILLS
@PROPERTY
@given(data=series(fewest=1), targets=TARGETS)
def test_the_result_stays_between_the_extremes_of_the_valid_values(fill, data, targets):
    values, valid, days = data
    usable = np.broadcast_to(valid[:, None] != 0, values.shape)
    lowest = np.where(usable, values, 32767).min(axis=0)
    highest = np.where(usable, values, -32768).max(axis=0)
    seen = usable.any(axis=0)
    filled = fill(values, valid, days, targets)
    assert ((filled >= lowest) & (filled <= highest) | ~seen).all()
    assert (filled[:, ~seen] == 0).all()


@FILLS
@PROPERTY
@given(data=series(), targets=TARGETS)
def test_a_series_that_never_falls_is_filled_by_one_that_never_falls(fill, data, targets):
    values, valid, days = data
    filled = fill(np.sort(values, axis=0), valid, days, np.sort(targets))
    assert (np.diff(filled, axis=0) >= 0).all()


@FILLS
@PROPERTY
@given(data=series(), targets=TARGETS)
def test_what_lies_under_the_mask_has_no_influence(fill, data, targets):
    values, valid, days = data
    masked = np.where(valid[:, None] != 0, values, np.int16(12345))
    assert np.array_equal(fill(masked, valid, days, targets), fill(values, valid, days, targets))


@FILLS
def test_a_year_agrees_with_numpy_interp(fill):
    rng = np.random.default_rng(7)
    days = np.sort(rng.choice(365, 35, replace=False)).astype(np.int32) + 17532
    targets = np.arange(17532, 17897, 10, dtype=np.int32)
    values = rng.integers(-2000, 16000, (35, 4, 300), dtype=np.int16)
    valid = rng.random((35, 300)) > 0.36
    filled = rounded(fill(values, valid, days, targets))
    for pixel in range(300):
        ok = valid[:, pixel]
        for band in range(4):
            expected = np.interp(targets, days[ok], values[ok, band, pixel])
            assert np.abs(filled[:, band, pixel] - expected).max() <= 0.51


def test_a_chunk_writes_its_own_lanes_only():
    values = np.arange(2 * 1 * 6, dtype=np.int16).reshape(2, 1, 6)
    out = np.full((1, 1, 4), -7, np.float32)
    fill_chunk(values, np.ones((2, 6), np.bool_), np.array([0, 10], np.int32), np.array([5], np.int32), 4, 6, out)
    assert out.ravel().tolist() == [7, 8, -7, -7]


def test_a_mask_of_bytes_and_one_of_booleans_mean_the_same():
    values = np.arange(12, dtype=np.int16).reshape(3, 1, 4)
    valid = np.array([[1, 0, 255, 1], [0, 2, 0, 1], [1, 1, 0, 1]], np.uint8)
    days, targets = np.array([0, 5, 10], np.int32), np.array([3, 5], np.int32)
    for fill in (fill_linear, fill_window):
        assert np.array_equal(fill(values, valid, days, targets), fill(values, valid != 0, days, targets))


def test_a_strided_window_is_read_right():
    values = np.arange(3 * 2 * 10, dtype=np.int16).reshape(3, 2, 10)[:, :, 1::2]
    valid = (np.arange(30).reshape(3, 10) % 4 != 0)[:, 1::2]
    days, targets = np.array([0, 5, 10], np.int32), np.array([1, 9], np.int32)
    assert np.array_equal(fill_window(values, valid, days, targets), fill_linear(values, valid, days, targets))


def test_halves_round_to_even_and_the_rest_is_clipped():
    found = rounded(np.array([-40000, -32768.4, -1.5, -0.5, 0.4999, 0.5, 1.5, 2.5, 32766.5, 32767.4, 1e9], np.float32))
    assert found.dtype == np.int16
    assert found.tolist() == [-32768, -32768, -2, 0, 0, 0, 2, 2, 32766, 32767, 32767]


def test_valid_observations_are_counted_up_to_255():
    valid = np.zeros((300, 4), np.uint8)
    valid[:3, 1], valid[:255, 2], valid[:, 3] = 255, 1, 1
    counts = valid_count(valid)
    assert counts.dtype == np.uint8
    assert counts.tolist() == [0, 3, 255, 255]
    assert valid_count(valid != 0).tolist() == counts.tolist()
