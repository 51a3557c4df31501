import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iota_py.features.snow import SnowSeason, snow_season

LAYERS = ("scd", "smod", "sod", "nsp", "nobs", "season")


def layers(found: SnowSeason) -> list[list[int]]:
    """One row per pixel, in the order of LAYERS."""
    return np.stack([getattr(found, name) for name in LAYERS], axis=1).tolist()


def one(observed: dict[int, int], start: int = 0, stop: int = 364) -> list[int]:
    """Layers of one pixel, from day -> 1 for snow, 0 for none, 2 for not usable."""
    days = np.array(list(observed), np.int32)
    values = np.array([[state == 1] for state in observed.values()])
    valid = np.array([[state != 2] for state in observed.values()])
    return layers(snow_season(values, valid, days, start, stop))[0]


def by_day(observed: list[tuple[int, bool, bool]], start: int, stop: int) -> list[int]:
    """The rule of LIS on one pixel: linear filling of each day, at least one half is snow, then the layers from the daily series."""
    known: dict[int, bool] = {}
    for day, snow, usable in observed:
        if usable:
            known.setdefault(day, snow)
    if not known:
        return [0] * 6
    days = range(start, stop + 1)
    filled = np.interp(days, sorted(known), [float(known[day]) for day in sorted(known)])
    daily = [value >= 0.5 for value in filled]
    total = sum(daily)
    runs = [list(run) for snowy, run in itertools.groupby(range(len(daily)), key=lambda i: daily[i]) if snowy]
    longest = max(runs, key=len, default=[0])
    season = total > 10
    periods = sum(1 for run in runs if run[0] > 0)
    return [total, longest[-1] if season else 0, longest[0] if season else 0, periods, len(known), int(season)]


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        # no snow, snow from day 100, none from 200: from the middle of 90…100 to the middle of 190…200
        ({0: 0, 90: 0, 100: 1, 190: 1, 200: 0}, [101, 195, 95, 1, 5, 1]),
        # gaps of an odd number of days: nearer to the snow is snow
        ({95: 0, 100: 1, 195: 1, 200: 0}, [100, 197, 98, 1, 4, 1]),
        # snow before the first observation and after the last: constant ends; it begins with the year, so no period begins in it
        ({10: 1, 20: 0, 340: 0, 350: 1}, [16 + 20, 364, 345, 1, 4, 1]),
        # never without snow
        ({50: 1}, [365, 364, 0, 0, 1, 1]),
        # never snow, never observed
        ({50: 0, 100: 0}, [0, 0, 0, 0, 2, 0]),
        ({50: 2, 100: 2}, [0, 0, 0, 0, 0, 0]),
        # 10 days are no season, 11 are
        ({100: 0, 101: 1, 110: 1, 111: 0}, [10, 0, 0, 1, 4, 0]),
        ({100: 0, 101: 1, 111: 1, 112: 0}, [11, 111, 101, 1, 4, 1]),
        # a season of short periods: the longest is dated, of equals the first
        ({9: 0, 10: 1, 15: 1, 16: 0, 29: 0, 30: 1, 35: 1, 36: 0}, [12, 15, 10, 2, 8, 1]),
        ({9: 0, 10: 1, 15: 1, 16: 0, 29: 0, 30: 1, 36: 1, 37: 0}, [13, 36, 30, 2, 8, 1]),
        # clouds between two days of snow change nothing
        ({99: 0, 100: 1, 120: 2, 140: 1, 141: 0}, [41, 140, 100, 1, 4, 1]),
    ],
)
def test_by_hand(observed, expected):
    assert one(observed) == expected


def test_days_outside_the_year_speak_of_those_inside():
    # from the middle of -10…0 on, so from the first day to the middle of 0…5, then from the middle of 5…380 to the end: 3 and 172 days
    assert one({-10: 0, 0: 1, 5: 0, 380: 1}, 0, 364) == [3 + 172, 364, 193, 1, 4, 1]
    assert one({-20: 1, 40: 0}, 0, 364) == [11, 10, 0, 0, 2, 1]


def test_days_of_the_calendar():
    """The same year, counted from 1970: 1 September 2022 is day 19236."""
    assert one({19236 + 95: 0, 19236 + 100: 1, 19236 + 195: 1, 19236 + 200: 0}, 19236, 19236 + 364) == [100, 197, 98, 1, 4, 1]


def test_of_several_observations_of_a_day_the_first_usable_counts():
    days = np.array([100, 100, 100, 130, 130], np.int32)
    values = np.array([[0], [1], [0], [0], [1]])
    valid = np.array([[0], [1], [1], [1], [1]])
    assert layers(snow_season(values, valid, days, 100, 140)) == [[16, 15, 0, 0, 2, 1]]


def test_a_full_daily_series_is_counted_as_it_is():
    rng = np.random.default_rng(7)
    daily = np.repeat(rng.random((73, 40)) < 0.5, 5, axis=0)
    found = snow_season(daily, np.ones_like(daily), np.arange(365, dtype=np.int32), 0, 364)
    assert found.scd.tolist() == daily.sum(axis=0).tolist()
    assert found.nsp.tolist() == (np.diff(daily.astype(int), axis=0) > 0).sum(axis=0).tolist()
    assert found.nobs.tolist() == [365] * 40
    assert found.season.all()
    for pixel in range(40):
        first, final = int(found.sod[pixel]), int(found.smod[pixel])
        assert daily[first : final + 1, pixel].all()
        runs = [len(list(run)) for snowy, run in itertools.groupby(daily[:, pixel]) if snowy]
        assert final - first + 1 == max(runs)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(-15, 75), st.booleans(), st.booleans()), max_size=14), st.integers(0, 5), st.integers(20, 60))
def test_the_rule_of_lis_day_by_day(observed, start, stop):
    observed = sorted(observed, key=lambda entry: entry[0])
    days = np.array([day for day, _, _ in observed], np.int32)
    values = np.array([snow for _, snow, _ in observed], np.int16).reshape(-1, 1)
    valid = np.array([usable for _, _, usable in observed], np.uint8).reshape(-1, 1)
    assert layers(snow_season(values, valid, days, start, stop)) == [by_day(observed, start, stop)]


def test_pixels_do_not_touch_each_other():
    rng = np.random.default_rng(1)
    values, valid = rng.integers(0, 2, (30, 50)), rng.random((30, 50)) < 0.6
    days = np.sort(rng.choice(365, 30, replace=False)).astype(np.int32)
    whole = layers(snow_season(values, valid, days, 0, 364))
    assert whole == [layers(snow_season(values[:, [i]], valid[:, [i]], days, 0, 364))[0] for i in range(50)]


def test_layers_are_of_sixteen_bits_even_without_any_date():
    found = snow_season(np.zeros((0, 3), np.int16), np.zeros((0, 3), bool), np.zeros(0, np.int32), 0, 364)
    assert layers(found) == [[0] * 6] * 3
    assert {getattr(found, name).dtype for name in LAYERS} == {np.dtype(np.int16)}


@pytest.mark.parametrize(
    ("shape", "days", "year", "text"),
    [((2, 3), [5, 4], (0, 9), "ascending days"), ((2, 3), [1, 2, 3], (0, 9), "ascending days"), ((2, 3), [4, 5], (9, 0), "a first day")],
)
def test_what_is_no_series(shape, days, year, text):
    with pytest.raises(ValueError, match=text):
        snow_season(np.zeros(shape), np.ones(shape), np.array(days, np.int32), *year)
