"""Square blocks of ground, on an origin that never moves: neighbours are in the same block whatever the data."""

from __future__ import annotations

import numpy as np


def block_of(points: np.ndarray, side: float) -> np.ndarray:
    """Key of the block that holds each point, text (point,).

    points: (point, 2) in metres of a projected CRS. Block (i, j) holds i × side <= x < (i + 1) × side and the same of y and j, so that its
    corners are at whole multiples of `side` from the origin of the CRS.
    """
    if side <= 0 or points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"blocks of side {side} of points {points.shape}: expected a positive side and (point, 2)")
    index = np.floor(np.asarray(points, np.float64) / side).astype(np.int64)
    return np.array([f"{i}_{j}" for i, j in index.tolist()], dtype=object)
