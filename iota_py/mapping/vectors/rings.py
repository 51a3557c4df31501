"""Polygons from arcs: the arcs around each component, one after the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numba import njit


@dataclass(frozen=True)
class Arcs:
    """Arcs of a map. points: float64 (point, 2), (row, col) in pixels. start: int64 (arc + 1,). nodes: int64 (arc, 2), keys of the first and the last
    point. pins: bool (arc, 2): two arcs meet there and no more. headings: int8 (arc, 2) of the first and the last step. sides: int64 (arc, 2),
    component to the left and to the right, 0 for no data."""

    points: np.ndarray
    start: np.ndarray
    nodes: np.ndarray
    pins: np.ndarray
    headings: np.ndarray
    sides: np.ndarray


def polygons_of(arcs: Arcs, order: np.ndarray, place: tuple[float, float, float, float]) -> np.ndarray:
    """The polygons, object (n,), of the components in `order`, int64 (n,). place: x of column 0, width of a pixel, y of row 0, height (negative).

    Outer rings run counter-clockwise, holes clockwise; each begins at its northernmost point, the westernmost of several.
    """
    if len(order) == 0:
        return np.empty(0, object)
    ring, begin, component = _closed_rings(arcs)
    rank = np.zeros(int(order.max()) + 1, np.int64)
    rank[order] = np.arange(len(order))
    hole = _areas(ring, begin) < 0
    sequence = np.lexsort((ring[begin[:-1], 1], ring[begin[:-1], 0], hole, rank[component]))
    size = np.diff(begin)[sequence]
    ends = np.concatenate([[0], np.cumsum(size)])
    ring = ring[np.repeat(begin[:-1][sequence] - ends[:-1], size) + np.arange(ends[-1])]
    outer = np.flatnonzero(~hole[sequence])
    if len(outer) != len(order) or (rank[component][sequence[outer]] != np.arange(len(order))).any():
        raise ValueError(f"{len(outer)} outer rings of {len(order)} components")  # none can have two, or the arcs are not those of a map
    x0, width, y0, height = place
    coordinates = np.stack([x0 + width * ring[:, 1], y0 + height * ring[:, 0]], axis=1)
    return shapely.from_ragged_array(shapely.GeometryType.POLYGON, coordinates, (ends, np.append(outer, len(sequence))))


def _closed_rings(arcs: Arcs) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rings: points float64 (point, 2), the first of each again at its end; begin int64 (ring + 1,); component int64 (ring,)."""
    sides = _both_ways(arcs.sides[:, 0], arcs.sides[:, 1])
    ways = np.flatnonzero(sides)
    component = sides[ways]
    tail, head = _both_ways(arcs.nodes[:, 0], arcs.nodes[:, 1])[ways], _both_ways(arcs.nodes[:, 1], arcs.nodes[:, 0])[ways]
    leaves = _both_ways(arcs.headings[:, 0], (arcs.headings[:, 1] + 2) % 4)[ways]
    comes = _both_ways(arcs.headings[:, 1], (arcs.headings[:, 0] + 2) % 4)[ways]
    # where a component touches itself by a corner two arcs leave a node: the one to the right keeps its rings apart
    after = np.empty(len(ways), np.int64)
    after[np.lexsort(((comes + 1) % 4, component, head))] = np.lexsort((leaves, component, tail))
    loops, first = _cycles(after)
    points, joint, begin = _walk(arcs.points, arcs.start, ways[loops], first, _both_ways(arcs.pins[:, 0], arcs.pins[:, 1]))
    points, begin = _without_straight_pins(points, joint, begin)
    return *_turned(points, begin), component[loops[first[:-1]]]


def _both_ways(forth: np.ndarray, back: np.ndarray) -> np.ndarray:
    """Of arc k: forth at 2k, back at 2k + 1."""
    return np.stack([forth, back], axis=1).ravel()


@njit(cache=True, nogil=True)
def _cycles(after):
    """The cycles of a permutation: its numbers cycle by cycle, and where each begins, int64 (cycle + 1,)."""
    loops = np.empty(len(after), np.int64)
    first = np.empty(len(after) + 1, np.int64)
    seen = np.zeros(len(after), np.bool_)
    used = count = 0
    for begin in range(len(after)):
        if seen[begin]:
            continue
        first[count] = used
        count += 1
        k = begin
        while not seen[k]:
            seen[k] = True
            loops[used] = k
            used += 1
            k = after[k]
    first[count] = used
    return loops, first[: count + 1].copy()


@njit(cache=True, nogil=True)
def _walk(points, start, ways, first, pins):
    """Points of the rings without their last ones; which of them are pins; where each ring begins."""
    total = 0
    for k in range(len(ways)):
        total += start[ways[k] // 2 + 1] - start[ways[k] // 2] - 1
    out = np.empty((total, 2), np.float64)
    joint = np.zeros(total, np.bool_)
    begin = np.zeros(len(first), np.int64)
    used = 0
    for ring in range(len(first) - 1):
        for k in range(first[ring], first[ring + 1]):
            low, high = start[ways[k] // 2], start[ways[k] // 2 + 1] - 1
            joint[used] = pins[ways[k]]
            for step in range(high - low):
                place = low + step if ways[k] % 2 == 0 else high - step
                out[used, 0], out[used, 1] = points[place, 0], points[place, 1]
                used += 1
        begin[ring + 1] = used
    return out, joint, begin


def _without_straight_pins(points: np.ndarray, joint: np.ndarray, begin: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rings without the pins that lie on a side along a row or a column: the neighbour drops them too."""
    before, after = np.arange(len(points)) - 1, np.arange(len(points)) + 1
    before[begin[:-1]], after[begin[1:] - 1] = begin[1:] - 1, begin[:-1]
    level = (points == points[before]) & (points == points[after])
    stay = ~(joint & level.any(axis=1))
    return points[stay], np.concatenate([[0], np.cumsum(stay)])[begin]


@njit(cache=True, nogil=True)
def _turned(points, begin):
    """The rings, closed, from their northernmost and then westernmost points on; where each begins."""
    out = np.empty((len(points) + len(begin) - 1, 2), np.float64)
    for ring in range(len(begin) - 1):
        low, high = begin[ring], begin[ring + 1]
        best = low
        for k in range(low + 1, high):
            if points[k, 0] < points[best, 0] or (points[k, 0] == points[best, 0] and points[k, 1] < points[best, 1]):
                best = k
        for k in range(high - low + 1):
            place = low + (best - low + k) % (high - low)
            out[low + ring + k, 0], out[low + ring + k, 1] = points[place, 0], points[place, 1]
    return out, begin + np.arange(len(begin))


@njit(cache=True, nogil=True)
def _areas(points, begin):
    """Areas of closed rings, float64 (ring,), positive where they run counter-clockwise on the map (rows go down)."""
    areas = np.zeros(len(begin) - 1, np.float64)
    for ring in range(len(areas)):
        low = begin[ring]
        for k in range(low, begin[ring + 1] - 1):
            ay, ax = points[k, 0] - points[low, 0], points[k, 1] - points[low, 1]
            by, bx = points[k + 1, 0] - points[low, 0], points[k + 1, 1] - points[low, 1]
            areas[ring] += (ay * bx - ax * by) / 2
    return areas
