"""The engine that asks the library itself: slow, right for any model, and what the compiled engines are compared with."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

from iota_py.codes import CodeBook
from iota_py.prediction.engine import Prediction, decided
from iota_py.probabilities import shares_of

# Rows that a library is given at a time, always so many: products of matrices may differ in their last bits with the number of rows.
BLOCK = 1024


class LibraryEngine:
    """Wraps an object that `probabilities.shares_of` knows (scikit-learn, LightGBM, XGBoost, our network), always on one thread.

    book: the codes that the estimator was fitted on, or None when it was fitted on values.
    """

    def __init__(self, estimator: Any, book: CodeBook | None, classes: np.ndarray) -> None:
        self.estimator = estimator
        if getattr(estimator, "n_jobs", 1) != 1:  # several threads add the trees up in any order: ties would vary
            self.estimator = copy.copy(estimator)
            self.estimator.n_jobs = 1
        self.book = book
        self.classes = np.asarray(classes, np.uint8)
        self._threads = ThreadpoolController()  # of the libraries that the estimator has loaded by now

    def predict(self, features: np.ndarray, probabilities: bool = False) -> Prediction:
        """Classes of features (n, feature) int16; a pixel has the same bits whichever others are asked for with it."""
        shares = np.zeros((len(features), len(self.classes)))
        padded = np.zeros((BLOCK, features.shape[1]), np.float32)
        with self._threads.limit(limits=1):
            for first in range(0, len(features), BLOCK):
                block = features[first : first + BLOCK]
                padded[: len(block)] = block if self.book is None else self.book.encode(block)
                padded[len(block) :] = 0
                shares[first : first + len(block)] = shares_of(self.estimator, padded)[: len(block)]
        return decided(self.classes, shares, probabilities)
