"""Date grids: the days on which every tile gets its features."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

EPOCH = date(1970, 1, 1)


def regular_grid(start: date, end: date, step: int) -> tuple[date, ...]:
    """Days `start, start + step, …` while <= `end`; the end itself is not appended.

    step: whole days, at least 1. Raises ValueError on a smaller step or on start > end.

    >>> [d.isoformat() for d in regular_grid(date(2018, 1, 1), date(2018, 1, 25), 10)]
    ['2018-01-01', '2018-01-11', '2018-01-21']
    """
    if step < 1:
        raise ValueError(f"expected a step of at least 1 day, found {step}")
    if start > end:
        raise ValueError(f"expected a start on or before the end, found {start} > {end}")
    return tuple(start + timedelta(days=offset) for offset in range(0, (end - start).days + 1, step))


def automatic_grid(dates_by_tile: Mapping[str, Iterable[date]], step: int) -> tuple[date, ...]:
    """Regular grid from the first to the last observation over all the tiles of the run, so that every tile has the same columns.

    Raises ValueError when no tile has any date, or on a step below 1.
    """
    every = [day for dates in dates_by_tile.values() for day in dates]
    if not every:
        raise ValueError(f"expected at least one date over {len(dates_by_tile)} tiles, found none")
    return regular_grid(min(every), max(every), step)


def days(dates: Iterable[date]) -> NDArray[np.int32]:
    """Whole days since 1970-01-01, int32 (date,), in the order given.

    >>> days([date(1970, 1, 2), date(2018, 1, 1)]).tolist()
    [1, 17532]
    """
    return np.array([(day - EPOCH).days for day in dates], dtype=np.int32)
