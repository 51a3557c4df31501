"""What an estimator learns from: a value that passes from `fit` to the function of each kind."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class LearningSet:
    """Samples of a model, in their order.

    matrix: (sample, feature), int16 values or uint8 codes. labels: uint8 (sample,). names: of the features. weights: float64 (sample,),
    above 0, None: all alike. groups: int64 (sample,), samples of one group (a polygon) stay together where parts are made; None: each alone.
    """

    matrix: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...]
    weights: np.ndarray | None = None
    groups: np.ndarray | None = None

    def rows(self, chosen: np.ndarray) -> LearningSet:
        """Some of the samples. chosen: places, or bool (sample,)."""
        parts = (None if part is None else part[chosen] for part in (self.weights, self.groups))
        return LearningSet(self.matrix[chosen], self.labels[chosen], self.names, *parts)

    def weighted(self, class_weight: Any) -> LearningSet:
        """The same with the weights of the classes in those of the samples; class_weight as in `training.options`."""
        if class_weight is None:
            return self
        factors = np.ones(256)
        if class_weight == "balanced":
            counts = np.bincount(self.labels, minlength=256)
            present = counts > 0
            factors[present] = len(self.labels) / (present.sum() * counts[present])
        else:
            for code, weight in class_weight:
                factors[code] = weight
        return replace(self, weights=factors[self.labels] * (1.0 if self.weights is None else self.weights))


@dataclass(frozen=True)
class Estimator:
    """One kind of estimator.

    options: its class of options. train: (options, samples, seed, threads) -> the fitted object. weights: whether it takes weights of
    samples.
    """

    options: type
    train: Callable[[Any, LearningSet, int, int], Any]
    weights: bool = True


def parts_of(samples: LearningSet, parts: int, seed: int) -> np.ndarray:
    """A part from 0 to `parts` - 1 for each sample, int64 (sample,): groups stay whole, and every class is spread over the parts.

    A class of a single group is spread by its samples: it could not be learnt otherwise. A class of a single sample has part -1.
    """
    rng = np.random.default_rng([seed, zlib.crc32(b"parts")])
    groups = np.arange(len(samples.labels)) if samples.groups is None else samples.groups
    out = np.full(len(samples.labels), -1, np.int64)
    dealt = 0
    for code in np.unique(samples.labels):
        rows = np.flatnonzero(samples.labels == code)
        _, unit = np.unique(groups[rows], return_inverse=True)
        units = unit.max() + 1
        if units == 1:
            unit, units = np.arange(len(rows)), len(rows)
        if units == 1:
            continue
        out[rows] = (rng.permutation(units)[unit] + dealt) % parts
        dealt += units
    return out
