"""Compiled forms of the costly fills: the same arithmetic as their references in `fills`, `smoothing` and `composites`, bit for bit.

values: int16 (date, band, pixel). usable: uint8 (date, pixel). targets: int32 (target,). All C-contiguous. Everything else is float64.
"""

from __future__ import annotations

import numpy as np
from numba import njit

LANES = 32  # pixels smoothed together: a year of ten bands of them is 1 MB


@njit(nogil=True, cache=True, error_model="numpy")
def akima_pixels(values, usable, days, targets, least, out):
    """`fills.fill_akima` of days that come once. days: int32 (date,). least: of _LEAST_DIFFERENCE. out: float32 (target, band, pixel)."""
    dates, bands, pixels = values.shape
    rows, x, y = np.empty(dates, np.int64), np.empty(dates), np.empty(dates)
    segments, slopes = np.empty(dates + 3), np.empty(dates)
    for pixel in range(pixels):
        count = 0
        for d in range(dates):
            if usable[d, pixel] != 0:
                rows[count] = d
                x[count] = days[d]
                count += 1
        for band in range(bands):
            for k in range(count):
                y[k] = values[rows[k], band, pixel]
            if count >= 2:
                _segments(x, y, count, segments)
                _slopes(segments, count, least, slopes)
            _read_cubics(x, y, slopes, count, targets, out[:, band, pixel])


@njit(nogil=True, cache=True, error_model="numpy")
def _segments(x, y, count, segments):
    """Slopes between knots from the third on, with two more on each side."""
    for k in range(count - 1):
        segments[k + 2] = (y[k + 1] - y[k]) / (x[k + 1] - x[k])
    if count == 2:
        segments[:] = segments[2]
        return
    segments[count + 1] = 2 * segments[count] - segments[count - 1]
    segments[count + 2] = 2 * segments[count + 1] - segments[count]
    segments[1] = 2 * segments[2] - segments[3]
    segments[0] = 2 * segments[1] - segments[2]


@njit(nogil=True, cache=True, error_model="numpy")
def _slopes(segments, count, least, slopes):
    largest = 0.0
    for k in range(count):
        total = abs(segments[k + 3] - segments[k + 2]) + abs(segments[k + 1] - segments[k])
        largest = max(largest, total)
    for k in range(count):
        after, before = abs(segments[k + 3] - segments[k + 2]), abs(segments[k + 1] - segments[k])
        total = after + before
        if total > least * largest:
            slopes[k] = (after * segments[k + 1] + before * segments[k + 2]) / total
        else:
            slopes[k] = 0.5 * (segments[k + 3] + segments[k])


@njit(nogil=True, cache=True, error_model="numpy")
def _read_cubics(x, y, slopes, count, targets, out):
    for row in range(len(targets)):
        target = np.float64(targets[row])
        seen = 0
        while seen < count and x[seen] <= target:
            seen += 1
        if count == 0:
            out[row] = 0
        elif seen == 0 or seen == count:
            out[row] = y[max(seen - 1, 0)]
        else:
            k = seen - 1
            width, t = x[k + 1] - x[k], target - x[k]
            mean, s0, s1 = (y[k + 1] - y[k]) / width, slopes[k], slopes[k + 1]
            out[row] = y[k] + t * (s0 + t * ((3 * mean - 2 * s0 - s1) / width + t * ((s0 + s1 - 2 * mean) / (width * width))))


@njit(nogil=True, cache=True, error_model="numpy")
def whittaker_pixels(values, usable, slots, targets, diagonals, out):
    """`smoothing.whittaker`. slots: day of each date since the first. targets: in the same days. diagonals: those of the penalty.

    out: float32 (target, band, pixel).
    """
    length, bands, pixels = len(diagonals[0]), values.shape[1], values.shape[2]
    weight, pivot = np.empty((length, LANES)), np.empty((length, LANES))
    near, far = np.empty((length, LANES)), np.empty((length, LANES))
    right, means = np.empty((length, bands, LANES)), np.zeros((bands, LANES))
    for start in range(0, pixels, LANES):
        stop = min(start + LANES, pixels)
        weight[:] = 0
        right[:] = 0
        _gather(values[:, :, start:stop], usable[:, start:stop], slots, weight, right)
        first, last = _seen(weight)
        for lane in range(LANES):
            if first[lane] == last[lane]:
                for band in range(bands):
                    means[band, lane] = right[first[lane], band, lane] / weight[first[lane], lane]
            if first[lane] >= last[lane]:
                weight[:, lane] = 1  # these have no solution of their own
        _factorise(weight, diagonals, pivot, near, far)
        _forward(right, near, far)
        _back(right, pivot, near, far)
        for lane in range(stop - start):
            _read_days(right[:, :, lane], means[:, lane], (first[lane], last[lane]), targets, out[:, :, start + lane])


@njit(nogil=True, cache=True, error_model="numpy")
def _gather(values, usable, slots, weight, right):
    for d in range(len(slots)):
        slot = slots[d]
        for lane in range(usable.shape[1]):
            if usable[d, lane] != 0:
                weight[slot, lane] += 1
                for band in range(values.shape[1]):
                    right[slot, band, lane] += values[d, band, lane]


@njit(nogil=True, cache=True, error_model="numpy")
def _seen(weight):
    """First and last day with an observation of each lane; the first after the last where there is none."""
    length, lanes = weight.shape
    first, last = np.full(lanes, length), np.full(lanes, -1)
    for day in range(length):
        for lane in range(lanes):
            if weight[day, lane] > 0:
                first[lane] = min(first[lane], day)
                last[lane] = day
    return first, last


@njit(nogil=True, cache=True, error_model="numpy")
def _factorise(weight, diagonals, pivot, near, far):
    main, beside, second = diagonals
    length, lanes = weight.shape
    for i in range(length):
        for lane in range(lanes):
            diagonal, above = weight[i, lane] + main[i], beside[i]
            if i >= 1:
                diagonal -= near[i - 1, lane] * near[i - 1, lane] * pivot[i - 1, lane]
                above -= near[i - 1, lane] * far[i - 1, lane] * pivot[i - 1, lane]
            if i >= 2:
                diagonal -= far[i - 2, lane] * far[i - 2, lane] * pivot[i - 2, lane]
            pivot[i, lane] = diagonal
            near[i, lane] = above / diagonal
            far[i, lane] = second[i] / diagonal


@njit(nogil=True, cache=True, error_model="numpy")
def _forward(right, near, far):
    length, bands, lanes = right.shape
    for i in range(1, length):
        for band in range(bands):
            for lane in range(lanes):
                right[i, band, lane] -= near[i - 1, lane] * right[i - 1, band, lane]
            if i >= 2:
                for lane in range(lanes):
                    right[i, band, lane] -= far[i - 2, lane] * right[i - 2, band, lane]


@njit(nogil=True, cache=True, error_model="numpy")
def _back(right, pivot, near, far):
    length, bands, lanes = right.shape
    for i in range(length - 1, -1, -1):
        for band in range(bands):
            for lane in range(lanes):
                right[i, band, lane] /= pivot[i, lane]
            if i + 1 < length:
                for lane in range(lanes):
                    right[i, band, lane] -= near[i, lane] * right[i + 1, band, lane]
            if i + 2 < length:
                for lane in range(lanes):
                    right[i, band, lane] -= far[i, lane] * right[i + 2, band, lane]


@njit(nogil=True, cache=True, error_model="numpy")
def _read_days(smooth, means, ends, targets, out):
    first, last = ends
    for row in range(len(targets)):
        for band in range(smooth.shape[1]):
            if first > last:
                out[row, band] = 0
            elif first == last:
                out[row, band] = means[band]
            else:
                out[row, band] = smooth[min(max(targets[row], first), last), band]


@njit(nogil=True, cache=True, error_model="numpy")
def median_pixels(values, usable, starts, stops, stored, found):
    """`composites.median`. starts, stops: int64 (target,), rows of each period. stored: int16 (target, band, pixel). found: bool (target, pixel)."""
    bands, pixels = values.shape[1], values.shape[2]
    ordered = np.empty(values.shape[0], np.int32)
    for target in range(len(starts)):
        for band in range(bands):
            for pixel in range(pixels):
                count = 0
                for d in range(starts[target], stops[target]):
                    if usable[d, pixel] != 0:
                        count = _insert(ordered, count, np.int32(values[d, band, pixel]))
                found[target, pixel] = count > 0
                if count > 0:
                    stored[target, band, pixel] = np.int16(np.rint((ordered[(count - 1) // 2] + ordered[count // 2]) / 2))
                else:
                    stored[target, band, pixel] = 0


@njit(nogil=True, cache=True, error_model="numpy")
def _insert(ordered, count, value):
    """Put a value among the first `count`, in order; how many there are then."""
    place = count
    while place > 0 and ordered[place - 1] > value:
        ordered[place] = ordered[place - 1]
        place -= 1
    ordered[place] = value
    return count + 1
