"""Estimators for strata other than the map classes: the numerical example of Stehman 2014, agreement with Olofsson, and Monte Carlo."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iota_py.assessment.area import area_weighted_accuracy
from iota_py.assessment.strata import StratifiedSample, mean_estimate, ratio_estimate, stratified_accuracy


def codes(letters: str) -> np.ndarray:
    return np.array([ord(letter) - ord("A") + 1 for letter in letters])


def test_the_numerical_example_of_stehman_2014() -> None:
    """Stehman 2014 (International Journal of Remote Sensing 35), table 2: four strata of 40000, 30000, 20000 and 10000 pixels, ten points of each.
    The estimates and standard errors are those of its text, within one of their last digit."""
    shown = codes("AAAAAAABBB" + "ABBBBBBBBB" + "BBCCCCCCBB" + "DDDDDDDDDD")
    truth = codes("AAAAACBABC" + "ABBBBBAABB" + "CCCCCDDBBA" + "DDDDDDDCCB")
    sample = StratifiedSample.of(np.repeat(range(4), 10), [40_000, 30_000, 20_000, 10_000])
    found = stratified_accuracy(sample, truth, shown, [1, 2, 3, 4], [0, 0, 0, 0])
    assert found.area_share.value.tolist() == pytest.approx([0.35, 0.34, 0.20, 0.11])
    assert float(found.overall_accuracy) == pytest.approx(0.63)
    assert round(found.users_accuracy[1].value, 3) == 0.574
    assert round(found.producers_accuracy[1].value, 3) == 0.794
    assert found.proportions[2, 1] == pytest.approx(0.08)  # the map shows B, it is C
    assert round(found.area_share[0].standard_error, 3) == 0.082
    assert round(found.area_share[2].standard_error, 3) == 0.064
    assert round(found.overall_accuracy.standard_error, 3) == 0.085
    assert round(found.users_accuracy[1].standard_error, 3) == 0.125
    assert found.producers_accuracy[1].standard_error == pytest.approx(0.116, abs=0.001)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_with_classes_as_strata_it_is_olofsson(seed: int) -> None:
    """Every estimate and every standard error, without the correction for a finite population."""
    rng = np.random.default_rng(seed)
    shown = np.repeat([1, 2, 5], rng.integers(3, 30, 3))
    truth = np.where(rng.random(shown.size) < 0.7, shown, rng.choice([1, 2, 5], shown.size))
    area = rng.random(3) * 1000
    ours = stratified_accuracy(StratifiedSample.of(np.searchsorted([1, 2, 5], shown), area, finite=False), truth, shown, [1, 2, 5], area)
    theirs = area_weighted_accuracy(ours.counts, area)
    for name in ("overall_accuracy", "users_accuracy", "producers_accuracy", "area", "area_share"):
        for part in ("value", "standard_error"):
            # Where a class is nowhere, both are undefined; where all is right, only rounding is left of the variance.
            np.testing.assert_allclose(getattr(getattr(ours, name), part), getattr(getattr(theirs, name), part), rtol=1e-7, atol=1e-6)
    np.testing.assert_allclose(ours.proportions, theirs.proportions, atol=1e-12)


def test_estimates_and_errors_are_those_of_many_samples_of_a_known_population() -> None:
    """4000 samples of a small population whose every pixel is known: means without bias, mean standard errors as the estimates scatter."""
    rng = np.random.default_rng(3)
    stratum = np.repeat([0, 1, 2], [400, 300, 100])
    truth = np.where(rng.random(800) < [[0.8], [0.3], [0.1]], 1, 2)[stratum, np.arange(800)]
    shown = np.where(rng.random(800) < 0.8, truth, 3 - truth)
    found = []
    for _ in range(4000):
        drawn = np.concatenate([rng.choice(np.flatnonzero(stratum == h), n, replace=False) for h, n in enumerate((60, 60, 40))])
        sample = StratifiedSample.of(stratum[drawn], [400, 300, 100])
        mean = mean_estimate(sample, truth[drawn] == 1)
        ratio = ratio_estimate(sample, (truth[drawn] == 1) & (shown[drawn] == 1), truth[drawn] == 1)
        found.append((mean.value, mean.standard_error**2, ratio.value, ratio.standard_error**2))
    mean, mean_variance, ratio, ratio_variance = np.array(found).T
    assert mean.mean() == pytest.approx((truth == 1).mean(), abs=0.002)
    assert mean_variance.mean() == pytest.approx(mean.var(), rel=0.06)
    assert ratio.mean() == pytest.approx(((truth == 1) & (shown == 1)).sum() / (truth == 1).sum(), abs=0.005)
    assert ratio_variance.mean() == pytest.approx(ratio.var(), rel=0.08)


def test_a_stratum_that_was_seen_whole_has_no_variance_left() -> None:
    sample = StratifiedSample.of([0, 1, 1], [1, 4])
    assert sample.single == (0,)
    assert mean_estimate(sample, [1, 0, 1]).value == pytest.approx(0.6)
    assert mean_estimate(sample, [1, 0, 1]).standard_error == pytest.approx((16 * 0.5 * 0.5 / 2) ** 0.5 / 5)


def test_strata_without_points_and_with_one_make_numbers_undefined() -> None:
    empty = StratifiedSample.of([0, 0, 1], [10, 10, 10])
    assert (empty.unsampled, empty.single) == ((2,), (1,))
    assert np.isnan(mean_estimate(empty, [1, 0, 1]).value)
    single = StratifiedSample.of([0, 0, 1], [10, 10])
    assert mean_estimate(single, [1, 0, 1]).value == pytest.approx(0.75)
    assert np.isnan(mean_estimate(single, [1, 0, 1]).standard_error)
    assert np.isnan(ratio_estimate(single, [0, 0, 0], [0, 0, 0]).value)


@pytest.mark.parametrize(
    ("stratum", "sizes", "words"),
    [
        ([0, 2], [5, 5], "positions 0 to 1"),
        ([0, -1], [5, 5], "positions"),
        ([0.5], [5], "whole numbers"),
        ([0, 0], [1, 5], "more points than pixels"),
    ],
)
def test_what_is_no_sample_is_refused(stratum: object, sizes: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        StratifiedSample.of(stratum, sizes)  # type: ignore[arg-type]


def test_a_map_class_that_is_no_code_is_refused() -> None:
    sample = StratifiedSample.of([0, 0], [5])
    with pytest.raises(ValueError, match="not in the codes"):
        stratified_accuracy(sample, [1, 1], [1, 9], [1, 2], [1, 1])
