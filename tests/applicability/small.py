"""Learning samples of three classes in a few features, and pixels like them and unlike them."""

from __future__ import annotations

import numpy as np


def land(count: int, features: int = 8, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features int16 (sample, feature), importance float64 (feature,), and folds of whole polygons (sample,)."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(0, 2000, (3, features))
    polygon = rng.integers(0, max(6, count // 10), count)
    departures = rng.normal(0, 300, (polygon.max() + 1, features))
    values = centres[polygon % 3] + departures[polygon] + rng.normal(0, 120, (count, features))
    return np.rint(values).astype(np.int16), np.linspace(0.2, 1.0, features), polygon % 5
