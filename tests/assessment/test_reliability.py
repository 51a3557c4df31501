"""Scores of probabilities, by hand."""

import math

import numpy as np
import pytest

from iota_py.assessment.reliability import brier_score, expected_calibration_error, reliability_table


def test_brier_by_hand() -> None:
    probabilities = np.array([[0.8, 0.2], [0.5, 0.5], [1.0, 0.0]])
    # 0.04 + 0.04, 0.25 + 0.25, 1 + 1
    assert brier_score(probabilities, np.array([0, 1, 1])) == pytest.approx((0.08 + 0.5 + 2) / 3)
    # of a class that the model does not know: 1 for the class itself, and what is given to the others
    assert brier_score(np.array([[0.5, 0.5]]), np.array([-1])) == pytest.approx(1.5)
    assert math.isnan(brier_score(np.empty((0, 2)), np.empty(0, int)))


def test_the_table_and_the_error_by_hand() -> None:
    table = reliability_table(np.array([0.25, 0.15, 0.9, 1.0]), np.array([True, False, True, True]), bins=2)
    assert table.samples.tolist() == [2, 2]
    assert table.accuracy.tolist() == [0.5, 1.0]
    assert table.confidence.tolist() == pytest.approx([0.2, 0.95])
    assert expected_calibration_error(table) == pytest.approx((2 * 0.3 + 2 * 0.05) / 4)


def test_a_bin_without_samples_has_no_accuracy_and_no_weight() -> None:
    table = reliability_table(np.array([0.9]), np.array([True]), bins=2)
    assert math.isnan(table.accuracy[0])
    assert expected_calibration_error(table) == pytest.approx(0.1)
    assert math.isnan(expected_calibration_error(reliability_table(np.empty(0), np.empty(0, bool))))
