"""Conformal sets of classes: those whose probability reaches a threshold that pixels of other polygons than the learnt ones have set.

Least ambiguous sets (Sadinle, Lei and Wasserman 2019): a pixel has the score 1 - p(true class), and a set holds the classes whose own
score is at most the quantile of the scores. Probabilities are whole thousandths here, so that what is calibrated and what is mapped are
the same numbers. Thresholds: int64 thousandths, a class is in the set where its probability is at least that; 0 lets every class in.
"""

from __future__ import annotations

import numpy as np

WHOLE = 1000


def least_probability(true: np.ndarray, groups: np.ndarray, coverage: float) -> int:
    """Threshold, thousandths, whose sets hold the true class of a pixel of a new polygon with this probability at least.

    true: int (pixel,), thousandths of the true class of calibration pixels. groups: (pixel,), their polygon. Pixels of one polygon resemble
    each other, so each of the K polygons counts once, and the unknown one as if nothing held: the quantile is that of the scores with the
    weight 1 / ((K + 1) pixels of their polygon) each, and of an infinite one with 1 / (K + 1) (Lee, Barber and Willett 2023,
    "Distribution-free inference with hierarchical data", hierarchical conformal prediction). With one pixel a polygon that is the
    ceil((n + 1) coverage)-th smallest of n scores. 0 where there are too few polygons.
    """
    if not 0 < coverage < 1:
        raise ValueError(f"expected a coverage between 0 and 1, found {coverage}")
    if len(true) == 0:
        return 0
    _, place, counts = np.unique(groups, return_inverse=True, return_counts=True)
    weight = 1 / ((len(counts) + 1) * counts[place])
    order = np.argsort(-true.astype(np.int64), kind="stable")  # the smallest score first
    reached = np.cumsum(weight[order]) >= coverage - 1e-9
    return int(true[order[reached.argmax()]]) if reached.any() else 0


def class_thresholds(thousandths: np.ndarray, index: np.ndarray, groups: np.ndarray, coverage: float, per_class: bool) -> np.ndarray:
    """Threshold of each class, int64 (class,): one for all, or that of the calibration pixels of each class.

    thousandths: (pixel, class), of calibration pixels. index: int (pixel,), place of the true class, -1 for one that no model knows: its
    probability is 0. groups: (pixel,), polygon of each.
    """
    true = np.where(index >= 0, thousandths[np.arange(len(index)), np.maximum(index, 0)], 0)
    if not per_class:
        return np.full(thousandths.shape[1], least_probability(true, groups, coverage), np.int64)
    own = [index == k for k in range(thousandths.shape[1])]
    return np.array([least_probability(true[here], groups[here], coverage) for here in own], np.int64)


def voted_sets(thousandths: np.ndarray, thresholds: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Sets of several draws as one, bool (pixel, class): the classes that are in at least half of them, and the most probable one.

    thousandths: (draw, pixel, class). thresholds: (draw, 1 or pixel, class). most: int (pixel,), place of the most probable class: sets are
    never empty. A class outside misses more than half of the sets, so that sets of coverage 1 - a hold the true class with 1 - 2 a at least
    (Gasparin and Ramdas 2024, "Merging uncertainty sets via majority vote").
    """
    found = 2 * (thousandths >= thresholds).sum(axis=0) >= len(thousandths)
    found[np.arange(len(most)), most] = True
    return found
