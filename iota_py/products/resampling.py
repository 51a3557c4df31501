"""Resampling onto the grid of a tile: a weighted mean of the pixels around each place, the same whatever window it is asked for with.

GDAL's warper follows the path between two systems to an eighth of a pixel, as the window lies: windows would not join. Here every place
is transformed by itself, and the kernels widen by what a pixel of the whole tile spans.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from iota_py.products.placement import Placement

_AVERAGE, _BILINEAR, _CUBIC = 0, 1, 2
_ROUNDING = 1e-9  # of an area
_KERNELS = {"average": _AVERAGE, "bilinear": _BILINEAR, "cubic": _CUBIC}


def margin(method: str, spans: tuple[float, float]) -> int:
    """Source pixels around those that hold the centres that a method looks at. spans: as of placement.spans."""
    if method == "nearest":
        return 0
    wide = max(spans) / 2 if method == "average" else _KERNELS[method] * max(1.0, *spans)
    return math.ceil(wide) + 1


def resampled(values: np.ndarray, where: Placement, method: str, spans: tuple[float, float], share: float = 0.5) -> np.ndarray:
    """Numbers float64 (row, col), NaN for missing, of the part of a placement on its target, float64 (row, col).

    `bilinear` and `cubic` weigh source pixels by their distance, in pixels or in spans where these are more; `average` by the share that
    the target pixel covers. Cubic: Keys 1981, Cubic convolution interpolation for digital image processing, IEEE Transactions on
    Acoustics, Speech, and Signal Processing 29:1153-1160, with a = -1/2. What is missing or off the raster has no weight, and cubic
    becomes bilinear there. NaN where the source pixel that holds the centre is missing; for `average` where it is off the raster, or where
    less than `share` of the area of the target pixel is known.
    """
    shape = np.broadcast_shapes(where.at[0].shape, where.at[1].shape)
    rows, cols = (np.ascontiguousarray(np.broadcast_to(axis, shape)) for axis in where.at)
    out = np.empty(shape)
    least = spans[0] * spans[1] * (share - _ROUNDING) if method == "average" else -np.inf
    _resample(np.ascontiguousarray(values, np.float64), (rows, cols, where.separable), (_KERNELS[method], least), spans, out)
    centres = np.zeros(values.shape) if method == "average" else np.asarray(values, np.float64)
    return np.where(np.isnan(where.take(centres, np.nan)), np.nan, out)


@njit(nogil=True, cache=True, error_model="numpy")
def _resample(values, places, weighing, spans, out):
    """values: float64 (row, col). places: rows and columns, float64 (row, col), and whether each is the same down, or across.

    weighing: kernel, and the weight below which a pixel is missing. out: filled.
    """
    rows, cols, separable = places
    kernel, least = weighing
    height, width = out.shape
    room = 4 * math.ceil(max(1.0, spans[0], spans[1])) + 3
    down, across = np.empty(room), np.empty((width, room))
    lefts, widths, inside = np.empty(width, np.int64), np.empty(width, np.int64), np.empty(width, np.bool_)
    top, deep, whole = 0, 0, False
    for r in range(height):
        for c in range(width):
            if c == 0 or not separable:
                top, deep, whole = _weigh(rows[r, c], kernel, spans[1], values.shape[0], down)
            if r == 0 or not separable:
                lefts[c], widths[c], inside[c] = _weigh(cols[r, c], kernel, spans[0], values.shape[1], across[c])
            part = values[top : top + deep, lefts[c] : lefts[c] + widths[c]]
            value, known = _mean(part, down, across[c], least)
            if kernel == _CUBIC and not (known and whole and inside[c]):
                value = _bilinear(values, rows[r, c], cols[r, c], spans)
            out[r, c] = value


@njit(nogil=True, cache=True, error_model="numpy")
def _mean(part, down, across, least):
    """Weighted mean of the pixels of a part that are not missing, and whether none that counts is missing.

    NaN where none counts, or together less than `least`.
    """
    total, weight, known = 0.0, 0.0, True
    for i in range(part.shape[0]):
        for j in range(part.shape[1]):
            value, share = part[i, j], down[i] * across[j]
            if value == value:
                total += share * value
                weight += share
            elif share != 0:
                known = False
    return (total / weight if weight != 0 and weight >= least else np.nan), known


@njit(nogil=True, cache=True, error_model="numpy")
def _bilinear(values, row, col, spans):
    """The value at one place by the bilinear kernel."""
    room = 2 * math.ceil(max(1.0, spans[0], spans[1])) + 3
    down, across = np.empty(room), np.empty(room)
    top, deep, _ = _weigh(row, _BILINEAR, spans[1], values.shape[0], down)
    left, wide, _ = _weigh(col, _BILINEAR, spans[0], values.shape[1], across)
    return _mean(values[top : top + deep, left : left + wide], down, across, -np.inf)[0]


@njit(nogil=True, cache=True, error_model="numpy")
def _weigh(at, kernel, span, size, weights):
    """Fill the weights of the pixels around a place on one axis; the first of them, their number, and whether none is off the raster."""
    if not (-1e9 < at < 1e9):
        return 0, 0, False
    wide = span if kernel == _AVERAGE else max(1.0, span)
    reach = wide / 2 if kernel == _AVERAGE else wide * kernel
    half = 0.0 if kernel == _AVERAGE else 0.5
    base = math.floor(at)
    part = at - base  # exact: from here on a window's own corner does not change the rounding
    low = math.floor(part - reach - half) + (half > 0) + base
    high = math.ceil(part + reach - half) + base
    first, last = max(low, 0), min(high, size)
    for k in range(first, last):
        left = k - base - part
        d = abs(left + 0.5) / wide
        if kernel == _AVERAGE:
            weights[k - first] = max(0.0, min(left + 1, reach) - max(left, -reach))
        elif kernel == _BILINEAR:
            weights[k - first] = max(0.0, 1 - d)
        elif d < 1:
            weights[k - first] = (1.5 * d - 2.5) * d * d + 1
        else:
            weights[k - first] = ((2.5 - 0.5 * d) * d - 4) * d + 2
    return first, max(0, last - first), low >= 0 and high <= size
