"""Probabilities asked of objects of several libraries."""

from __future__ import annotations

import numpy as np
import pytest

from iota_py.probabilities import Sigmoids, scores_of, shares_of, softmax


class Lines:
    """The scores are the features themselves."""

    def decision_function(self, matrix: np.ndarray) -> np.ndarray:
        return matrix if matrix.shape[1] > 1 else matrix[:, 0]


class Inplace:
    def inplace_predict(self, matrix: np.ndarray) -> np.ndarray:
        return matrix


class Boosted:
    def predict(self, matrix: np.ndarray, num_threads: int) -> np.ndarray:
        assert num_threads == 1
        return matrix[:, 0]


def test_softmax_of_large_numbers():
    assert softmax(np.array([[1000.0, 1000.0], [-1e300, 0.0]])).tolist() == [[0.5, 0.5], [0.0, 1.0]]
    assert softmax(np.log([[1.0, 3.0]])) == pytest.approx(np.array([[0.25, 0.75]]))


def test_sigmoids_are_divided_by_their_sum():
    """Curves of logits ln 3 and 0: 0.75 and 0.5, of 1.25: 0.6 and 0.4."""
    model = Sigmoids(Lines(), np.array([2.0, 1.0]), np.array([np.log(3) - 4, 1.0]))
    assert model.predict_proba(np.array([[2.0, -1.0]])) == pytest.approx(np.array([[0.6, 0.4]]))
    far = Sigmoids(Lines(), np.ones(2), np.zeros(2)).predict_proba(np.array([[-5000.0, -5001.0]]))
    assert far == pytest.approx(softmax(np.array([[1.0, 0.0]])))


def test_the_only_score_of_two_classes_is_for_the_second():
    assert scores_of(Lines(), np.array([[2.0], [-1.0]])).tolist() == [[-2, 2], [1, -1]]


def test_boosters():
    assert shares_of(Inplace(), np.array([[0.25, 0.75]], np.float32)).tolist() == [[0.25, 0.75]]
    assert shares_of(Boosted(), np.array([[0.25]], np.float32)).tolist() == [[0.75, 0.25]]
