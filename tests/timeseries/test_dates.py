"""Date grids worked out by hand."""

from __future__ import annotations

import doctest
from datetime import date

import numpy as np
import pytest

from iota_py.timeseries import dates
from iota_py.timeseries.dates import automatic_grid, days, regular_grid


def test_the_end_is_not_appended():
    assert regular_grid(date(2018, 1, 1), date(2018, 1, 30), 10) == (date(2018, 1, 1), date(2018, 1, 11), date(2018, 1, 21))


def test_the_end_is_kept_when_a_step_falls_on_it():
    assert regular_grid(date(2018, 1, 1), date(2018, 1, 21), 10)[-1] == date(2018, 1, 21)


def test_one_day_gives_one_date():
    assert regular_grid(date(2020, 2, 29), date(2020, 2, 29), 16) == (date(2020, 2, 29),)


def test_a_year_in_steps_of_ten_days_has_37_dates():
    grid = regular_grid(date(2018, 1, 1), date(2018, 12, 31), 10)
    assert len(grid) == 37
    assert grid[-1] == date(2018, 12, 27)


def test_a_leap_day_counts():
    assert regular_grid(date(2020, 2, 20), date(2020, 3, 1), 10) == (date(2020, 2, 20), date(2020, 3, 1))


@pytest.mark.parametrize("step", [0, -10])
def test_a_step_below_one_is_refused(step):
    with pytest.raises(ValueError, match=f"at least 1 day, found {step}"):
        regular_grid(date(2018, 1, 1), date(2018, 2, 1), step)


def test_a_start_after_the_end_is_refused():
    with pytest.raises(ValueError, match="2018-02-02 > 2018-02-01"):
        regular_grid(date(2018, 2, 2), date(2018, 2, 1), 10)


def test_the_automatic_grid_spans_all_the_tiles():
    by_tile = {"31TCJ": [date(2018, 1, 20), date(2018, 1, 5)], "31TDJ": [date(2018, 1, 3), date(2018, 1, 14)], "31TEJ": []}
    assert automatic_grid(by_tile, 8) == (date(2018, 1, 3), date(2018, 1, 11), date(2018, 1, 19))


def test_the_automatic_grid_needs_a_date():
    with pytest.raises(ValueError, match="over 1 tiles, found none"):
        automatic_grid({"31TCJ": []}, 10)


def test_days_count_from_1970():
    found = days([date(1969, 12, 31), date(1970, 1, 1), date(2000, 3, 1)])
    assert found.dtype == np.int32
    assert found.tolist() == [-1, 0, 11017]


def test_no_date_gives_an_empty_array():
    assert days([]).shape == (0,)


def test_examples_of_the_documentation():
    assert doctest.testmod(dates).failed == 0
    assert doctest.testmod(dates).attempted == 2
