"""Linear filling of invalid observations on a grid of target days.

The rule, for one pixel and one target day t. P = last valid observation of a day < t; N = first valid observation of a day >= t, both
in the order of the series (so of several valid observations on day t itself, the first). Then
    value(t) = P + w (N - P),   w = (t - day(P)) / (day(N) - day(P)),
N alone where there is no P, P alone where there is no N (constant ends), 0 where no observation is valid. N on day t gives w = 1 and the
observation itself: int16 differences are exact in float32. The result never leaves [min(P, N), max(P, N)].

All arithmetic is float32, one operation at a time (no fused multiply-add), so `fill_linear` (numpy) and `fill_chunk` (numba) give the
same bits on every machine, for every size of chunk and window.

How the kernel avoids per-pixel indices: P depends on t only through k, the number of observations before t, which all the pixels
share. One sweep forwards keeps "the last valid value before row k", one sweep backwards "the first valid value from row k on"; the target
then reads row k of both. Everything runs along pixels and vectorises, whatever the clouds look like.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

# Pixels per chunk: 256 keeps 37 targets × 10 bands of float32 in a 1 MiB cache; 128 and 512 are within 25 % of it.
LANES = 256

# Days outside any calendar, exact in float32: they mark "no observation before" and "no observation after".
_NONE_BEFORE = np.float32(-(2**24))
_NONE_AFTER = np.float32(2**24)
_ONE = np.float32(1)
_ZERO = np.float32(0)


def fill_linear(values: NDArray[np.int16], valid: NDArray, days: NDArray[np.int32], targets: NDArray[np.int32]) -> NDArray[np.float32]:
    """Values on the target days, float32 (target, band, pixel), in the unit of `values`.

    values: int16 (date, band, pixel). valid: (date, pixel), bool or uint8, non-zero = usable. days: int32 (date,), ascending, repeats
    allowed. targets: int32 (target,), any order. The reference of `fill_chunk`, and the way where numba cannot run.
    Raises ValueError when shapes disagree or days are not ascending.
    """
    check_series(values, valid, days)
    usable = np.asarray(valid) != 0
    before, after = _nearest_valid(usable)
    out = np.empty((len(targets), *values.shape[1:]), np.float32)
    for row, target in enumerate(targets):
        k = np.searchsorted(days, target, side="left")
        weight = _weight(np.float32(target), _day_of(days, before[k], _NONE_BEFORE), _day_of(days, after[k], _NONE_AFTER))
        previous, following = _value_of(values, before[k]), _value_of(values, after[k])
        out[row] = previous + weight * (following - previous)
    return out


def fill_window(
    values: NDArray[np.int16], valid: NDArray, days: NDArray[np.int32], targets: NDArray[np.int32], lanes: int = LANES
) -> NDArray[np.float32]:
    """Same as `fill_linear`, computed by the kernel on chunks of `lanes` pixels."""
    check_series(values, valid, days)
    out = np.empty((len(targets), *values.shape[1:]), np.float32)
    _fill_window(np.ascontiguousarray(values), np.ascontiguousarray(valid).view(np.uint8), days, targets, lanes, out)
    return out


def check_series(values: NDArray, valid: NDArray, days: NDArray) -> None:
    """Raise ValueError unless the three arrays describe one series: shapes (date, band, pixel), (date, pixel), (date,), days ascending."""
    if values.ndim != 3 or values.dtype != np.int16:
        raise ValueError(f"expected int16 values (date, band, pixel), found {values.dtype} with shape {values.shape}")
    if valid.shape != (values.shape[0], values.shape[2]) or valid.dtype not in (np.bool_, np.uint8):
        raise ValueError(f"expected bool or uint8 valid of shape {(values.shape[0], values.shape[2])}, found {valid.dtype} {valid.shape}")
    if days.shape != values.shape[:1] or np.any(np.diff(days) < 0):
        raise ValueError(f"expected {values.shape[0]} ascending days, found {days.tolist()}")


def rounded(values: NDArray[np.floating]) -> NDArray[np.int16]:
    """int16 of finite values: clipped to -32768…32767, then to the nearest integer, halves to the even one (as `np.rint`)."""
    return np.rint(np.clip(values, np.float32(-32768), np.float32(32767))).astype(np.int16)


def valid_count(valid: NDArray) -> NDArray[np.uint8]:
    """Number of usable observations of each pixel, uint8 (pixel,), 255 for 255 or more. valid: (date, pixel), non-zero = usable."""
    return np.minimum(np.count_nonzero(valid, axis=0), 255).astype(np.uint8)


def _nearest_valid(usable: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """For k = 0…dates: index of the last usable date before row k (-1: none), of the first from row k on (-1: none); (date + 1, pixel)."""
    dates, pixels = usable.shape
    index = np.arange(dates)[:, None]
    before = np.full((dates + 1, pixels), -1)
    np.maximum.accumulate(np.where(usable, index, -1), axis=0, out=before[1:])
    after = np.full((dates + 1, pixels), dates)
    after[:-1] = np.minimum.accumulate(np.where(usable, index, dates)[::-1], axis=0)[::-1]
    after[after == dates] = -1
    return before, after


def _day_of(days: NDArray[np.int32], index: NDArray[np.intp], missing: np.float32) -> NDArray[np.float32]:
    return np.append(days.astype(np.float32), missing)[index]


def _value_of(values: NDArray[np.int16], index: NDArray[np.intp]) -> NDArray[np.float32]:
    """Value (band, pixel) of each pixel at its own date; 0 where the index is -1."""
    if values.shape[0] == 0:
        return np.zeros(values.shape[1:], np.float32)
    taken = np.take_along_axis(values, np.maximum(index, 0)[None, None, :], axis=0)[0].astype(np.float32)
    return np.where(index >= 0, taken, _ZERO)


def _weight(target: np.float32, before: NDArray[np.float32], after: NDArray[np.float32]) -> NDArray[np.float32]:
    """Share of the following observation, 0…1; 1 where nothing comes before, 0 where nothing comes after."""
    weight = (target - before) / (after - before)
    weight[before == _NONE_BEFORE] = _ONE
    weight[after == _NONE_AFTER] = _ZERO
    return weight


@njit(nogil=True, cache=True, error_model="numpy")
def fill_chunk(values, valid, days, targets, start, stop, out):
    """Fill the pixels start…stop-1 of a window into lanes 0…stop-start-1 of `out`; lanes beyond are left as they are.

    values: int16 (date, band, pixel), C-contiguous. valid: uint8 or bool (date, pixel), C-contiguous. days: int32 (date,) ascending.
    targets: int32 (target,). out: float32 (target, band, lane), C-contiguous, lane >= stop - start.
    """
    dates, bands = values.shape[0], values.shape[1]
    lanes = stop - start
    mask = np.empty((dates, lanes), np.int16)
    _read_mask(valid, start, mask)
    rows = _rows(days, targets)
    weights = np.empty((len(targets), lanes), np.float32)
    _fill_weights(mask, days, targets, rows, weights)
    before = np.zeros((dates + 1, lanes), np.int16)
    after = np.zeros((dates + 1, lanes), np.int16)
    for band in range(bands):
        for d in range(dates - 1, -1, -1):
            source = values[d, band, start:stop]
            for i in range(lanes):
                after[d, i] = (source[i] & mask[d, i]) | (after[d + 1, i] & ~mask[d, i])
        for d in range(dates):
            for i in range(lanes):
                before[d + 1, i] = (after[d, i] & mask[d, i]) | (before[d, i] & ~mask[d, i])
        for t in range(len(targets)):
            k = rows[t]
            for i in range(lanes):
                previous = np.float32(before[k, i])
                out[t, band, i] = previous + weights[t, i] * (np.float32(after[k, i]) - previous)


@njit(nogil=True, cache=True, error_model="numpy")
def _read_mask(valid, start, mask):
    """All bits set where usable, none elsewhere."""
    for d in range(mask.shape[0]):
        source = valid[d, start : start + mask.shape[1]]
        for i in range(mask.shape[1]):
            mask[d, i] = np.int16(-1) if source[i] != 0 else np.int16(0)


@njit(nogil=True, cache=True, error_model="numpy")
def _rows(days, targets):
    """Number of observations of a day before each target."""
    rows = np.empty(len(targets), np.uint64)
    for t in range(len(targets)):
        k = 0
        while k < len(days) and days[k] < targets[t]:
            k += 1
        rows[t] = k
    return rows


@njit(nogil=True, cache=True, error_model="numpy")
def _fill_weights(mask, days, targets, rows, weights):
    dates, lanes = mask.shape
    before = np.full((dates + 1, lanes), _NONE_BEFORE)
    after = np.full((dates + 1, lanes), _NONE_AFTER)
    for d in range(dates - 1, -1, -1):
        day = np.float32(days[d])
        for i in range(lanes):
            after[d, i] = day if mask[d, i] != 0 else after[d + 1, i]
    for d in range(dates):
        day = np.float32(days[d])
        for i in range(lanes):
            before[d + 1, i] = day if mask[d, i] != 0 else before[d, i]
    for t in range(len(targets)):
        k = rows[t]
        target = np.float32(targets[t])
        for i in range(lanes):
            weight = (target - before[k, i]) / (after[k, i] - before[k, i])
            weight = _ONE if before[k, i] == _NONE_BEFORE else weight
            weights[t, i] = _ZERO if after[k, i] == _NONE_AFTER else weight


@njit(nogil=True, cache=True, error_model="numpy")
def _fill_window(values, valid, days, targets, lanes, out):
    scratch = np.empty((len(targets), values.shape[1], lanes), np.float32)
    for start in range(0, values.shape[2], lanes):
        stop = min(start + lanes, values.shape[2])
        fill_chunk(values, valid, days, targets, start, stop, scratch)
        out[:, :, start:stop] = scratch[:, :, : stop - start]
