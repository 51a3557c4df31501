"""Engines around an engine: features projected before, probabilities calibrated after. They take values only, never codes."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from iota_py.prediction.engine import Engine, Prediction, decided


class Projection(Protocol):
    """Turns features (n, feature) int16 into components (n, component) int16."""

    def apply(self, features: np.ndarray) -> np.ndarray: ...


class Calibration(Protocol):
    """Turns probabilities (n, class) float32 into better ones of the same shape and type."""

    def apply(self, probabilities: np.ndarray) -> np.ndarray: ...


class ProjectedEngine:
    """An engine for the components of features."""

    def __init__(self, engine: Engine, projection: Projection) -> None:
        self.engine = engine
        self.projection = projection
        self.classes = engine.classes

    def predict(self, features: np.ndarray, probabilities: bool = False) -> Prediction:
        """Classes of features (n, feature) int16."""
        return self.engine.predict(np.ascontiguousarray(self.projection.apply(features)), probabilities)


class CalibratedEngine:
    """An engine whose labels and confidence are those of calibrated probabilities."""

    def __init__(self, engine: Engine, calibration: Calibration) -> None:
        self.engine = engine
        self.calibration = calibration
        self.classes = engine.classes

    def predict(self, features: np.ndarray, probabilities: bool = False) -> Prediction:
        """Classes of features (n, feature) int16."""
        found = self.engine.predict(features, probabilities=True)
        assert found.probabilities is not None
        return decided(self.classes, self.calibration.apply(found.probabilities), probabilities)
