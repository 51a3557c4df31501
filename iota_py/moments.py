"""Mean and covariance of samples of features, to the last bit the same however they are computed."""

from __future__ import annotations

import numpy as np

_ROWS = (
    2**16
)  # taken together: the squares of int16 add up below 2**53, so that sums are exact in any order; 500 columns take a quarter of a GiB


def moments(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean (feature,) and covariance (feature, feature) with n - 1, float64, of int16 samples; the same bits on any number of threads."""
    count = len(features)
    centre = np.rint(features.mean(axis=0, dtype=np.float64))  # whole: differences and their products stay exact
    first, second = np.zeros(features.shape[1]), np.zeros((features.shape[1],) * 2)
    for start in range(0, count, _ROWS):
        shifted = features[start : start + _ROWS] - centre
        first += shifted.sum(axis=0)
        second += shifted.T @ shifted
    return centre + first / count, (second - np.outer(first, first) / count) / (count - 1)
