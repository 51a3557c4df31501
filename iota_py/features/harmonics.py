"""Harmonics of the year fitted to what was observed: least squares on the valid dates, before any filling.

The model of a pixel is `c0 + sum over k of (ck cos(2 pi k t) + sk sin(2 pi k t))`, t = days since the first target / 365.25 (Jakubauskas,
Legates & Kastens 2001, Photogrammetric Engineering & Remote Sensing 67, 461–470; Zhu & Woodcock 2014, Remote Sensing of Environment 144,
152–171). The normal equations are solved by an L D L' decomposition, term after term in that order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

YEAR = 365.25
# A term is left out where the dates do not tell it from those before it: less than this share of its square is its own.
LEAST_OWN = 0.01


@dataclass(frozen=True)
class Harmonics:
    """What is wanted. of: names of bands or indices. count: harmonics, the first with a period of one year."""

    of: tuple[str, ...]
    count: int

    @property
    def words(self) -> tuple[str, ...]:
        """Ends of the names of the columns of one series, in order.

        >>> Harmonics(("ndvi",), 2).words
        ('cos0', 'cos1', 'sin1', 'cos2', 'sin2')
        """
        return ("cos0", *(f"{wave}{k}" for k in range(1, self.count + 1) for wave in ("cos", "sin")))


def harmonics(series: NDArray[np.float32], valid: NDArray, days: NDArray[np.int32], origin: int, count: int) -> NDArray[np.float64]:
    """Coefficients, float64 (1 + 2 count, pixel), in the unit of the series: c0, c1, s1, c2, s2, …

    series: float32 (date, pixel), as observed. valid: (date, pixel), non-zero = usable. days: int32 (date,). origin: day of t = 0. A term
    that the valid dates do not tell from those before it is 0, so a pixel never seen has zeros, and one seen once its value alone.
    """
    design = _design(days, origin, count)
    weights = (np.asarray(valid) != 0).astype(np.float64)
    normal, right = _normal_equations(series.astype(np.float64), weights, design)
    return _solve(normal, right)


def _design(days: NDArray[np.int32], origin: int, count: int) -> NDArray[np.float64]:
    """The terms at the dates, float64 (date, term)."""
    angle = 2 * np.pi * (days.astype(np.float64) - origin) / YEAR
    waves = [wave(k * angle) for k in range(1, count + 1) for wave in (np.cos, np.sin)]
    return np.stack([np.ones(len(days)), *waves], axis=1)


def _normal_equations(
    series: NDArray[np.float64], weights: NDArray[np.float64], design: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """X'WX (term, term, pixel), its lower half alone, and X'Wy (term, pixel), added date after date."""
    terms, pixels = design.shape[1], series.shape[1]
    normal, right = np.zeros((terms, terms, pixels)), np.zeros((terms, pixels))
    for row, weight, values in zip(design, weights, series):
        weighed = weight * values
        for i in range(terms):
            right[i] += row[i] * weighed
            for j in range(i + 1):
                normal[i, j] += (row[i] * row[j]) * weight
    return normal, right


def _solve(normal: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    terms = len(right)
    lower = np.zeros_like(normal)
    pivots, found = np.zeros_like(right), np.zeros_like(right)
    for j in range(terms):
        pivot, rest = normal[j, j].copy(), right[j].copy()
        for k in range(j):
            pivot -= lower[j, k] * lower[j, k] * pivots[k]
            rest -= lower[j, k] * pivots[k] * found[k]
        kept = pivot > LEAST_OWN * normal[j, j]
        pivots[j] = np.where(kept, pivot, 0)
        divisor = np.where(kept, pivot, 1)
        found[j] = np.where(kept, rest / divisor, 0)
        for i in range(j + 1, terms):
            shared = normal[i, j].copy()
            for k in range(j):
                shared -= lower[i, k] * lower[j, k] * pivots[k]
            lower[i, j] = np.where(kept, shared / divisor, 0)
    for j in range(terms - 1, -1, -1):
        for i in range(j + 1, terms):
            found[j] -= np.where(pivots[j] > 0, lower[i, j] * found[i], 0)
    return found
