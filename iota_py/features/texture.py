"""Texture of one date: what the neighbourhood of a pixel looks like, on a square of (2 radius + 1) pixels on a side.

Three measures of the values alone: mean, standard deviation, and the entropy of their histogram (Shannon 1948). Those of pairs of
neighbours (Haralick, Shanmugam & Dinstein 1973) would need a co-occurrence matrix for each pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVELS = 20
LOWEST, HIGHEST = -1000.0, 1000.0  # of the histogram: an index ×1000 from -1 to 1, in steps of 0.1; values outside go to the ends


@dataclass(frozen=True)
class Texture:
    """What is wanted. of: an index. day: target date, days since 1970-01-01. radius: pixels on each side, the margin that it needs."""

    of: str
    day: int
    radius: int

    @property
    def words(self) -> tuple[str, ...]:
        """Ends of the names of the columns, in order."""
        return ("texture_mean", "texture_deviation", "texture_entropy")


def texture(values: NDArray[np.float32], seen: NDArray[np.bool_], radius: int) -> NDArray[np.float64]:
    """Mean, standard deviation (both in the unit of `values`) and entropy × 1000 / log(LEVELS), float64 (3, row, col).

    values: float32 (row, col). seen: bool (row, col), the pixels that count. Beyond the edges there is nothing: there, and around pixels
    that do not count, the measures are those of the neighbours that do; all are 0 where there is none. Only pixels at least `radius` from
    the edges have their whole neighbourhood. Each number depends on its neighbourhood alone, bit for bit.
    """
    count = _around(seen.astype(np.float64), radius)
    divisor = np.maximum(count, 1)
    known = np.where(seen, values.astype(np.float64), 0)
    mean = _around(known, radius) / divisor
    deviation = np.sqrt(_squares(known, seen, mean, radius) / divisor)
    return np.stack([mean, deviation, _entropy(known, seen, count.astype(np.intp), radius)])


def _shifted(values: NDArray, radius: int) -> list[NDArray]:
    """The array moved by every step of the neighbourhood, zeros coming in, in a fixed order."""
    rows, cols = values.shape
    padded = np.pad(values, radius)
    side = 2 * radius + 1
    return [padded[r : r + rows, c : c + cols] for r in range(side) for c in range(side)]


def _around(values: NDArray, radius: int) -> NDArray:
    total = np.zeros_like(values)
    for moved in _shifted(values, radius):
        total += moved
    return total


def _squares(known: NDArray[np.float64], seen: NDArray[np.bool_], mean: NDArray[np.float64], radius: int) -> NDArray[np.float64]:
    """Sum of the squared distances of the neighbours to the mean of the neighbourhood."""
    total = np.zeros_like(known)
    for moved, counts in zip(_shifted(known, radius), _shifted(seen, radius)):
        total += np.where(counts, (moved - mean) ** 2, 0)
    return total


def _entropy(known: NDArray[np.float64], seen: NDArray[np.bool_], count: NDArray[np.intp], radius: int) -> NDArray[np.float64]:
    """log n - (1/n) sum over the levels of c log c, in thousandths of that of LEVELS equal levels; 0 where n is 0."""
    numbers = np.arange((2 * radius + 1) ** 2 + 1, dtype=np.float64)
    logs = np.log(np.maximum(numbers, 1))
    weighed = numbers * logs
    step = (HIGHEST - LOWEST) / LEVELS
    level = np.clip(np.floor((known - LOWEST) / step), 0, LEVELS - 1)
    total = np.zeros_like(known)
    for k in range(LEVELS):
        inside = _around(((level == k) & seen).astype(np.int32), radius)
        total += weighed[inside]
    return 1000 * np.maximum(logs[count] - total / np.maximum(count, 1), 0) / np.log(LEVELS)
