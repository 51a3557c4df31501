"""Probabilities that the libraries' fitted objects give, asked for in one way. Training and prediction share this module."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


def shares_of(estimator: Any, matrix: np.ndarray) -> np.ndarray:
    """Probabilities float64 (n, class) of a fitted object on matrix float32 (n, feature), n above 0.

    estimator: has `predict_proba` (scikit-learn, values of this package), or is a booster of XGBoost or LightGBM. One thread at most is
    used by boosters; for the rest the caller sets threads.
    """
    if hasattr(estimator, "predict_proba"):
        return np.asarray(estimator.predict_proba(matrix), np.float64)
    if hasattr(estimator, "inplace_predict"):  # XGBoost
        return np.asarray(estimator.inplace_predict(matrix), np.float64)
    shares = estimator.predict(matrix, num_threads=1)
    return shares if shares.ndim == 2 else np.stack([1 - shares, shares], axis=1)


def softmax(scores: np.ndarray) -> np.ndarray:
    """Shares (n, class) that add up to 1, of scores (n, class)."""
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


@dataclass(frozen=True, eq=False)
class Sigmoids:
    """A classifier without probabilities of its own, and a logistic curve for the scores of each class (Platt 1999).

    estimator: has `decision_function`. slope, offset: float64 (class,); the probability of class k is 1 / (1 + exp(-(slope[k] * score +
    offset[k]))), then all are divided by their sum.
    """

    estimator: Any
    slope: np.ndarray
    offset: np.ndarray

    def predict_proba(self, matrix: np.ndarray) -> np.ndarray:
        """Probabilities float64 (n, class) of matrix float32 (n, feature)."""
        logits = self.slope * scores_of(self.estimator, matrix) + self.offset
        return softmax(-np.logaddexp(0.0, -logits))


def scores_of(estimator: Any, matrix: np.ndarray) -> np.ndarray:
    """Scores float64 (n, class) of `decision_function`; of two classes, the only score and its opposite."""
    scores = np.asarray(estimator.decision_function(matrix), np.float64)
    return scores if scores.ndim == 2 else np.stack([-scores, scores], axis=1)
