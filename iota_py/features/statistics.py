"""Statistics of a filled series over its target dates: percentiles, amplitude, mean, deviation, days of the extremes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Statistics:
    """What is wanted. of: names of bands or indices. percentiles: whole numbers 0–100."""

    of: tuple[str, ...]
    percentiles: tuple[int, ...] = ()
    amplitude: bool = False
    mean: bool = False
    deviation: bool = False
    extremes: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """Ends of the names of the columns of one series, in order.

        >>> Statistics(("ndvi",), (10, 90), amplitude=True, extremes=True).words
        ('p10', 'p90', 'amplitude', 'min_day', 'max_day')
        """
        single = [word for word in ("amplitude", "mean", "deviation") if getattr(self, word)]
        return (*(f"p{q}" for q in self.percentiles), *single, *(("min_day", "max_day") if self.extremes else ()))


def statistics(series: NDArray[np.float32], days: NDArray[np.int32], wanted: Statistics) -> NDArray[np.float64]:
    """Columns of one series, float64 (word, pixel), as `wanted.words`.

    series: float32 (target, pixel), filled. days: int32 (target,), ascending. Percentiles by linear interpolation between order statistics
    (definition 7 of Hyndman & Fan 1996, The American Statistician 50, 361–365); amplitude = highest - lowest; deviation is that of the
    population; days of the first lowest and the first highest value are counted from the first target. All but the days are in the unit
    of the series.
    """
    ordered = np.sort(series, axis=0).astype(np.float64)
    rows = [_percentile(ordered, q) for q in wanted.percentiles]
    if wanted.amplitude:
        rows.append(ordered[-1] - ordered[0])
    mean = _mean(series.astype(np.float64))
    if wanted.mean:
        rows.append(mean)
    if wanted.deviation:
        rows.append(np.sqrt(_mean((series - mean) ** 2)))
    if wanted.extremes:
        since = (days - days[0]).astype(np.float64)
        rows += [since[np.argmin(series, axis=0)], since[np.argmax(series, axis=0)]]
    return np.array(rows, np.float64).reshape(len(rows), series.shape[1])


def _percentile(ordered: NDArray[np.float64], q: int) -> NDArray[np.float64]:
    # In hundredths, so that a rank that is whole is found whole.
    below, share = divmod((len(ordered) - 1) * q, 100)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (share / 100)


def _mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    # Target after target: np.sum adds in another order when there is one pixel.
    total = np.zeros(values.shape[1])
    for row in values:
        total += row
    return total / len(values)
