"""Composites of periods, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from iota_py.timeseries.composites import least_cloud, median, periods
from iota_py.timeseries.fills import Fill, fill

TARGETS = np.array([0, 10, 20], np.int32)
DAYS = np.array([-1, 0, 3, 9, 12, 29, 30], np.int32)
VALUES = np.array([900, 10, 40, 20, 70, 81, 900], np.int16)


def arrays(valid):
    bands = np.stack([VALUES, -VALUES], axis=1)[:, :, None]
    return np.ascontiguousarray(bands), np.array(valid, np.uint8).reshape(-1, 1), DAYS


def test_a_period_runs_to_the_next_target_and_the_last_is_as_long_as_the_one_before():
    assert periods(DAYS, TARGETS) == [slice(1, 4), slice(4, 5), slice(5, 6)]
    assert periods(DAYS, np.array([3], np.int32)) == [slice(2, 7)]


def test_the_median_of_each_period():
    stored, found = median(*arrays([1] * 7), TARGETS)
    assert stored[:, 0, 0].tolist() == [20, 70, 81]
    assert stored[:, 1, 0].tolist() == [-20, -70, -81]
    assert found.all()


def test_the_median_of_two_is_their_mean_with_halves_to_even():
    stored, _ = median(*arrays([1, 1, 0, 1, 1, 1, 1]), TARGETS)
    assert stored[0, :, 0].tolist() == [15, -15]
    values = np.array([1, 2, 3, 4], np.int16).reshape(4, 1, 1)
    halves, _ = median(values, np.ones((4, 1), np.uint8), np.array([0, 1, 10, 11], np.int32), np.array([0, 10], np.int32))
    assert halves.ravel().tolist() == [2, 4]  # 1.5 and 3.5


def test_an_empty_period_is_filled_from_its_neighbours():
    arguments = arrays([1, 1, 1, 1, 0, 1, 1])
    stored, found = median(*arguments, TARGETS)
    assert found.ravel().tolist() == [True, False, True]
    assert fill(*arguments, TARGETS, Fill("median"))[:, 0, 0].tolist() == [20, 50.5, 81]
    assert stored[1].tolist() == [[0], [0]]


def test_the_least_cloudy_acquisition_is_taken_where_it_is_usable():
    clouds = np.array([0, 0.5, 0.1, 0.1, np.nan, 0.9, 0])
    stored, found = least_cloud(*arrays([1] * 7), TARGETS, clouds)
    assert stored[:, 0, 0].tolist() == [40, 70, 81]  # of equal shares the earlier; an unknown share when there is nothing else
    stored, _ = least_cloud(*arrays([1, 1, 0, 0, 1, 1, 1]), TARGETS, clouds)
    assert stored[0, :, 0].tolist() == [10, -10]
    stored, found = least_cloud(*arrays([1, 0, 0, 0, 1, 1, 1]), TARGETS, clouds)
    assert not found[0, 0]


def test_an_unknown_share_comes_last():
    clouds = np.array([0, np.nan, 1.0, np.nan, 0, 0, 0])
    stored, _ = least_cloud(*arrays([1] * 7), TARGETS, clouds)
    assert stored[0, 0, 0] == 40


@pytest.mark.parametrize("clouds", [None, np.zeros(3)])
def test_least_cloud_needs_a_share_for_each_acquisition(clouds):
    with pytest.raises(ValueError, match="cloud share of 7 acquisitions"):
        least_cloud(*arrays([1] * 7), TARGETS, clouds)
