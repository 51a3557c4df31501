"""Season of a filled series by the midpoint method.

White, Thornton & Running 1997 (Global Biogeochemical Cycles 11, 217–234): the season starts when the series, rising to its maximum, passes
`lowest + threshold x (highest - lowest)`, and ends when it falls through it again; their threshold is one half. Days between two targets
are found on the line that joins them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FOUND, STARTED_BEFORE, ENDS_AFTER = 1, 2, 4


@dataclass(frozen=True)
class Season:
    """What is wanted. of: a band or an index. threshold: 0–1. least_amplitude: below it there is no season, in the unit of the series."""

    of: str
    threshold: float = 0.5
    least_amplitude: float = 100.0

    @property
    def words(self) -> tuple[str, ...]:
        """Ends of the names of the columns, in order."""
        return ("season", "season_start", "season_peak", "season_end", "season_length")


def season(series: NDArray[np.float32], days: NDArray[np.int32], wanted: Season) -> NDArray[np.float64]:
    """Columns float64 (word, pixel), as `wanted.words`.

    series: float32 (target, pixel), filled. days: int32 (target,), strictly ascending. The first column is a flag: 0 no season (the
    amplitude is 0 or below the least one), and all the others are 0; else the sum of 1, of 2 where the season had begun before the first
    target, which then is its start, and of 4 where it ends after the last one, which then is its end. Start, peak (the first maximum) and
    end are days since the first target; length = end - start.
    """
    since = (days - days[0]).astype(np.float64)
    values = series.astype(np.float64)
    lowest, highest = values.min(axis=0), values.max(axis=0)
    amplitude = highest - lowest
    level = lowest + wanted.threshold * amplitude
    peak = np.argmax(series, axis=0)
    start, began = _start(values, since, level, peak)
    end, ended = _end(values, since, level, peak)
    flag = FOUND + STARTED_BEFORE * ~began + ENDS_AFTER * ~ended
    there = (amplitude > 0) & (amplitude >= wanted.least_amplitude)
    return np.where(there, np.array([flag, start, since[peak], end, end - start], np.float64), 0.0)


def _start(
    values: NDArray[np.float64], since: NDArray[np.float64], level: NDArray[np.float64], peak: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Day of the last rise through the level before the peak, and whether there is one; the first target where there is none."""
    day, found = np.full(len(level), since[0]), np.zeros(len(level), bool)
    for k in range(1, len(values)):
        crossed = (values[k - 1] < level) & (values[k] >= level) & (k <= peak)
        day = np.where(crossed, _crossing(values[k - 1 : k + 1], since[k - 1 : k + 1], level), day)
        found |= crossed
    return day, found


def _end(
    values: NDArray[np.float64], since: NDArray[np.float64], level: NDArray[np.float64], peak: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Day of the first fall through the level after the peak, and whether there is one; the last target where there is none."""
    day, found = np.full(len(level), since[-1]), np.zeros(len(level), bool)
    for k in range(len(values) - 1, 0, -1):
        crossed = (values[k - 1] >= level) & (values[k] < level) & (k > peak)
        day = np.where(crossed, _crossing(values[k - 1 : k + 1], since[k - 1 : k + 1], level), day)
        found |= crossed
    return day, found


def _crossing(pair: NDArray[np.float64], since: NDArray[np.float64], level: NDArray[np.float64]) -> NDArray[np.float64]:
    """Day on which the line from one target to the next is at the level; any number where it is flat."""
    rise = pair[1] - pair[0]
    return since[0] + (level - pair[0]) / np.where(rise == 0, 1, rise) * (since[1] - since[0])
