"""Scores of probabilities: by hand, against scikit-learn where it has them, and with weights as repeated samples."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics
from sklearn.calibration import calibration_curve

from iota_py.assessment.calibration_scores import LEAST, Probabilities, brier_parts, class_table, log_loss, probability_scores, top_table
from iota_py.assessment.reliability import expected_calibration_error


def drawn(samples: int = 400, classes: int = 3) -> Probabilities:
    rng = np.random.default_rng(5)
    shares = rng.dirichlet(np.ones(classes), samples).astype(np.float32)
    index = np.array([rng.choice(classes, p=row / row.sum()) for row in shares.astype(float)])
    return Probabilities(shares, index, rng.integers(1, 6, samples).astype(float))


def test_four_samples_by_hand() -> None:
    """Two classes, right, right, right, wrong. Brier: 2 × (0.01 + 0.01 + 0.16 + 0.36) / 4 = 0.27. One interval of two holds all the labels:
    ECE |0.75 − 0.75| = 0; each class alone: p of class 0 is 0.9, 0.9, 0.4, 0.6."""
    shares = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [0.6, 0.4]])
    found = probability_scores(Probabilities(shares, np.array([0, 0, 1, 1]), np.ones(4)), bins=2)
    assert (found.samples, found.accuracy, found.confidence) == (4, 0.75, 0.75)
    assert found.brier == pytest.approx(0.27)
    assert found.ece == pytest.approx(0)
    assert found.log_loss == pytest.approx(-(2 * np.log(0.9) + np.log(0.6) + np.log(0.4)) / 4)
    # class 0: 0.4 in the first interval, never true; 0.9, 0.9, 0.6 in the second, 2 of 3 true, mean 0.8: (0.4 + 3 × 0.4 / 3) / 4 = 0.2
    assert found.ece_classwise == pytest.approx((0.2 + 0.2) / 2)
    assert found.top_brier == pytest.approx(0.27 / 2)


def test_the_parts_of_the_brier_score_by_hand() -> None:
    """Murphy 1973. Labels of 0.6 (10 samples, 7 right) and 0.9 (10 samples, 8 right): base 0.75; reliability (0.01 + 0.01) / 2, resolution
    0.05 ** 2, uncertainty 0.75 × 0.25. One confidence in each interval: nothing is left."""
    shares = np.repeat([[0.6, 0.4], [0.9, 0.1]], 10, axis=0)
    index = np.array([0] * 7 + [1] * 3 + [0] * 8 + [1] * 2)
    found = Probabilities(shares, index, np.ones(20))
    score, reliability, resolution, uncertainty, within = brier_parts(found, top_table(found, 15))
    assert (reliability, resolution, uncertainty) == pytest.approx((0.01, 0.0025, 0.1875))
    assert within == pytest.approx(0, abs=1e-12)
    assert score == pytest.approx(0.01 - 0.0025 + 0.1875)


def test_what_the_parts_leave_makes_the_score_whole() -> None:
    found = drawn()
    score, reliability, resolution, uncertainty, within = brier_parts(found, top_table(found, 4))
    assert score == pytest.approx(reliability - resolution + uncertainty + within)
    assert abs(within) > 1e-5


def test_as_scikit_learn_says() -> None:
    found = drawn()
    scores = probability_scores(found)
    given = np.clip(found.shares.astype(float), LEAST, 1)
    own = -np.log(given[np.arange(len(given)), found.index])
    assert log_loss(found) == pytest.approx(np.average(own, weights=found.weights))
    top = metrics.brier_score_loss(found.right, found.confidence, sample_weight=found.weights)
    assert scores.top_brier == pytest.approx(top)
    by_class = [metrics.brier_score_loss(found.index == k, found.shares[:, k], sample_weight=found.weights) for k in range(3)]
    assert scores.brier == pytest.approx(sum(by_class))
    expected = metrics.log_loss(
        found.index, found.shares.astype(float) / found.shares.astype(float).sum(axis=1, keepdims=True), sample_weight=found.weights
    )
    assert scores.log_loss == pytest.approx(expected, rel=0.01)


def test_the_curve_is_that_of_scikit_learn() -> None:
    found = drawn()
    even = Probabilities(found.shares, found.index, np.ones(len(found.index)))
    table = class_table(even, 1, 10)
    accuracy, mean = calibration_curve(even.index == 1, even.shares[:, 1], n_bins=10)
    filled = table[table.samples > 0]
    np.testing.assert_allclose(filled.accuracy, accuracy)
    np.testing.assert_allclose(filled.confidence, mean, rtol=1e-6)


def test_a_weight_counts_as_so_many_samples() -> None:
    found = drawn(60)
    times = found.weights.astype(int)
    repeated = Probabilities(np.repeat(found.shares, times, axis=0), np.repeat(found.index, times), np.ones(times.sum()))
    one, other = probability_scores(found).row(), probability_scores(repeated).row()
    for name in set(one) - {"samples"}:
        assert one[name] == pytest.approx(other[name]), name


def test_probabilities_that_are_true_have_a_small_error_and_sharper_ones_a_large_one() -> None:
    found = drawn(20_000)
    sharp = found.shares.astype(float) ** 4
    sharper = Probabilities(sharp / sharp.sum(axis=1, keepdims=True), found.index, found.weights)
    assert expected_calibration_error(top_table(found)) < 0.02
    assert expected_calibration_error(top_table(sharper)) > 0.15


def test_a_class_that_no_model_knows_is_always_wrong() -> None:
    found = Probabilities(np.array([[1.0, 0.0]]), np.array([-1]), np.ones(1))
    scores = probability_scores(found)
    assert (scores.brier, scores.accuracy, scores.log_loss) == pytest.approx((2.0, 0.0, -np.log(LEAST)))


def test_no_samples_no_scores() -> None:
    scores = probability_scores(Probabilities(np.empty((0, 3)), np.empty(0, int), np.empty(0)))
    assert scores.samples == 0
    assert np.isnan(scores.ece)
