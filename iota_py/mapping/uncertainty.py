"""How undecided a model is of a pixel, from the probabilities of its classes."""

from __future__ import annotations

import numpy as np

MEASURES = ("least_confidence", "margin", "ratio", "entropy")


def uncertainty(probabilities: np.ndarray, classes: np.ndarray | int, measure: str) -> np.ndarray:
    """One of MEASURES, float64 (pixel,), 0 (decided) to 1.

    probabilities: (pixel, band), 0-1 or any multiple of it: they are divided by their sum. classes: classes that the model of a pixel knows,
    (pixel,) or one number for all; further bands are 0. With p1 and p2 the two largest probabilities: least confidence 1 - p1, margin
    1 - (p1 - p2), ratio p2 / p1 (Settles 2009, section 3.1), entropy -sum p log p / log(classes) (Shannon 1948). A model of one class is never
    undecided: all are 0. Raises ValueError for a name that is none of MEASURES.
    """
    if measure not in MEASURES:
        raise ValueError(f"measure {measure}: expected one of {', '.join(MEASURES)}")
    share = np.asarray(probabilities, np.float64)
    share = share / share.sum(axis=1, keepdims=True)
    if measure == "entropy":
        return _entropy(share, np.broadcast_to(np.asarray(classes), len(share)))
    first, second = two_largest(share)
    if measure == "least_confidence":
        return 1 - first
    return 1 - (first - second) if measure == "margin" else second / first


def two_largest(share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The largest and the second largest of each row (pixel, band); the second is 0 where there is one band."""
    if share.shape[1] == 1:
        return share[:, 0], np.zeros(len(share), share.dtype)
    ordered = np.partition(share, share.shape[1] - 2, axis=1)
    return ordered[:, -1], ordered[:, -2]


def _entropy(share: np.ndarray, classes: np.ndarray) -> np.ndarray:
    total = np.zeros(len(share))
    for own in share.T:  # band after band: the sum of a pixel does not depend on the others
        total -= own * np.log(np.where(own > 0, own, 1))
    return np.clip(total / np.log(np.maximum(classes, 2)), 0, 1)
