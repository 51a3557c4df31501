"""Engines made of others: a vote of their probabilities, or a logistic regression on them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from iota_py.prediction.engine import Engine, Prediction, decided
from iota_py.probabilities import softmax


class VotingEngine:
    """The weighted mean of the probabilities of engines that share their classes. weights: float64 (engine,), they add up to 1."""

    def __init__(self, engines: Sequence[Engine], weights: np.ndarray) -> None:
        self.engines = tuple(engines)
        self.weights = weights
        self.classes = self.engines[0].classes

    def predict(self, features: np.ndarray, probabilities: bool = False) -> Prediction:
        """Classes of features (n, feature) int16."""
        shares = np.zeros((len(features), len(self.classes)))
        for engine, weight in zip(self.engines, self.weights):
            shares += weight * _shares(engine, features)
        return decided(self.classes, shares, probabilities)


class StackingEngine:
    """Softmax of a linear function of the probabilities of engines, side by side.

    coefficients: float64 (class, engine * class). intercepts: float64 (class,). Terms are added in the order of the columns, one pixel
    apart from another, so that blocks of any size give the same bits.
    """

    def __init__(self, engines: Sequence[Engine], coefficients: np.ndarray, intercepts: np.ndarray) -> None:
        self.engines = tuple(engines)
        self.coefficients = coefficients
        self.intercepts = intercepts
        self.classes = self.engines[0].classes

    def predict(self, features: np.ndarray, probabilities: bool = False) -> Prediction:
        """Classes of features (n, feature) int16."""
        beside = np.concatenate([_shares(engine, features) for engine in self.engines], axis=1)
        scores = np.tile(self.intercepts, (len(features), 1))
        for column, coefficient in zip(beside.T, self.coefficients.T):
            scores += column[:, None] * coefficient
        return decided(self.classes, softmax(scores), probabilities)


def _shares(engine: Engine, features: np.ndarray) -> np.ndarray:
    found = engine.predict(features, probabilities=True).probabilities
    assert found is not None
    return found.astype(np.float64)
