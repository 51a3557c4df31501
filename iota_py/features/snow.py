"""Snow season of a year, made from a series of snow masks the way LIS makes its L3B layers (Gascoin et al. 2019).

LIS fills the masks (0 or 1) linearly for each day between the clear observations, constant before the first and after the last, and
calls a day snowy where the result is at least one half. Between snow and no snow that is the nearer half of the gap, the day in the
middle included, so the periods follow from the observations alone, without a number for each day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SEASON_DAYS = 10  # LIS dates a season where more days than these are under snow
_NEVER = np.int32(-(2**30))


@dataclass(frozen=True)
class SnowYear:
    """What is asked of a series of snow masks: the band, and the first and last day of the year, days since 1970-01-01."""

    of: str
    start: int
    stop: int

    @property
    def words(self) -> tuple[str, ...]:
        """Ends of the names of the columns, in order."""
        return ("scd", "smod", "sod", "nsp", "nobs", "season")


@dataclass(frozen=True, eq=False)
class SnowSeason:
    """Layers as in the L3B products, int16 (pixel,). Days are counted from 0, the first of the year.

    scd: days under snow. sod, smod: first and last day of the longest snow period, of equals the first one; 0 where there is no season.
    nsp: snow periods that begin after the first day. nobs: days observed. season: 1 where scd > SEASON_DAYS, else 0.
    """

    scd: NDArray[np.int16]
    smod: NDArray[np.int16]
    sod: NDArray[np.int16]
    nsp: NDArray[np.int16]
    nobs: NDArray[np.int16]
    season: NDArray[np.int16]


def snow_season(values: NDArray, valid: NDArray, days: NDArray[np.int32], start: int, stop: int) -> SnowSeason:
    """The season of the days start…stop, both included.

    values: whole numbers or bool (date, pixel), non-zero = snow. valid: (date, pixel), non-zero = usable. days: int32 (date,) since
    1970-01-01, ascending; those outside start…stop count too, for what they say of the days inside. start, stop: days since 1970-01-01.
    Of several usable observations of one day the first counts. A pixel never observed has 0 everywhere.
    Raises ValueError when shapes disagree, days are not ascending or the year is empty.
    """
    if values.ndim != 2 or valid.shape != values.shape or days.shape != values.shape[:1] or np.any(np.diff(days) < 0):
        raise ValueError(
            f"expected values and valid (date, pixel) with as many ascending days, found {values.shape}, {valid.shape}, {days}"
        )
    if stop < start:
        raise ValueError(f"expected a first day on or before the last, found {start} > {stop}")
    tally = _Tally(values.shape[1], start, stop)
    last = np.full(values.shape[1], _NEVER, np.int32)  # day of the last observation
    snowy = np.zeros(values.shape[1], bool)  # what it saw
    begun = np.full(values.shape[1], start, np.int32)  # first day of the period that is open
    nobs = np.zeros(values.shape[1], np.int16)
    for row, day in enumerate(days):
        usable = (valid[row] != 0) & (last != day)
        snow = usable & (values[row] != 0)
        gap = np.where(last == _NEVER, 0, day - last)
        tally.close(usable & ~snow & snowy, begun, last + gap // 2)
        begun = np.where(snow & ~snowy & (last != _NEVER), last + (gap + 1) // 2, begun)
        last, snowy = np.where(usable, day, last), np.where(usable, snow, snowy)
        nobs += usable
    tally.close(snowy, begun, np.full_like(begun, stop))
    return tally.season(nobs)


class _Tally:
    """Periods added up pixel by pixel."""

    def __init__(self, pixels: int, start: int, stop: int) -> None:
        self.start, self.stop = start, stop
        self.total, self.longest, self.first, self.final, self.periods = np.zeros((5, pixels), np.int32)

    def close(self, ended: NDArray[np.bool_], first: NDArray[np.int32], final: NDArray[np.int32]) -> None:
        """Count the period first…final where it has ended, as far as it lies in the year."""
        first, final = np.maximum(first, self.start), np.minimum(final, self.stop)
        length = np.where(ended, np.maximum(final - first + 1, 0), 0)
        self.total += length
        self.periods += (length > 0) & (first > self.start)
        longer = length > self.longest
        self.longest = np.where(longer, length, self.longest)
        self.first, self.final = np.where(longer, first, self.first), np.where(longer, final, self.final)

    def season(self, nobs: NDArray[np.int16]) -> SnowSeason:
        """The layers."""
        season = self.total > SEASON_DAYS
        smod, sod = (np.where(season, day - self.start, 0).astype(np.int16) for day in (self.final, self.first))
        return SnowSeason(self.total.astype(np.int16), smod, sod, self.periods.astype(np.int16), nobs, season.astype(np.int16))
