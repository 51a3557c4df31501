"""Profiles of features: how their values are spread, kept beside a model so that another year can be compared with its own.

A profile holds the percentiles of each feature and the share of values up to each of them, so that values that come often (water, shade,
nodata) keep their weight where percentiles fall together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

LEVELS = np.arange(101) / 100  # of the percentiles
MISSING = -32768  # of int16 features: nothing is known here


@dataclass(frozen=True, eq=False)
class Profile:
    """Of the features `names`. counts: int64 (feature,), values that are there. percentiles: int16 (feature, level), each a value that is
    there, ascending. below: float64 (feature, level), share of the values up to each. mean, sd: float64 (feature,), population formula;
    missing: float64 (feature,), share of the rows without a value. Features without any value have 0 everywhere, and NaN for mean and sd.
    """

    names: tuple[str, ...]
    counts: np.ndarray
    percentiles: np.ndarray
    below: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    missing: np.ndarray

    def arrays(self, prefix: str = "") -> dict[str, np.ndarray]:
        """All of it as arrays by name, for a file that needs no pickle."""
        own = {"names": np.array(self.names, dtype=np.str_)} | {name: getattr(self, name) for name in _NUMBERS}
        return {prefix + name: array for name, array in own.items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], prefix: str = "") -> Profile:
        """The inverse of `arrays`. ValueError where an array is missing or has another shape than the names ask for."""
        absent = [name for name in ("names", *_NUMBERS) if prefix + name not in arrays]
        if absent:
            raise ValueError(f"no {', '.join(absent)}")
        names = tuple(str(name) for name in arrays[prefix + "names"])
        numbers = {name: arrays[prefix + name] for name in _NUMBERS}
        for name, found in numbers.items():
            expected = (len(names), len(LEVELS)) if name in ("percentiles", "below") else (len(names),)
            if found.shape != expected:
                raise ValueError(f"{name} has the shape {found.shape}, expected {expected}")
        return cls(names, **numbers)

    def share_up_to(self, feature: int, value: float) -> float:
        """Share of the values of a feature that are no more than `value`: exact at the percentiles, linear between them; 0 below the least."""
        percentiles, below = self.percentiles[feature], self.below[feature]
        if value < percentiles[0]:
            return 0.0
        edges, first = np.unique(percentiles, return_index=True)
        return float(np.interp(value, edges, below[first]))


_NUMBERS = ("counts", "percentiles", "below", "mean", "sd", "missing")


def profile_of(features: np.ndarray, names: Sequence[str]) -> Profile:
    """Profile of features int16 (row, feature); MISSING is no value. Percentiles by the inverse of the empirical distribution.

    Raises ValueError when the columns are not as many as the names.
    """
    if features.ndim != 2 or features.shape[1] != len(names):
        raise ValueError(f"expected (row, {len(names)}) features, found {features.shape}")
    rows, size = features.shape
    counts = np.zeros(size, np.int64)
    percentiles, below = np.zeros((size, len(LEVELS)), np.int16), np.zeros((size, len(LEVELS)))
    mean, sd = np.full(size, np.nan), np.full(size, np.nan)
    for column in range(size):  # a sort of one column at a time: a region's sample never stands twice in memory
        values = np.sort(features[:, column])
        values = values[np.searchsorted(values, MISSING, side="right") :]
        counts[column] = len(values)
        if len(values):
            places = np.clip(np.ceil(LEVELS * len(values) - 1e-9).astype(np.int64) - 1, 0, None)
            percentiles[column] = values[places]
            below[column] = np.searchsorted(values, percentiles[column], side="right") / len(values)
            mean[column], sd[column] = values.mean(dtype=np.float64), values.std(dtype=np.float64)
    missing = 1 - counts / rows if rows else np.ones(size)
    return Profile(tuple(names), counts, percentiles, below, mean, sd, missing)
