"""Accuracy and area by map class: the worked example of Olofsson et al. 2014, cases at the edge, and the coverage of the intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from iota_py.assessment.area import Estimate, area_weighted_accuracy

# Counts of the example with the map in rows, as the paper prints them.
OLOFSSON = np.array([[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]])
PIXELS = [200_000, 150_000, 3_200_000, 6_450_000]


def test_the_worked_example_of_olofsson_2014() -> None:
    """Olofsson et al. 2014 (Remote Sensing of Environment 148), section 5: deforestation, forest gain, stable forest, stable non-forest,
    pixels of 30 m. The text gives these numbers, with 95 % margins, to the decimals compared here."""
    found = area_weighted_accuracy(OLOFSSON.T, PIXELS)
    assert round(float(found.overall_accuracy), 2) == 0.95
    assert round(found.overall_accuracy.margin(), 2) == 0.02
    assert np.round(found.users_accuracy.value, 2).tolist() == [0.88, 0.73, 0.93, 0.96]
    assert np.round(found.users_accuracy.margin(), 2).tolist() == [0.07, 0.10, 0.04, 0.02]
    assert np.round(found.producers_accuracy.value, 2).tolist() == [0.75, 0.85, 0.93, 0.96]
    assert found.producers_accuracy.margin()[0] == pytest.approx(0.21, abs=0.005)
    assert round(found.area.value[0]) == 235_086
    hectares = found.area.scaled(0.09)
    assert np.round(hectares.value).tolist() == [21_158, 11_686, 285_770, 581_386]
    assert round(hectares.margin()[0]) == 6_158


def test_the_formulas_term_by_term() -> None:
    """The equations of definitions.md written out with loops, map in rows, on the same inputs."""
    found = area_weighted_accuracy(OLOFSSON.T, PIXELS)
    n, big = OLOFSSON, np.array(PIXELS, float)
    k, weight, size = range(4), big / big.sum(), OLOFSSON.sum(axis=1)
    p = np.array([[weight[i] * n[i, j] / size[i] for j in k] for i in k])
    users = [p[i, i] / p[i].sum() for i in k]
    producers = [p[j, j] / p[:, j].sum() for j in k]
    overall = sum(weight[i] ** 2 * users[i] * (1 - users[i]) / (size[i] - 1) for i in k)
    share = [sum((weight[i] * p[i, j] - p[i, j] ** 2) / (size[i] - 1) for i in k) for j in k]
    spread = []
    for j in k:
        inside = sum(big[i] / size[i] * n[i, j] for i in k)
        own = big[j] ** 2 * (1 - producers[j]) ** 2 * users[j] * (1 - users[j]) / (size[j] - 1)
        others = sum(big[i] ** 2 * n[i, j] / size[i] * (1 - n[i, j] / size[i]) / (size[i] - 1) for i in k if i != j)
        spread.append((own + producers[j] ** 2 * others) / inside**2)
    np.testing.assert_allclose(found.proportions, p.T)
    np.testing.assert_allclose(found.overall_accuracy.standard_error, overall**0.5)
    np.testing.assert_allclose(found.area_share.standard_error, np.sqrt(share))
    np.testing.assert_allclose(found.producers_accuracy.value, producers)
    np.testing.assert_allclose(found.producers_accuracy.standard_error, np.sqrt(spread))


def test_reference_is_in_rows() -> None:
    """Of 10 points that the map shows as class 0, 8 are it: the user's accuracy is of a column."""
    found = area_weighted_accuracy([[8, 0], [2, 10]], [50, 50])
    assert found.users_accuracy.value.tolist() == [0.8, 1.0]
    assert found.producers_accuracy.value.tolist() == pytest.approx([1.0, 0.5 / 0.6])
    assert found.area.value.tolist() == pytest.approx([40, 60])
    assert found.area[0].value == pytest.approx(40)


def test_the_unit_of_the_area_is_kept() -> None:
    pixels, hectares = area_weighted_accuracy(OLOFSSON.T, PIXELS), area_weighted_accuracy(OLOFSSON.T.tolist(), np.array(PIXELS) * 0.09)
    np.testing.assert_allclose(hectares.area.value, pixels.area.value * 0.09)
    np.testing.assert_allclose(hectares.area.standard_error, pixels.area.standard_error * 0.09)
    np.testing.assert_allclose(hectares.area_share.value, pixels.area_share.value)


def test_a_class_only_in_the_map() -> None:
    found = area_weighted_accuracy([[18, 4, 0], [2, 16, 5], [0, 0, 0]], [70, 25, 5])
    assert found.users_accuracy.value[2] == 0
    assert np.isnan(found.producers_accuracy.value[2])
    assert np.isnan(found.producers_accuracy.standard_error[2])
    assert found.area.value[2] == 0
    assert found.unsampled == ()


def test_a_class_only_in_the_reference() -> None:
    found = area_weighted_accuracy([[18, 2, 0], [1, 16, 0], [1, 2, 0]], [70, 30, 0])
    assert np.isnan(found.users_accuracy.value[2])
    assert found.producers_accuracy[2].value == 0
    assert found.area_share.value[2] == pytest.approx(0.7 / 20 + 0.3 * 2 / 20)
    assert found.area_share.standard_error[2] > 0
    assert found.unsampled == ()


def test_one_point_has_no_variance_and_that_is_no_zero() -> None:
    found = area_weighted_accuracy([[18, 0], [2, 1]], [70, 30])
    assert found.single == (1,)
    assert float(found.overall_accuracy) == pytest.approx(0.7 * 0.9 + 0.3)
    assert np.isnan(found.overall_accuracy.standard_error)
    assert np.isnan(found.users_accuracy.standard_error).tolist() == [False, True]
    assert np.isnan(found.area.standard_error).all()
    assert np.isnan(found.area.interval()).all()


def test_a_mapped_class_without_a_point_makes_undefined_what_it_may_hold() -> None:
    found = area_weighted_accuracy([[18, 2, 0], [2, 16, 0], [0, 2, 0]], [60, 30, 10])
    assert found.unsampled == (2,)
    assert np.isnan(float(found.overall_accuracy))
    assert np.isnan(found.area.value).all()
    assert np.isnan(found.producers_accuracy.value).all()
    assert found.users_accuracy.value[:2].tolist() == [0.9, 0.8]
    assert np.isfinite(found.users_accuracy.standard_error[:2]).all()


def test_a_class_without_area_weighs_nothing() -> None:
    with_it = area_weighted_accuracy([[18, 2, 1], [2, 18, 0], [0, 0, 0]], [70, 30, 0])
    without = area_weighted_accuracy([[18, 2], [2, 18]], [70, 30])
    assert with_it.overall_accuracy == without.overall_accuracy
    np.testing.assert_allclose(with_it.area.value[:2], without.area.value)
    assert with_it.single == ()


@pytest.mark.parametrize(
    ("confusion", "area", "words"),
    [
        ([[1, 2]], [1], "expected \\(n, n\\)"),
        ([[1, 2], [3, -1]], [1, 1], "none negative"),
        ([[1, 2], [3, 0.5]], [1, 1], "whole counts"),
        ([[1, 2], [3, np.nan]], [1, 1], "whole counts"),
        ([[1, 2], [3, 4]], [1, 1, 1], "expected \\(2,\\)"),
        ([[1, 2], [3, 4]], [1, -1], "finite areas"),
        ([[1, 2], [3, 4]], [0, 0], "not all 0"),
        ([[1, 2], [3, 4]], [1, np.inf], "finite areas"),
    ],
)
def test_what_is_no_sample_is_refused(confusion: object, area: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        area_weighted_accuracy(confusion, area)  # type: ignore[arg-type]


def test_whole_counts_as_floats_are_taken() -> None:
    assert (
        area_weighted_accuracy(OLOFSSON.T.astype(float), PIXELS).overall_accuracy
        == area_weighted_accuracy(OLOFSSON.T, PIXELS).overall_accuracy
    )


def test_an_interval_is_1_96_standard_errors_on_both_sides() -> None:
    low, high = Estimate(0.9, 0.02).interval()
    assert (round(low, 4), round(high, 4)) == (0.8608, 0.9392)
    assert Estimate(0.9, 0.02).margin(0.99) == pytest.approx(2.5758 * 0.02, rel=1e-4)
    with pytest.raises(ValueError, match="level 95"):
        Estimate(0.9, 0.02).interval(95)


@given(arrays(np.int64, (3, 3), elements=st.integers(0, 40)), arrays(np.float64, 3, elements=st.floats(0.1, 1e6)))
def test_shares_add_up_where_every_class_was_sampled(counts: np.ndarray, area: np.ndarray) -> None:
    counts = counts + np.eye(3, dtype=np.int64) * 2
    found = area_weighted_accuracy(counts, area)
    np.testing.assert_allclose(found.proportions.sum(axis=0), area / area.sum())
    np.testing.assert_allclose(found.area.value.sum(), area.sum())
    np.testing.assert_allclose(float(found.overall_accuracy), (area / area.sum()) @ found.users_accuracy.value)
    assert (found.users_accuracy.standard_error >= 0).all()


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    """2000 samples of a map of three classes whose truth is known, seed fixed: 95 % intervals hold it in 93 to 97 % of them."""
    rng, share = np.random.default_rng(7), np.array([0.05, 0.35, 0.6])
    rate = np.array([[0.75, 0.04, 0.02], [0.15, 0.88, 0.08], [0.10, 0.08, 0.90]])  # (reference, map): what the map shows as a class is
    size, truth = np.array([100, 150, 250]), rate * share
    inside = np.zeros((3, 3))
    for _ in range(2000):
        counts = np.stack([rng.multinomial(size[i], rate[:, i]) for i in range(3)], axis=1)
        found = area_weighted_accuracy(counts, share)
        for row, (estimate, true) in enumerate(
            (
                (found.area_share, truth.sum(axis=1)),
                (found.users_accuracy, np.diagonal(rate)),
                (found.producers_accuracy, np.diagonal(truth) / truth.sum(axis=1)),
            )
        ):
            low, high = estimate.interval()
            inside[row] += (low <= true) & (true <= high)
    coverage = inside / 2000
    assert coverage[0].min() > 0.93
    assert coverage.min() > 0.92
    assert coverage.max() < 0.98
