"""The innermost loops of reading: stored numbers put on the grid of a window, and what makes them unusable, in one pass.

Limits are int32 (low, high, missing, missing): a number below low, above high or equal to a missing one makes the pixel unusable.
`rows` and `cols` give the source pixel of each row and column of the window, -1 where the source has none.
"""

from __future__ import annotations

import functools

import numpy as np
from numba import njit

MISSING = np.int16(-32768)


@functools.lru_cache(maxsize=256)
def limits(low: float, high: float, missing: tuple[float, ...]) -> np.ndarray:
    """The limits as the kernels read them; at most two missing numbers, those that int16 cannot hold left out. Not to be changed."""
    whole = [int(m) for m in missing if np.isfinite(m) and float(m).is_integer() and -32768 <= m <= 32767]
    padded = [*whole, MISSING, MISSING][:2]
    return np.array([max(-32768, np.ceil(low)), min(32767, np.floor(high)), *padded], np.int16)


@njit(nogil=True, cache=True, error_model="numpy")
def place_same(raw, bounds, out, valid):
    """raw: int16 (row, col) on the window's grid, copied to out int16 (row, col), MISSING where unusable; valid: uint8 (row, col), cleared there."""
    low, high, a, b = bounds[0], bounds[1], bounds[2], bounds[3]
    for r in range(out.shape[0]):
        source, target, usable = raw[r], out[r], valid[r]
        for c in range(out.shape[1]):
            value = source[c]
            there = (value >= low) & (value <= high) & (value != a) & (value != b)
            target[c] = source[c] if there else MISSING
            usable[c] &= np.uint8(there)


@njit(nogil=True, cache=True, error_model="numpy")
def check_same(values, bounds, valid):
    """As place_same, where the numbers int16 (row, col) are in their place already."""
    low, high, a, b = bounds[0], bounds[1], bounds[2], bounds[3]
    for r in range(values.shape[0]):
        target, usable = values[r], valid[r]
        for c in range(values.shape[1]):
            value = target[c]
            there = (value >= low) & (value <= high) & (value != a) & (value != b)
            target[c] = target[c] if there else MISSING
            usable[c] &= np.uint8(there)


@njit(nogil=True, cache=True, error_model="numpy")
def place_nearest(raw, rows, cols, bounds, out, usable):
    """As place_same, for a source on another grid: out[r, c] = raw[rows[r], cols[c]], MISSING where the source has no pixel.

    usable: uint8, of the source's own shape, cleared where raw is unusable; `spread` brings it to the window once for all bands.
    """
    low, high, a, b = bounds[0], bounds[1], bounds[2], bounds[3]
    twice = _is_twice(cols)
    numbers = np.empty(raw.shape[1], np.int16)
    line = np.empty(2 * raw.shape[1] if twice else len(cols), np.int16)
    pairs = line[: len(line) // 2 * 2].view(np.uint32)  # out here: a view taken for each row keeps the loops below from vectorising
    first = np.uint64(1 if twice and len(cols) > 1 and cols[0] != cols[1] else 0)
    before = np.int64(-1)
    for r in range(out.shape[0]):
        row = rows[r]
        if row < 0:
            out[r, :] = MISSING
            continue
        if row != before:  # a coarse row serves several fine ones
            source, good = raw[row], usable[row]
            for c in range(raw.shape[1]):
                value = source[c]
                there = (value >= low) & (value <= high) & (value != a) & (value != b)
                numbers[c] = source[c] if there else MISSING
                good[c] &= np.uint8(there)
            if twice:
                for c in range(len(numbers)):
                    pairs[c] = np.uint32(np.uint16(numbers[c])) * np.uint32(65537)
            else:
                for c in range(len(cols)):
                    col = cols[c]
                    line[c] = numbers[np.uint64(max(col, 0))] if col >= 0 else MISSING
            before = row
        target, part = out[r], line[first : first + np.uint64(len(cols))]
        for c in range(len(target)):
            target[c] = part[c]


@njit(nogil=True, cache=True, error_model="numpy")
def spread(usable, rows, cols, valid):
    """Clear valid uint8 (row, col) where usable[rows, cols], uint8, is 0, or where there is no such pixel."""
    flags = np.empty(len(cols), np.uint8)
    before = np.int64(-1)
    for r in range(valid.shape[0]):
        row = rows[r]
        if row < 0:
            valid[r, :] = 0
            continue
        if row != before:
            source = usable[row]
            for c in range(len(cols)):
                col = cols[c]
                flags[c] = source[np.uint64(max(col, 0))] if col >= 0 else np.uint8(0)
            before = row
        target = valid[r]
        for c in range(len(target)):
            target[c] &= flags[c]


@njit(nogil=True, cache=True, error_model="numpy")
def _is_twice(cols):
    """True when the columns are 0 0 1 1 2 2 …, or the same from the second 0 on: a grid of double pixels, by far the most frequent."""
    if len(cols) < 2 or cols[0] != 0:
        return False
    shift = 0 if cols[1] == 0 else 1
    wrong = 0
    for c in range(len(cols)):
        wrong += cols[c] != (c + shift) // 2
    return wrong == 0


@njit(nogil=True, cache=True, error_model="numpy")
def forbid_bits(raw, bits, valid):
    """Set valid (row, col) to 0 where raw, uint8 (row, col), has one of these bits."""
    for r in range(raw.shape[0]):
        source, usable = raw[r], valid[r]
        for c in range(raw.shape[1]):
            usable[c] &= np.uint8((source[c] & bits) == 0)


@njit(nogil=True, cache=True, error_model="numpy")
def forbid_values(raw, forbidden, valid):
    """Set valid (row, col) to 0 where forbidden[raw]; raw: uint8 (row, col), forbidden: uint8 (256,), 1 where the value forbids."""
    for r in range(raw.shape[0]):
        source, usable = raw[r], valid[r]
        for c in range(raw.shape[1]):
            usable[c] &= np.uint8(1) - forbidden[source[c]]


@njit(nogil=True, cache=True, error_model="numpy")
def fill_from(values, valid, more, usable):
    """First usable wins: where valid (row, col) is 0 and usable is not, take the bands of more (band, row, col) into values."""
    for r in range(valid.shape[0]):
        for c in range(valid.shape[1]):
            if valid[r, c] == 0 and usable[r, c] != 0:
                valid[r, c] = 1
                for band in range(values.shape[0]):
                    values[band, r, c] = more[band, r, c]
