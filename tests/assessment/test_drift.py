"""Drift of features: indices worked out by hand, verdicts at their limits, and what makes no drift."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from iota_py.assessment.drift import FEWEST, compare, judge, stability_index, worst_cells, worst_verdict
from iota_py.profile import MISSING, profile_of

HUNDRED = np.arange(1, 101, dtype=np.int16)[:, None]


def test_stability_index_by_hand() -> None:
    """Counts 49, 49 and 24, 74: with half a value in each bin the shares are 49.5/99 = 1/2 twice, and 24.5/99, 74.5/99."""
    low, high = 24.5 / 99, 74.5 / 99
    expected = (low - 0.5) * math.log(low / 0.5) + (high - 0.5) * math.log(high / 0.5)
    assert stability_index(np.array([49, 49]), np.array([24, 74])) == pytest.approx(expected)
    assert expected == pytest.approx(0.28084, abs=1e-5)


def test_stability_index_of_large_counts_is_that_of_the_shares() -> None:
    """Shares 0.5, 0.5 against 0.25, 0.75: (0.25 - 0.5) ln 0.5 + (0.75 - 0.5) ln 1.5 = 0.25 (0.693147 + 0.405465) = 0.274653."""
    found = stability_index(np.array([5e8, 5e8]), np.array([2.5e8, 7.5e8]))
    assert found == pytest.approx(0.274653, abs=1e-6)


def test_an_empty_bin_has_a_finite_index() -> None:
    """Counts 10, 0 and 0, 10: shares 10.5/11 and 0.5/11, crossed: 2 (10/11) ln 21."""
    assert stability_index(np.array([10, 0]), np.array([0, 10])) == pytest.approx(2 * 10 / 11 * math.log(21))


@pytest.mark.parametrize(
    ("then", "now", "text"),
    [([1, 2], [1, 2, 3], "same bins"), ([0, 0], [1, 2], "at least one value")],
)
def test_counts_that_cannot_be_compared(then: list[int], now: list[int], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        stability_index(np.array(then), np.array(now))


def test_a_shifted_feature_by_hand() -> None:
    """Values 1 to 100, then all 50 higher. Deciles 10, 20, … 90: of the values 51 to 150, 9 are up to 60 … and 60 above 90.

    The counts of the first year are ten in each of the ten bins; of the other none in the first five, ten in each of 51–60, …, 81–90 and 60
    above 90. Interquartile range of 1 to 100: 75 - 25 = 50, medians 50 and 100, so a shift of 1. KS: at 50, half against none.
    """
    found = compare(profile_of(HUNDRED, ("a",)), None, HUNDRED + np.int16(50)).iloc[0]
    assert found.psi == pytest.approx(stability_index(np.full(10, 10.0), np.array([0] * 5 + [10] * 4 + [60])))
    assert found.ks == pytest.approx(0.5)
    assert found["shift"] == pytest.approx(1.0)
    assert found.outside == pytest.approx(0.51)  # above 99: 100 to 150
    assert found.outside_then == pytest.approx(0.01)  # the value 100


def test_values_outside_the_samples_then_and_now() -> None:
    """Samples 1 to 100, usual from 1 to 99. The land of the first year: half of it at 150; of the other year: three quarters."""
    samples = profile_of(HUNDRED, ("a",))
    land = np.array([50] * 10 + [150] * 10, np.int16)[:, None]
    now = np.array([50] * 5 + [150] * 15, np.int16)[:, None]
    found = compare(profile_of(land, ("a",)), samples, now).iloc[0]
    assert found.outside == pytest.approx(0.75)
    assert found.outside_then == pytest.approx(0.5, abs=0.26)  # between the values 50 and 150 the share is taken to rise evenly


def test_ties_do_not_make_drift() -> None:
    """Three quarters of the land is water with the value 0: deciles fall together, and the same land has no drift."""
    values = np.array([0] * 75 + list(range(1, 26)), np.int16)[:, None]
    found = compare(profile_of(values, ("a",)), None, values).iloc[0]
    assert found.psi == 0
    assert found.ks == 0
    assert found["shift"] == 0


def test_without_pixels_only_the_range_is_known() -> None:
    found = compare(None, profile_of(HUNDRED, ("a",)), HUNDRED * np.int16(2)).iloc[0]
    assert math.isnan(found.psi)
    assert found.outside == pytest.approx(0.51)  # 100, 102, … 200 of 2 to 200
    assert math.isnan(found.outside_then)


def test_missing_values_say_nothing() -> None:
    now = np.vstack([HUNDRED, np.full((50, 1), MISSING, np.int16)])
    assert compare(profile_of(HUNDRED, ("a",)), None, now).psi.iloc[0] == 0
    empty = compare(profile_of(HUNDRED, ("a",)), None, np.full((5, 1), MISSING, np.int16)).iloc[0]
    assert empty.isna().all()


def test_what_cannot_be_compared() -> None:
    one, two = profile_of(HUNDRED, ("a",)), profile_of(HUNDRED, ("b",))
    with pytest.raises(ValueError, match="nothing to compare with"):
        compare(None, None, HUNDRED)
    with pytest.raises(ValueError, match="not of the same features"):
        compare(one, two, HUNDRED)
    with pytest.raises(ValueError, match=r"expected \(pixel, 1\)"):
        compare(one, None, np.zeros((3, 2), np.int16))


def table(psi: list[float], outside: list[float], then: float = 0.0) -> pd.DataFrame:
    return pd.DataFrame({"psi": psi, "ks": 0.0, "shift": 0.0, "outside": outside, "outside_then": then})


@pytest.mark.parametrize(
    ("psi", "outside", "importance", "verdict"),
    [
        ([0.0, 0.0], [0.02, 0.02], [1, 1], "in range"),
        ([9.0, 0.0], [0.0, 0.0], [49, 51], "in range"),  # large, in a feature that holds less than half of the importance
        ([9.0, 0.0], [0.0, 0.0], [50, 50], "shifted"),
        ([9.0, 9.0], [0.9, 0.0], [0, 1], "shifted"),  # what left its range is of no use to the models
        ([0.0, 0.0], [0.1, 0.0], [1, 1], "shifted"),  # 0.05 on the mean
        ([0.0, 0.0], [0.2, 0.0], [1, 1], "out of range"),  # 0.1 on the mean
        ([0.0, 0.0], [0.2, 0.0], [0, 0], "out of range"),  # models that give no importance: all count alike
        ([math.nan, 0.0], [math.nan, 0.0], [1, 1], "in range"),
    ],
)
def test_verdicts_at_their_limits(psi: list[float], outside: list[float], importance: list[float], verdict: str) -> None:
    assert judge(table(psi, outside), np.array(importance, np.float64), (1000, 1000)).verdict == verdict


def test_what_was_outside_already_is_no_drift() -> None:
    found = judge(table([0.0], [0.3], then=0.28), np.ones(1), (1000, 1000))
    assert found.verdict == "in range"
    assert found.beyond == pytest.approx(0.02)


def test_few_pixels_say_nothing_and_no_pixels_of_the_first_year_leave_the_range() -> None:
    assert judge(table([9.0], [0.9]), np.ones(1), (FEWEST - 1, 1000)).verdict == "too few pixels"
    assert judge(table([9.0], [0.9]), np.ones(1), (1000, FEWEST - 1)).verdict == "too few pixels"
    found = judge(table([math.nan], [0.2]), np.ones(1), (FEWEST, None))
    assert found.verdict == "out of range"
    assert math.isnan(found.large)
    assert found.document()["pixels"] == {"then": 0, "now": FEWEST}


def test_the_worst_band_is_one_that_the_models_look_at() -> None:
    rows = table([5.0, 0.3, 0.2, 0.05], [0.0] * 4).assign(
        input="s2",
        band=["blue", "red", "red", "red"],
        date=["2023-05-01", "2023-05-01", "2023-04-01", "2023-03-01"],
        importance=[0.0, 0.4, 0.4, 0.2],
    )
    red, blue = worst_cells(rows)
    assert (red["band"], red["dates"]) == ("red", ["2023-04-01", "2023-05-01"])
    assert red["psi"] == pytest.approx(0.4 * 0.3 + 0.4 * 0.2 + 0.2 * 0.05)
    assert (blue["band"], blue["psi"]) == ("blue", 5.0)


def test_the_gravest_verdict() -> None:
    assert worst_verdict(["in range", "too few pixels", "shifted"]) == "shifted"
    assert worst_verdict(["too few pixels"]) == "too few pixels"


@given(arrays(np.int16, st.tuples(st.integers(1, 80), st.just(2)), elements=st.integers(-32767, 32767)))
def test_a_year_has_no_drift_from_itself(values: np.ndarray) -> None:
    profile = profile_of(values, ("a", "b"))
    found = compare(profile, profile, values)
    assert found.psi.abs().max() == pytest.approx(0, abs=1e-12)
    assert found.ks.max() <= 0.01 + 1 / len(values)
    assert (found["shift"] == 0).all()
    assert (found.outside - found.outside_then).abs().max() <= 0.02
