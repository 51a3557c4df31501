"""What a prediction is, and what every engine offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from iota_py.codes import CodeBook


@dataclass(frozen=True, eq=False)
class Prediction:
    """Predicted classes of n pixels.

    labels: uint8 (n,), class codes; of equal probabilities the lowest code wins. confidence: float32 (n,), the largest probability,
    0–1. probabilities: float32 (n, class) in the order of the engine's classes, or None where not asked for.
    """

    labels: np.ndarray
    confidence: np.ndarray
    probabilities: np.ndarray | None = None


def decided(classes: np.ndarray, shares: np.ndarray, probabilities: bool) -> Prediction:
    """The classes that shares (n, class) speak for: of equal ones the first, which is the lowest code."""
    best = shares.argmax(axis=1)
    confidence = shares[np.arange(len(best)), best].astype(np.float32)
    return Prediction(classes[best], confidence, np.ascontiguousarray(shares, np.float32) if probabilities else None)


class UnsupportedModelError(Exception):
    """A compiled engine cannot give the library's answers for this model; the message says why."""


class Engine(Protocol):
    """Predicts from feature values. classes: uint8, ascending. Engines keep no state between calls: threads may share one."""

    classes: np.ndarray

    def predict(self, features: np.ndarray, probabilities: bool = False) -> Prediction:
        """Classes of features (n, feature) int16, C order."""
        ...


class CodeEngine(Engine, Protocol):
    """An engine that works on 8-bit codes: a caller that encodes while it computes features saves a pass.

    tiled: it takes codes by tiles of pixels, (tile, feature, codes.TILE), else (pixel, feature).
    """

    book: CodeBook
    tiled: bool

    def predict_codes(self, codes: np.ndarray, pixels: int, probabilities: bool = False) -> Prediction:
        """Classes of the first `pixels` of codes uint8, C order, made with `book`, in the engine's own layout."""
        ...
