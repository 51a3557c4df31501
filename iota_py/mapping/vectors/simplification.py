"""Douglas-Peucker of the arcs of one cell that cannot change how they lie to each other (compiled kernels).

A part of an arc is replaced by its chord when it is nowhere farther from it than the tolerance (Douglas & Peucker 1973) and when no point of another
part or arc lies between the two, or on the chord. Where every chord keeps that rule, no two chords cross (de Berg, van Kreveld & Schirra 1998): each
arc can be treated on its own, in any order. Points are counted in half pixels, so that the rule is tested in whole numbers, without rounding.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from iota_py.mapping.vectors.outline import Outline
from iota_py.mapping.vectors.tracing import FREE


def simplify(arcs: Outline, tolerance: float, pixel: tuple[float, float]) -> np.ndarray:
    """Which points stay, bool (point,). pixel: height and width, in the unit of the tolerance.

    Of two arcs between the same nodes one at least keeps its farthest point, of one that comes back to where it began two of them: no area is lost.
    """
    step = np.array(pixel) / 2
    keep = _split(arcs.points, arcs.start, _bent(arcs, step), arcs.sites, tolerance, step)
    _join(arcs.points, arcs.start, keep, arcs.sites, tolerance, step)
    return keep > 0


def _bent(arcs: Outline, step: np.ndarray) -> np.ndarray:
    """Arcs that must not become one chord, bool (arc,).

    Of those between the same nodes all but the straightest; those whose ends lie on one side of the cell, as there may be another in the next.
    """
    first, last = arcs.ends
    height, width = arcs.sites.shape
    place = [end[:, 0].astype(np.int64) * width + end[:, 1] for end in (first, last)]
    pair = np.minimum(*place) * (height * width) + np.maximum(*place)
    order = np.lexsort((_bulges(arcs.points, arcs.start, step), pair))
    bent = np.zeros(len(pair), bool)
    bent[order[1:]] = pair[order[1:]] == pair[order[:-1]]
    beside = [(first[:, axis] == side) & (last[:, axis] == side) for axis in (0, 1) for side in (0, arcs.sites.shape[axis] - 1)]
    return bent | np.any(beside, axis=0)


@njit(cache=True, nogil=True)
def _bulges(points, start, step):
    """How far arcs go from the chord of their ends, float64 (arc,)."""
    out = np.empty(len(start) - 1, np.float64)
    for arc in range(len(out)):
        out[arc] = _farthest(points, start[arc], start[arc + 1] - 1, step)[1]
    return out


@njit(cache=True, nogil=True)
def _split(points, start, bent, sites, tolerance, step):
    """Points that stay, 1, or 2 where they must, int8 (point,): arcs are split until the chords of their parts keep the rule."""
    keep = np.zeros(len(points), np.int8)
    longest = 1
    for arc in range(len(start) - 1):
        longest = max(longest, start[arc + 1] - start[arc])
    stack = np.empty((longest + 2, 3), np.int64)
    for arc in range(len(start) - 1):
        first, last = start[arc], start[arc + 1] - 1
        keep[first] = keep[last] = 2
        stack[0, 0], stack[0, 1], stack[0, 2] = first, last, bent[arc]
        depth = 1
        while depth > 0:
            depth -= 1
            i, j, must = stack[depth, 0], stack[depth, 1], stack[depth, 2]
            loop = points[i, 0] == points[j, 0] and points[i, 1] == points[j, 1]
            k, away = _farthest(points, i, j, step)
            if away == 0 or not (must or loop or away > tolerance or not _is_clear(points, i, j, sites, away, step)):
                continue
            keep[k] = 2 if must or loop else 1
            stack[depth, 0], stack[depth, 1], stack[depth, 2] = k, j, loop
            stack[depth + 1, 0], stack[depth + 1, 1], stack[depth + 1, 2] = i, k, loop
            depth += 2
    return keep


@njit(cache=True, nogil=True)
def _join(points, start, keep, sites, tolerance, step):
    """Drop, from the first to the last, the points between two parts of an arc whose common chord keeps the rule too."""
    for arc in range(len(start) - 1):
        i, k = start[arc], -1
        for j in range(start[arc] + 1, start[arc + 1]):
            if keep[j] == 0:
                continue
            if k >= 0:
                if keep[k] == 1 and not (points[i, 0] == points[j, 0] and points[i, 1] == points[j, 1]):
                    away = _farthest(points, i, j, step)[1]
                    if away <= tolerance and _is_clear(points, i, j, sites, away, step):
                        keep[k] = 0
                        k = i
                i = k
            k = j


@njit(cache=True, nogil=True)
def _farthest(points, i, j, step):
    """The point between i and j that is farthest from their chord, the first of equals, and how far it is."""
    dy, dx = (points[j, 0] - points[i, 0]) * step[0], (points[j, 1] - points[i, 1]) * step[1]
    length = dy * dy + dx * dx
    best, most = i, 0.0
    for k in range(i + 1, j):
        y, x = (points[k, 0] - points[i, 0]) * step[0], (points[k, 1] - points[i, 1]) * step[1]
        along = (y * dy + x * dx) / length if length > 0 else 0.0
        if 0 < along < 1:
            away = (y * dx - x * dy) ** 2 / length
        else:
            along = 0.0 if along <= 0 else 1.0
            away = (y - along * dy) ** 2 + (x - along * dx) ** 2
        if away > most:
            best, most = k, away
    return best, np.sqrt(most)


@njit(cache=True, nogil=True)
def _is_clear(points, i, j, sites, away, step):
    """Whether no point of another part lies between the points i to j and their chord, or on it. away: how far these go from the chord."""
    top = bottom = points[i, 0]
    left = right = points[i, 1]
    for k in range(i + 1, j + 1):
        top, bottom = min(top, points[k, 0]), max(bottom, points[k, 0])
        left, right = min(left, points[k, 1]), max(right, points[k, 1])
    dy, dx = points[j, 0] - points[i, 0], points[j, 1] - points[i, 1]
    reach = 1.0 + (away * np.hypot(dy * step[0], dx * step[1]) / (step[0] * step[1] * abs(dy)) if dy != 0 else 0.0)
    for y in range(top, bottom + 1):
        low, high = left, right
        if dy != 0:
            middle = points[i, 1] + (y - points[i, 0]) * dx / dy
            low, high = max(left, int(np.floor(middle - reach))), min(right, int(np.ceil(middle + reach)))
        for x in range(low, high + 1):
            site = sites[y, x]
            if site == FREE or i <= site <= j:
                continue
            if (y == points[i, 0] and x == points[i, 1]) or (y == points[j, 0] and x == points[j, 1]):
                continue
            if _is_between(points, i, j, y, x):
                return False
    return True


@njit(cache=True, nogil=True)
def _is_between(points, i, j, y, x):
    """Whether a place lies inside the ring of the points i to j, or on it."""
    inside = False
    for k in range(i, j + 1):
        after = k + 1 if k < j else i
        ay, ax, by, bx = np.int64(points[k, 0]), np.int64(points[k, 1]), np.int64(points[after, 0]), np.int64(points[after, 1])
        side = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
        if side == 0 and min(ay, by) <= y <= max(ay, by) and min(ax, bx) <= x <= max(ax, bx):
            return True
        if (ay > y) != (by > y) and (side > 0) == (by > ay):
            inside = not inside
    return inside
