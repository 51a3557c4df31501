"""Thresholds and sets: worked by hand, and their coverage in a simulation with polygons whose pixels resemble each other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iota_py.conformal import class_thresholds, least_probability, voted_sets


def test_with_one_pixel_a_polygon_it_is_the_usual_quantile() -> None:
    """19 polygons, coverage 0.9: the ceil(20 × 0.9) = 18th smallest score, so the 18th largest probability of 50, 100, …, 950."""
    true = np.arange(50, 1000, 50)
    assert least_probability(true, np.arange(19), 0.9) == 100
    assert least_probability(true[::-1], np.arange(19), 0.9) == 100
    assert least_probability(true, np.arange(19), 0.95) == 50, "the 19th of 19"
    assert least_probability(true, np.arange(19), 0.96) == 0, "20 × 0.96 is beyond the 19 that there are"


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=60), st.sampled_from([0.5, 0.8, 0.9, 0.95]))
def test_the_rank_is_that_of_the_definition(true: list[int], coverage: float) -> None:
    rank = math.ceil(round((len(true) + 1) * coverage, 9))
    expected = sorted(true, reverse=True)[rank - 1] if rank <= len(true) else 0
    assert least_probability(np.array(true), np.arange(len(true)), coverage) == expected


def test_each_polygon_counts_once() -> None:
    """Polygons 1 (four pixels, weight 1/16 each), 2 and 3 (one, 1/4), the unknown one 1/4. From the largest probability: 1/4 at 900, 1/2 at
    800, then 9/16, 5/8, 11/16 and 3/4 at 700, 600, 500, 400."""
    true, groups = np.array([700, 400, 900, 600, 800, 500]), np.array([1, 1, 2, 1, 3, 1])
    found = {coverage: least_probability(true, groups, coverage) for coverage in (0.25, 0.5, 0.51, 0.625, 0.75, 0.76)}
    assert found == {0.25: 900, 0.5: 800, 0.51: 700, 0.625: 600, 0.75: 400, 0.76: 0}


def test_too_few_polygons_let_every_class_in() -> None:
    assert least_probability(np.full(800, 990), np.repeat(np.arange(8), 100), 0.9) == 0, "nine polygons are needed"
    assert least_probability(np.full(900, 990), np.repeat(np.arange(9), 100), 0.9) == 990
    assert least_probability(np.empty(0, int), np.empty(0, int), 0.9) == 0
    with pytest.raises(ValueError, match="between 0 and 1"):
        least_probability(np.array([1]), np.array([1]), 1.0)


def test_thresholds_of_each_class_and_classes_that_no_model_knows() -> None:
    whole = np.array([[600, 400], [700, 300], [200, 800], [900, 100]])
    index, groups = np.array([0, 0, 1, -1]), np.arange(4)
    assert class_thresholds(whole, index, groups, 0.5, True).tolist() == [600, 800]
    assert class_thresholds(whole, index, groups, 0.75, True).tolist() == [0, 0]
    assert class_thresholds(whole, index, groups, 0.6, False).tolist() == [600, 600], "800, 700, 600 and 0: the third"
    assert class_thresholds(whole, index, groups, 0.8, False).tolist() == [0, 0], "the one of an unknown class has probability 0"


def test_a_class_is_in_with_at_least_half_of_the_draws() -> None:
    first, second, third = [[800, 150, 50]], [[300, 600, 100]], [[450, 450, 100]]
    limits = np.array([[[200, 200, 200]], [[400, 400, 400]], [[460, 460, 460]]])
    most = np.array([0])
    assert voted_sets(np.array([first, second]), limits[:2], most).tolist() == [[True, True, False]], "one of two is half"
    assert voted_sets(np.array([first, second, third]), limits, most).tolist() == [[True, False, False]], "empty but for the most probable"
    assert voted_sets(np.array([third]), limits[2:], np.array([1])).tolist() == [[False, True, False]]


def scores_of(rng: np.random.Generator, polygons: int, pixels: int, spread: float) -> np.ndarray:
    """Probabilities of the true class in thousandths, (polygon, pixel): each polygon has a level of its own."""
    level = rng.normal(0.75, spread, (polygons, 1))
    return np.clip(np.rint(1000 * (level + rng.normal(0, 0.05, (polygons, pixels)))), 0, 1000).astype(int)


def test_coverage_of_new_polygons_is_at_least_the_target() -> None:
    """800 times 12 calibration polygons, coverage 0.8, pixels of new polygons. A quantile of the pixels, as if they were independent, falls
    short: it takes no account of the polygon to come."""
    rng, target, covered, naive = np.random.default_rng(7), 0.8, [], []
    for _ in range(800):
        calibration, new = scores_of(rng, 12, 20, 0.15), scores_of(rng, 4, 20, 0.15)
        groups = np.repeat(np.arange(12), 20)
        covered.append((new >= least_probability(calibration.ravel(), groups, target)).mean())
        naive.append((new >= least_probability(calibration.ravel(), np.arange(240), target)).mean())
    error = np.std(covered, ddof=1) / np.sqrt(len(covered))
    assert target - 3 * error <= np.mean(covered) <= target + 1 / 13 + 3 * error
    assert np.mean(naive) < target - 3 * error


def test_the_vote_of_sets_keeps_what_it_promises() -> None:
    """Five draws whose sets each miss the true class at most 20 times in 100: the vote misses it at most 40 times."""
    rng, missed = np.random.default_rng(3), 0
    for _ in range(2000):
        shared = rng.random()
        inside = np.array([shared if rng.random() < 0.5 else rng.random() for _ in range(5)]) > 0.2
        sets = np.where(inside, 900, 100)[:, None, None] * np.array([[[1, 0]]])
        missed += not voted_sets(sets, np.full((5, 1, 2), 500), np.array([1]))[0, 0]
    assert missed / 2000 < 0.4
