"""What the arcs of one cell run through: the line that the steps of the pixels stand for, or the corners of the pixels (compiled kernels).

A run is a straight part of an arc. The steps of a slanted line are runs of a single side between runs that turn the other way at their two ends
(jogs). Corners beside a jog are cut off: the line goes through the middles of jogs and of the runs between two of them. All other corners stay, those of
fields along the grid and of the map itself. The line stays within half a pixel of the sides of the pixels, and no two arcs touch: what is cut off are
triangles as high as half a pixel, where no other arc has a point.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from iota_py.mapping.vectors.tracing import FREE, NODE, trace


class Outline(NamedTuple):
    """Arcs of a cell. points: int32 (point, 2), (y, x) in half pixels. start: int64 (arc + 1,). headings int8, sides int32, closed bool, sites int32:
    as `trace` gives them."""

    points: np.ndarray
    start: np.ndarray
    headings: np.ndarray
    sides: np.ndarray
    closed: np.ndarray
    sites: np.ndarray

    @property
    def ends(self) -> tuple[np.ndarray, np.ndarray]:
        """First and last points of the arcs, int32 (arc, 2) each."""
        return self.points[self.start[:-1]], self.points[self.start[1:] - 1]


def outline(classes: np.ndarray, labels: np.ndarray, corners: bool) -> Outline:
    """Arcs of a cell. classes uint8, labels int32 (row, col). corners: they run through the corners of the pixels."""
    points, start, headings, sides, closed, sites = trace(classes, labels)
    points, start = _thinned(points, start, closed, corners)
    _write(points, start, closed, sites)
    return Outline(points, start, headings, sides, closed, sites)


@njit(cache=True, nogil=True)
def _write(points, start, closed, sites):
    """The number of each point at its place, unless a node is there; FREE elsewhere."""
    for y in range(sites.shape[0]):
        for x in range(sites.shape[1]):
            if sites[y, x] != NODE:
                sites[y, x] = FREE
    for arc in range(len(start) - 1):
        for k in range(start[arc], start[arc + 1] - int(closed[arc])):
            if sites[points[k, 0], points[k, 1]] != NODE:
                sites[points[k, 0], points[k, 1]] = k


@njit(cache=True, nogil=True)
def _thinned(points, start, closed, corners):
    """The points that outlines run through, and where each arc begins. corners: none is cut off."""
    out = np.empty((2 * len(points) + 1, 2), np.int32)
    begin = np.zeros_like(start)
    longest = 1
    for arc in range(len(start) - 1):
        longest = max(longest, start[arc + 1] - start[arc])
    runs = np.empty((longest, 4), np.int64)
    used = 0
    for arc in range(len(start) - 1):
        first, last = start[arc], start[arc + 1] - 1
        if closed[arc]:
            _turn(points, first, last)
            last -= 1
        count = _find_runs(points, first, last, closed[arc], runs)
        if not corners:
            _mark_cuts(runs, count, closed[arc])
        for k in range(count):
            used = _add_run(points, runs, k, count, closed[arc], out, used)
        if closed[arc]:
            used = _add(out, used, out[begin[arc], 0], out[begin[arc], 1])
        begin[arc + 1] = used
    return out[:used].copy(), begin


@njit(cache=True, nogil=True, inline="always")
def _is_step(points, k):
    """Whether an arc turns between a middle of a side and the next one."""
    return points[k, 0] != points[k + 1, 0] and points[k, 1] != points[k + 1, 1]


@njit(cache=True, nogil=True)
def _turn(points, first, last):
    """Let a ring begin behind a turn: the one that is farthest from its first point."""
    count, best, shift = last - first, -1, 0
    for k in range(count):
        away = (points[first + k, 0] - points[first, 0]) ** 2 + (points[first + k, 1] - points[first, 1]) ** 2
        if away > best and _is_step(points, first + k):
            best, shift = away, k + 1
    ring = points[first:last].copy()
    for k in range(count + 1):
        points[first + k, 0], points[first + k, 1] = ring[(k + shift) % count, 0], ring[(k + shift) % count, 1]


@njit(cache=True, nogil=True)
def _find_runs(points, first, last, closed, runs):
    """First point, last point, turn behind it (1 or -1) and 0 (its corner stays), of each run of an arc; how many there are.

    Nodes belong to the run beside them.
    """
    count = 0
    low = first
    for k in range(first, last + 1):
        if k == last:
            runs[count, 0], runs[count, 1], runs[count, 2], runs[count, 3] = low, k, 0, 0
            if closed:
                runs[count, 2] = _way(points, k, first)
            count += 1
        elif _is_step(points, k):
            runs[count, 0], runs[count, 1], runs[count, 2], runs[count, 3] = low, k, _way(points, k, k + 1), 0
            low = k + 1
            count += 1
    return count


@njit(cache=True, nogil=True, inline="always")
def _way(points, k, after):
    """1 or -1, for a turn to the right or to the left from a middle of a side to the next one."""
    turn = (points[after, 0] - points[k, 0]) * (points[after, 1] - points[k, 1])
    return turn if points[k, 0] & 1 else -turn  # the middle of a side that lies along a row has an odd y


@njit(cache=True, nogil=True)
def _mark_cuts(runs, count, closed):
    """Write which corners behind runs are cut off, 1: those beside a jog, a single side between turns to both hands.

    A single side that ends in a pin may be a jog, one that ends in a node is not taken for one: its run has the node as a second point.
    """
    before = False
    for k in range(count + int(closed)):
        run, last = k % count, (k - 1) % count
        is_end = not closed and (k == 0 or k == count - 1)
        jog = runs[run, 0] == runs[run, 1] and (is_end or runs[run, 2] != runs[last, 2])
        if k > 0:
            runs[last, 3] = int(before or jog)
        before = jog


@njit(cache=True, nogil=True)
def _add_run(points, runs, k, count, closed, out, used):
    """What the line goes through on a run: an end of the arc, the middle between two corners that are cut off, the corner behind it if it stays."""
    low, high = runs[k, 0], runs[k, 1]
    is_first, is_last = k == 0 and not closed, k == count - 1 and not closed
    if is_first:
        used = _add(out, used, points[low, 0], points[low, 1])
    elif not is_last and runs[(k - 1) % count, 3] and runs[k, 3]:
        used = _add(out, used, (points[low, 0] + points[high, 0]) // 2, (points[low, 1] + points[high, 1]) // 2)
    if is_last:
        used = _add(out, used, points[high, 0], points[high, 1])
    elif not runs[k, 3]:
        after = runs[(k + 1) % count, 0]
        along_row = points[high, 0] & 1 == 1
        used = _add(out, used, points[high if along_row else after, 0], points[after if along_row else high, 1])
    return used


@njit(cache=True, nogil=True, inline="always")
def _add(out, used, y, x):
    """A point behind the others; how many there are."""
    out[used, 0], out[used, 1] = y, x
    return used + 1
