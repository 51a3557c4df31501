"""The dissimilarity index as the paper defines it, without any short cut: what the fast way is measured against, for tests and experiments.

Meyer and Pebesma 2021, "Predicting into unknown space? Estimating the area of applicability of spatial prediction models".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_ROWS = 256  # rows whose distances are in memory at a time


@dataclass(frozen=True, eq=False)
class Exact:
    """Learning samples in their weighted space, float64 (sample, column); mean_distance: d̄; threshold: of the index."""

    samples: np.ndarray
    mean: np.ndarray
    factor: np.ndarray
    mean_distance: float
    threshold: float

    def index(self, features: np.ndarray) -> np.ndarray:
        """Dissimilarity float64 (pixel,) of features (pixel, feature)."""
        points = (features - self.mean) * self.factor
        return np.concatenate([_distances(points[i : i + _ROWS], self.samples).min(axis=1) for i in range(0, len(points), _ROWS)]) / (
            self.mean_distance
        )


def fit_exactly(features: np.ndarray, importance: np.ndarray, fold: np.ndarray) -> Exact:
    """The index of learning samples (sample, feature), each feature divided by its sample standard deviation and multiplied by its importance;
    constant features count for nothing. fold: (sample,)."""
    values = features.astype(np.float64)
    mean, deviation = values.mean(axis=0), values.std(axis=0, ddof=1)
    factor = np.divide(importance, deviation, out=np.zeros(len(mean)), where=deviation > 0)
    points = (values - mean) * factor
    total, training = 0.0, np.empty(len(points))
    for i in range(0, len(points), _ROWS):
        found = _distances(points[i : i + _ROWS], points)
        total += found.sum()
        training[i : i + _ROWS] = np.where(fold[i : i + _ROWS, None] == fold, np.inf, found).min(axis=1)
    mean_distance = total / (len(points) * (len(points) - 1))
    index = training[np.isfinite(training)] / mean_distance
    low, high = np.quantile(index, [0.25, 0.75])
    return Exact(points, mean, factor, mean_distance, min(high + 1.5 * (high - low), index.max()))


def _distances(points: np.ndarray, samples: np.ndarray) -> np.ndarray:
    return np.stack([np.sqrt(((samples - point) ** 2).sum(axis=1)) for point in points])
