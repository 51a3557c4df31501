"""Composites of periods: one observation for each target, made of those from its day to the day before the next target.

The last period is as long as the one before it; a single target takes all that comes from its day on. A period without a valid observation
stays a gap, to be filled between composites. Composites lie on the day of their target.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Composite = tuple[NDArray[np.int16], NDArray[np.bool_]]


def periods(days: NDArray[np.int32], targets: NDArray[np.int32]) -> list[slice]:
    """Rows of the observations of each period. days: int32 (date,), ascending. targets: int32 (target,), strictly ascending.

    >>> periods(np.array([1, 9, 10, 19, 25, 30]), np.array([0, 10, 20]))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    starts = np.searchsorted(days, targets, side="left").tolist()
    end = int(np.searchsorted(days, 2 * targets[-1] - targets[-2], side="left")) if len(targets) > 1 else len(days)
    return [slice(start, stop) for start, stop in zip(starts, [*starts[1:], end])]


def median(values: NDArray[np.int16], valid: NDArray, days: NDArray[np.int32], targets: NDArray[np.int32]) -> Composite:
    """Median of the valid observations of each period, band by band: int16 (target, band, pixel) and where there is one, bool (target, pixel).

    Of an even number the mean of the two in the middle, halves rounded to even. values: int16 (date, band, pixel). valid: (date, pixel).
    The reference of `median_pixels`.
    """
    stored, found = _empty(values, len(targets))
    usable = np.asarray(valid) != 0
    for row, rows in enumerate(periods(days, targets)):
        if rows.start == rows.stop:
            continue
        count = np.count_nonzero(usable[rows], axis=0)
        # Unusable ones last: int32 has room above every int16.
        ordered = np.sort(np.where(usable[rows][:, None], values[rows], np.int32(1 << 20)), axis=0)
        low, high = (
            np.take_along_axis(ordered, place[None, None], axis=0)[0]
            for place in (np.maximum(count - 1, 0) // 2, np.minimum(count // 2, len(ordered) - 1))
        )
        found[row] = count > 0
        stored[row] = np.where(found[row], np.rint((low + high) / 2), 0)
    return stored, found


def least_cloud(
    values: NDArray[np.int16],
    valid: NDArray,
    days: NDArray[np.int32],
    targets: NDArray[np.int32],
    clouds: NDArray[np.float64] | None,
) -> Composite:
    """Valid observation of each period that comes from the least cloudy acquisition, all its bands: as for `median`.

    clouds: float64 (date,), share of each acquisition under cloud, NaN where unknown: such a one comes after all others. Of equal shares
    the earliest. Raises ValueError without them.
    """
    if clouds is None or len(clouds) != len(values):
        raise ValueError(f"expected the cloud share of {len(values)} acquisitions, found {None if clouds is None else len(clouds)}")
    stored, found = _empty(values, len(targets))
    usable = np.asarray(valid) != 0
    for row, rows in enumerate(periods(days, targets)):
        preferred = rows.start + np.argsort(clouds[rows], kind="stable")  # NaN last
        for date in preferred:
            take = usable[date] & ~found[row]
            stored[row] = np.where(take, values[date], stored[row])
            found[row] |= take
    return stored, found


def _empty(values: NDArray[np.int16], targets: int) -> Composite:
    return np.zeros((targets, *values.shape[1:]), np.int16), np.zeros((targets, values.shape[2]), bool)
