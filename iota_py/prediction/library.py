"""The engine that asks the library itself: slow, right for any model, and what the compiled engines are compared with."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from iota_py.codes import CodeBook
from iota_py.prediction.engine import Prediction


class LibraryEngine:
    """Wraps a scikit-learn classifier (`predict_proba`) or a LightGBM booster (`predict`), always on one thread.

    book: the codes that the estimator was fitted on, or None when it was fitted on values.
    """

    def __init__(self, estimator: Any, book: CodeBook | None, classes: np.ndarray) -> None:
        self.estimator = estimator
        if getattr(estimator, "n_jobs", 1) != 1:  # several threads add the trees up in any order: ties would vary
            self.estimator = copy.copy(estimator)
            self.estimator.n_jobs = 1
        self.book = book
        self.classes = np.asarray(classes, np.uint8)

    def predict(self, features: np.ndarray, probabilities: bool = False) -> Prediction:
        """Classes of features (n, feature) int16."""
        matrix = features if self.book is None else self.book.encode(features)
        shares = self._shares(matrix.astype(np.float32))
        best = shares.argmax(axis=1)  # the first of equal ones: the lowest code
        confidence = shares[np.arange(len(best)), best].astype(np.float32)
        return Prediction(self.classes[best], confidence, shares.astype(np.float32) if probabilities else None)

    def _shares(self, matrix: np.ndarray) -> np.ndarray:
        """Probabilities float64 (n, class)."""
        if len(matrix) == 0:
            return np.zeros((0, len(self.classes)))
        if hasattr(self.estimator, "predict_proba"):
            return self.estimator.predict_proba(matrix)
        shares = self.estimator.predict(matrix, num_threads=1)
        return shares if shares.ndim == 2 else np.stack([1 - shares, shares], axis=1)
