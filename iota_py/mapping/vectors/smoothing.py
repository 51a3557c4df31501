"""Rounded corners of the simplified arcs of one cell, with fixed nodes and pins (compiled kernels).

A corner B between A and C becomes the curve that leaves P on AB and reaches R on BC with the directions of these two sides (the quadratic Hermite
curve, in the form of Bézier with the points P, B, R). It stays in the triangle PBR, hence in the cell. A corner whose triangle holds another vertex
stays as it is; all the others can be rounded without two arcs touching, since a straight side of another arc that enters the triangle must end in it.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from iota_py.mapping.vectors.outline import Outline
from iota_py.mapping.vectors.tracing import FREE

FLAT = 0.05  # of the length: a corner that its curve would leave by less stays
FINE = 0.1  # of the length: chords leave the curve by less
MOST = 4  # points of a curve
_MARGIN = 1e-6  # half pixels: a vertex so near to a triangle counts as inside


def smooth(arcs: Outline, keep: np.ndarray, length: float, pixel: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Points float64 (point, 2) as (y, x) in half pixels and start int64 (arc + 1,), of the arcs of the points that `keep` (bool) marks.

    length: of PB and BR, and never more than half of the side. pixel: height and width, in the unit of the length. 0: nothing is rounded.
    """
    step = np.array(pixel) / 2
    return _smoothed(arcs.points, arcs.start, arcs.closed, arcs.sites, keep, length, step)


@njit(cache=True, nogil=True)
def _smoothed(points, start, closed, sites, keep, length, step):
    out = np.empty((MOST * keep.sum() + 1, 2), np.float64)
    curve = np.empty((MOST, 2), np.float64)
    begin = np.zeros_like(start)
    kept = np.flatnonzero(keep)
    used = low = 0
    for arc in range(len(start) - 1):
        first = low
        while low < len(kept) and kept[low] < start[arc + 1]:
            low += 1
        last = low - 1
        for k in range(first, last + int(not closed[arc])):
            b, count = kept[k], 1
            curve[0, 0], curve[0, 1] = points[b, 0], points[b, 1]
            if length > 0 and (closed[arc] or first < k < last):
                corner = kept[k - 1] if k > first else kept[last - 1], b, kept[k + 1]
                count = _round(points, corner, sites, keep, length, step, curve)
            used = _add(curve[:count], out, used, begin[arc])
        if closed[arc]:
            used = _add(out[begin[arc] : begin[arc] + 1], out, used, begin[arc])
        begin[arc + 1] = used
    return out[:used].copy(), begin


@njit(cache=True, nogil=True, inline="always")
def _add(curve, out, used, begin):
    """Points added behind those of their arc, without one that is the last one again."""
    for k in range(len(curve)):
        if used == begin or out[used - 1, 0] != curve[k, 0] or out[used - 1, 1] != curve[k, 1]:
            out[used, 0], out[used, 1] = curve[k, 0], curve[k, 1]
            used += 1
    return used


@njit(cache=True, nogil=True)
def _round(points, corner, sites, keep, length, step, curve):
    """The curve of a corner, points A, B, C, written into `curve`, unless B stays; the number of its points."""
    a, b, c = corner
    y, x = np.float64(points[b, 0]), np.float64(points[b, 1])
    ay, ax, cy, cx = points[a, 0] - y, points[a, 1] - x, points[c, 0] - y, points[c, 1] - x
    share_a = min(0.5, length / np.hypot(ay * step[0], ax * step[1]))
    share_c = min(0.5, length / np.hypot(cy * step[0], cx * step[1]))
    p, r = (y + ay * share_a, x + ax * share_a), (y + cy * share_c, x + cx * share_c)
    away = np.hypot((p[0] - 2 * y + r[0]) * step[0], (p[1] - 2 * x + r[1]) * step[1]) / 4
    if away <= FLAT * length or not _is_empty(p, (y, x), r, sites, keep):
        return 1
    pieces = int(
        np.ceil(np.sqrt(away / (FINE * length)))
    )  # a chord of one nth of the curve leaves it by away / n²; away is length / 2 at most
    for k in range(pieces + 1):
        t = k / pieces
        of_p, of_b, of_r = (1 - t) ** 2, 2 * t * (1 - t), t**2
        curve[k, 0] = of_p * p[0] + of_b * y + of_r * r[0]
        curve[k, 1] = of_p * p[1] + of_b * x + of_r * r[1]
    return pieces + 1


@njit(cache=True, nogil=True, inline="always")
def _side(a, b, v, u):
    """Twice the area of the triangle of a, b and the place (v, u), with its sign."""
    return (b[0] - a[0]) * (u - a[1]) - (b[1] - a[1]) * (v - a[0])


@njit(cache=True, nogil=True)
def _is_empty(p, b, r, sites, keep):
    """Whether the triangle of P, the corner and R holds no other vertex, on its sides neither."""
    sign = 1.0 if _side(p, b, r[0], r[1]) > 0 else -1.0
    top, bottom = int(np.ceil(min(p[0], b[0], r[0]) - _MARGIN)), int(np.floor(max(p[0], b[0], r[0]) + _MARGIN))
    left, right = int(np.ceil(min(p[1], b[1], r[1]) - _MARGIN)), int(np.floor(max(p[1], b[1], r[1]) + _MARGIN))
    for v in range(top, bottom + 1):
        for u in range(left, right + 1):
            site = sites[v, u]
            if site == FREE or (site >= 0 and not keep[site]) or (v == b[0] and u == b[1]):
                continue
            if min(sign * _side(p, b, v, u), sign * _side(b, r, v, u), sign * _side(r, p, v, u)) >= -_MARGIN:
                return False
    return True
