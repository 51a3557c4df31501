"""Votes and stacks of engines, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from iota_py.prediction.engine import Prediction, decided
from iota_py.prediction.ensembles import StackingEngine, VotingEngine

CLASSES = np.array([3, 7], np.uint8)


class Fixed:
    """Gives these probabilities to every pixel."""

    classes = CLASSES

    def __init__(self, *shares: float) -> None:
        self.shares = np.array(shares, np.float32)

    def predict(self, features: np.ndarray, probabilities: bool = False) -> Prediction:
        assert probabilities
        return decided(self.classes, np.tile(self.shares, (len(features), 1)), True)


ONE = np.zeros((2, 4), np.int16)


def test_a_vote_is_the_weighted_mean_and_a_tie_goes_to_the_lowest_code():
    engines = [Fixed(0.75, 0.25), Fixed(0.25, 0.75)]
    found = VotingEngine(engines, np.array([0.75, 0.25])).predict(ONE, probabilities=True)
    assert found.probabilities.tolist() == [[0.625, 0.375]] * 2
    assert (found.labels.tolist(), found.confidence.tolist()) == ([3, 3], [0.625, 0.625])
    assert VotingEngine(engines, np.array([0.25, 0.75])).predict(ONE).labels.tolist() == [7, 7]
    tie = VotingEngine(engines, np.array([0.5, 0.5])).predict(ONE)
    assert (tie.labels.tolist(), tie.confidence.tolist(), tie.probabilities) == ([3, 3], [0.5, 0.5], None)


def test_a_stack_is_the_softmax_of_a_linear_function():
    """Score of 3: 0. Score of 7: 0.5 + 2 * 0.25 - 4 * 0.5 = -1; shares 1 / (1 + 1/e)."""
    engine = StackingEngine([Fixed(0.75, 0.25), Fixed(0.5, 0.5)], np.array([[0, 0, 0, 0], [0, 2.0, -4.0, 0]]), np.array([0, 0.5]))
    found = engine.predict(ONE, probabilities=True)
    assert found.labels.tolist() == [3, 3]
    assert found.confidence == pytest.approx([1 / (1 + np.exp(-1))] * 2)
    assert found.probabilities.sum(axis=1) == pytest.approx(1)
    never = StackingEngine([Fixed(0.75, 0.25)], np.zeros((2, 2)), np.array([-np.inf, 0.0])).predict(ONE, probabilities=True)
    assert never.probabilities.tolist() == [[0, 1], [0, 1]]


def test_no_pixel_gives_empty_answers():
    for engine in (VotingEngine([Fixed(1, 0)], np.ones(1)), StackingEngine([Fixed(1, 0)], np.zeros((2, 2)), np.zeros(2))):
        found = engine.predict(ONE[:0], probabilities=True)
        assert (found.labels.shape, found.probabilities.shape) == ((0,), (0, 2))
