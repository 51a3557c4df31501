"""Values on the target days, by the method that an input asks for.

Every method has constant ends: before the first valid day of a pixel, and after the last one, it keeps the value of that day. A pixel
without any valid observation is 0. All of them give the same numbers however the pixels are cut into blocks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import config
from numpy.typing import NDArray

from iota_py.timeseries.composites import Composite, least_cloud, median, periods
from iota_py.timeseries.fill_kernels import akima_pixels, median_pixels, whittaker_pixels
from iota_py.timeseries.gapfill import check_series, fill_linear, fill_window
from iota_py.timeseries.smoothing import penalty, savitzky_golay, whittaker

METHODS = ("linear", "akima", "savitzky-golay", "whittaker", "median", "least-cloud")
# A knot has a slope of its own where the neighbouring slopes differ by more than this share of the largest such difference of the series.
_LEAST_DIFFERENCE = 1e-9

COMPILED = not config.DISABLE_JIT


@dataclass(frozen=True)
class Fill:
    """How gaps are filled. window (targets, odd) and order: of savitzky-golay. strength: of whittaker."""

    method: str = "linear"
    window: int = 5
    order: int = 2
    strength: float = 1000.0


def fill(
    values: NDArray[np.int16],
    valid: NDArray,
    days: NDArray[np.int32],
    targets: NDArray[np.int32],
    how: Fill,
    clouds: NDArray[np.float64] | None = None,
) -> NDArray[np.float32]:
    """Values on the target days, float32 (target, band, pixel), in the unit of `values`.

    values: int16 (date, band, pixel). valid: bool or uint8 (date, pixel), non-zero = usable. days: int32 (date,), ascending, repeats
    allowed. targets: int32 (target,), strictly ascending for all methods but linear and akima. clouds: share of each acquisition under
    cloud, NaN where unknown, for least-cloud. Raises ValueError when the arrays disagree or the method is none of METHODS.
    """
    check_series(values, valid, days)
    linear = fill_window if COMPILED else fill_linear
    if how.method == "linear":
        return linear(values, valid, days, targets)
    if how.method == "akima":
        return (_akima if COMPILED else fill_akima)(values, valid, days, targets)
    if how.method == "savitzky-golay":
        return savitzky_golay(linear(values, valid, days, targets), how.window, how.order)
    if how.method == "whittaker":
        return (_whittaker if COMPILED else whittaker)(values, valid, days, targets, how.strength)
    if how.method == "median":
        stored, found = (_median if COMPILED else median)(values, valid, days, targets)
    elif how.method == "least-cloud":
        stored, found = least_cloud(values, valid, days, targets, clouds)
    else:
        raise ValueError(f"fill {how.method}: expected one of {', '.join(METHODS)}")
    return linear(stored, found, targets, targets)


def fill_akima(values: NDArray[np.int16], valid: NDArray, days: NDArray[np.int32], targets: NDArray[np.int32]) -> NDArray[np.float32]:
    """Akima 1970 (Journal of the ACM 17, 589–602): cubics through the valid observations, without the swings of a spline.

    Arguments and result as for `fill`. Of several valid observations of one day, the first. Two valid days: the line between them; one:
    its value. Computed in float64. The reference of `akima_pixels`.
    """
    values, usable, days = first_of_day(values, valid, days)
    out = np.zeros((len(targets), *values.shape[1:]), np.float32)
    if len(days) == 0:
        return out
    order = np.argsort(~usable, axis=0, kind="stable")  # the valid days of each pixel first, in order of time
    count = np.count_nonzero(usable, axis=0)
    x = days.astype(np.float64)[order]
    y = np.take_along_axis(values, order[:, None], axis=0).astype(np.float64)
    slopes = _akima_slopes(x, y, count)
    rank = np.cumsum(usable, axis=0)  # valid days up to each date
    for row, target in enumerate(targets):
        k = int(np.searchsorted(days, target, side="right"))
        seen = rank[k - 1] if k else np.zeros_like(count)
        left = np.clip(seen - 1, 0, np.maximum(count - 2, 0))
        inside = _cubic(float(target), left, np.minimum(left + 1, len(days) - 1), (x, y, slopes))
        ends = np.where(seen == 0, y[0], np.take_along_axis(y, np.maximum(count - 1, 0)[None, None], axis=0)[0])
        filled = np.where((seen == 0) | (seen == count), ends, inside)
        out[row] = np.where(count == 0, 0, filled)
    return out


def first_of_day(
    values: NDArray[np.int16], valid: NDArray, days: NDArray[np.int32]
) -> tuple[NDArray[np.int16], NDArray[np.bool_], NDArray[np.int32]]:
    """One observation a day, of several the first that is valid: values (day, band, pixel), valid (day, pixel), days strictly ascending."""
    usable = np.asarray(valid) != 0
    unique, first, slots = np.unique(days, return_index=True, return_inverse=True)
    if len(unique) == len(days):
        return values, usable, days
    kept, there = values[first], usable[first]
    for row in sorted(set(range(len(days))) - set(first.tolist())):
        slot = slots[row]
        take = usable[row] & ~there[slot]
        kept[slot] = np.where(take, values[row], kept[slot])
        there[slot] |= take
    return kept, there, unique.astype(np.int32)


def _akima(values: NDArray[np.int16], valid: NDArray, days: NDArray[np.int32], targets: NDArray[np.int32]) -> NDArray[np.float32]:
    values, usable, days = first_of_day(values, valid, days)
    out = np.zeros((len(targets), *values.shape[1:]), np.float32)
    akima_pixels(np.ascontiguousarray(values), _bytes(usable), days, targets, _LEAST_DIFFERENCE, out)
    return out


def _whittaker(
    values: NDArray[np.int16], valid: NDArray, days: NDArray[np.int32], targets: NDArray[np.int32], strength: float
) -> NDArray[np.float32]:
    out = np.zeros((len(targets), *values.shape[1:]), np.float32)
    if len(days) > 0:
        diagonals = penalty(int(days[-1] - days[0]) + 1, strength)
        whittaker_pixels(np.ascontiguousarray(values), _bytes(valid), days - days[0], targets - days[0], diagonals, out)
    return out


def _median(values: NDArray[np.int16], valid: NDArray, days: NDArray[np.int32], targets: NDArray[np.int32]) -> Composite:
    rows = periods(days, targets)
    starts, stops = (np.array([getattr(one, end) for one in rows], np.int64) for end in ("start", "stop"))
    stored, found = np.empty((len(targets), *values.shape[1:]), np.int16), np.empty((len(targets), values.shape[2]), bool)
    median_pixels(np.ascontiguousarray(values), _bytes(valid), starts, stops, stored, found)
    return stored, found


def _bytes(valid: NDArray) -> NDArray[np.uint8]:
    return np.ascontiguousarray(valid).view(np.uint8)


def _akima_slopes(x: NDArray[np.float64], y: NDArray[np.float64], count: NDArray[np.intp]) -> NDArray[np.float64]:
    """Slopes at the knots, (date, band, pixel), of knots x (date, pixel), y (date, band, pixel); rows from `count` on mean nothing."""
    dates = len(x)
    segments = np.zeros((dates + 3, *y.shape[1:]))  # slopes between knots, two more on each side
    segments[2 : dates + 1] = np.diff(y, axis=0) / np.diff(x, axis=0)[:, None]
    several = count >= 3
    for j in range(3, dates + 3):
        beyond = np.where(several, 2 * segments[j - 1] - segments[j - 2], segments[j - 1])
        segments[j] = np.where(j >= count + 1, beyond, segments[j])
    segments[1] = np.where(several, 2 * segments[2] - segments[3], segments[2])
    segments[0] = np.where(several, 2 * segments[1] - segments[2], segments[2])
    change = np.abs(np.diff(segments, axis=0))
    after, before = change[2:], change[:-2]
    total = after + before
    largest = np.where(np.arange(dates)[:, None, None] < count, total, 0).max(axis=0)
    own = total > _LEAST_DIFFERENCE * largest
    weighted = (after * segments[1:-2] + before * segments[2:-1]) / np.where(own, total, 1)
    return np.where(own, weighted, 0.5 * (segments[3:] + segments[:-3]))


def _cubic(target: float, left: NDArray[np.intp], right: NDArray[np.intp], knots: tuple[NDArray[np.float64], ...]) -> NDArray[np.float64]:
    """Value (band, pixel) of the cubic between the knots `left` and `right` (pixel,); any number where they are the same knot."""
    x, y, slopes = knots
    x0, x1 = (np.take_along_axis(x, at[None], axis=0)[0] for at in (left, right))
    y0, y1, s0, s1 = (np.take_along_axis(array, at[None, None], axis=0)[0] for array in (y, slopes) for at in (left, right))
    width = np.where(x1 == x0, 1, x1 - x0)
    mean, t = (y1 - y0) / width, target - x0
    return y0 + t * (s0 + t * ((3 * mean - 2 * s0 - s1) / width + t * ((s0 + s1 - 2 * mean) / (width * width))))
