"""Season by the midpoint method, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from iota_py.features.phenology import Season, season

DAYS = np.arange(1000, 1070, 10, dtype=np.int32)
NDVI = Season("NDVI", 0.5, 100)


def flagged(values, wanted=NDVI, days=DAYS):
    return season(np.array(values, np.float32)[:, None], days, wanted).ravel().tolist()


def test_a_season_by_hand():
    # Level 500: up through it between 400 (day 10) and 800 (day 20), a quarter of the way; down half way from 700 to 300, days 40 to 50.
    assert flagged([200, 400, 800, 750, 700, 300, 200]) == [1, 12.5, 20, 45, 32.5]


def test_another_threshold():
    # A fifth of 600 above 200 is 320: 3/5 of the way from day 0 to 10, and 19/20 of that from day 40 to 50.
    assert flagged([200, 400, 800, 750, 700, 300, 200], Season("NDVI", 0.2, 100)) == pytest.approx([1, 6, 20, 49.5, 43.5])


def test_a_dip_below_the_level_parts_seasons_and_that_of_the_peak_is_meant():
    assert flagged([0, 600, 0, 1000, 0, 600, 0]) == [1, 25, 30, 35, 10]


def test_a_dip_above_the_level_does_not():
    assert flagged([0, 600, 500, 1000, 600, 700, 0]) == pytest.approx([1, 10 * 500 / 600, 30, 50 + 10 * 200 / 700, 44.523809523])


def test_the_first_of_two_equal_peaks():
    assert flagged([0, 1000, 0, 0, 1000, 0, 0]) == [1, 5, 10, 15, 10]


def test_a_season_that_the_dates_cut_is_flagged():
    assert flagged([900, 1000, 800, 400, 0, 0, 0]) == [1 + 2, 0, 10, 27.5, 27.5]
    assert flagged([0, 0, 0, 0, 400, 900, 1000]) == [1 + 4, 42, 60, 60, 18]
    assert flagged([600, 1000, 600, 600, 600, 600, 0])[0] == 1 + 2
    assert flagged([400, 1000, 400, 0, 0, 0, 0]) == pytest.approx([1, 10 / 6, 10, 10 + 50 / 6, 10 + 40 / 6])


@pytest.mark.parametrize("values", [[500] * 7, [500, 500, 599, 500, 500, 500, 500], [0] * 7])
def test_without_a_season_all_is_zero(values):
    assert flagged(values) == [0] * 5


def test_a_flat_series_has_no_season_whatever_the_least_amplitude():
    assert flagged([500] * 7, Season("NDVI", 0.5, 0)) == [0] * 5
    assert flagged([500, 500, 501, 500, 500, 500, 500], Season("NDVI", 0.5, 0)) == [1, 15, 20, 25, 10]


def test_days_need_not_be_even():
    assert flagged([0, 1000, 0], days=np.array([0, 100, 110], np.int32)) == [1, 50, 100, 105, 55]


def test_one_target_is_no_season():
    assert flagged([700], days=np.array([3], np.int32)) == [0] * 5


def test_pixels_are_computed_alone():
    series = np.random.default_rng(0).normal(300, 300, (7, 100)).astype(np.float32)
    whole = season(series, DAYS, NDVI)
    assert np.array_equal(whole[:, 40:41], season(series[:, 40:41], DAYS, NDVI))
