"""Outlines of the classes of one cell, as arcs between nodes (compiled kernels).

A cell is a rectangle whose corners are centres of pixels. Places in it are counted in half pixels from its north-western corner: (even, even) are
centres, (odd, odd) corners, the others middles of sides. Outlines run through the middles of the sides between pixels of two classes. They meet in
nodes: corners of pixels where three or four such sides end. Where they cross a side of the cell, which is always in the middle of a side of two
pixels, they end in a pin. Pixels of a class that touch by a corner are two, so that four arcs meet there.
Headings: 0 north, 1 east, 2 south, 3 west.
"""

from __future__ import annotations

import numpy as np
from numba import njit

FREE, NODE = -1, -2  # of a place: no vertex there; several arcs end there
_DOWN = np.array([-1, 0, 1, 0])
_RIGHT = np.array([0, 1, 0, -1])


@njit(cache=True, nogil=True, inline="always")
def _differs(classes, y, x):
    """Whether the two pixels beside the middle of a side are of two classes."""
    row, col = y >> 1, x >> 1
    return classes[row, col] != classes[row + (y & 1), col + (x & 1)]


@njit(cache=True, nogil=True)
def _is_node(classes, y, x):
    """Whether three or four outlines end at a corner."""
    return (
        int(_differs(classes, y - 1, x))
        + int(_differs(classes, y + 1, x))
        + int(_differs(classes, y, x - 1))
        + int(_differs(classes, y, x + 1))
        > 2
    )


@njit(cache=True, nogil=True)
def _follow(classes, sites, points, used, heading):
    """Points from the last one on, which is the middle of a side and is left by `heading`: their new number, and the heading of the last step.

    Ends at a node, at a side of the cell, or where it began.
    """
    height, width = sites.shape
    y, x = points[used - 1, 0], points[used - 1, 1]
    while True:
        y, x = y + _DOWN[heading], x + _RIGHT[heading]
        if sites[y, x] == NODE:
            points[used, 0], points[used, 1] = y, x
            return used + 1, heading
        for turn in (3, 0, 1):
            ahead = (heading + turn) % 4
            if _differs(classes, y + _DOWN[ahead], x + _RIGHT[ahead]):
                break
        heading = ahead
        y, x = y + _DOWN[heading], x + _RIGHT[heading]
        points[used, 0], points[used, 1] = y, x
        used += 1
        if sites[y, x] != FREE:
            return used, heading
        sites[y, x] = used - 1
        if y == 0 or x == 0 or y == height - 1 or x == width - 1:
            return used, heading


@njit(cache=True, nogil=True)
def _sides(labels, y, x, heading):
    """Labels to the left and to the right of a step through the middle of a side."""
    row, col = y >> 1, x >> 1
    first, second = labels[row, col], labels[row + (y & 1), col + (x & 1)]  # above and below, or west and east
    if heading == 1 or heading == 0:
        return first, second
    return second, first


@njit(cache=True, nogil=True)
def _count(classes):
    """Number of sides between two classes."""
    count = 0
    for row in range(classes.shape[0]):
        for col in range(classes.shape[1]):
            if col > 0 and classes[row, col] != classes[row, col - 1]:
                count += 1
            if row > 0 and classes[row, col] != classes[row - 1, col]:
                count += 1
    return count


@njit(cache=True, nogil=True, inline="always")
def _add(classes, starts, used, y, x, heading):
    """A step from a place added to `starts` if it goes through the middle of a side between two classes, or begins there."""
    down, right = (0, 0) if (y + x) & 1 else (_DOWN[heading], _RIGHT[heading])
    if not _differs(classes, y + down, x + right):
        return used
    starts[used, 0], starts[used, 1], starts[used, 2] = y, x, heading
    return used + 1


@njit(cache=True, nogil=True)
def _begin(classes, sites, starts):
    """Where arcs may begin: (y, x, heading) at nodes, at pins, then anywhere; `starts` is filled. NODE is written at nodes. How many there are."""
    height, width = sites.shape
    used = 0
    for y in range(1, height, 2):
        for x in range(1, width, 2):
            if _is_node(classes, y, x):
                sites[y, x] = NODE
                for heading in range(4):
                    used = _add(classes, starts, used, y, x, heading)
    for x in range(1, width, 2):
        used = _add(classes, starts, used, 0, x, 2)
        used = _add(classes, starts, used, height - 1, x, 0)
    for y in range(1, height, 2):
        used = _add(classes, starts, used, y, 0, 1)
        used = _add(classes, starts, used, y, width - 1, 3)
    for y in range(1, height - 1):
        for x in range(1 + (y & 1), width - 1, 2):
            used = _add(classes, starts, used, y, x, 2 - (y & 1))
    return used


@njit(cache=True, nogil=True)
def trace(classes, labels):
    """Arcs of a cell of (rows, cols) pixels. classes: uint8. labels: int32, components, 0 for no data.

    Gives points int32 (point, 2) as (y, x) in half pixels; start int64 (arc + 1,); headings int8 (arc, 2), of the first and the last step;
    sides int32 (arc, 2), labels to the left and to the right; closed bool (arc,): rings without a node, whose last point is the first one again;
    sites int32 (2 rows - 1, 2 cols - 1): which point lies at a place, FREE or NODE.
    """
    count = _count(classes)
    sites = np.full((2 * classes.shape[0] - 1, 2 * classes.shape[1] - 1), FREE, np.int32)
    starts = np.empty((4 * count, 3), np.int32)  # a side is in the lists of its two ends and in the last one; a pin in two
    points = np.empty((3 * count, 2), np.int32)
    start = np.zeros(count + 1, np.int64)
    headings = np.empty((count, 2), np.int8)
    sides = np.empty((count, 2), np.int32)
    closed = np.zeros(count, np.bool_)
    arcs = used = 0
    for k in range(_begin(classes, sites, starts)):
        y, x, heading = starts[k, 0], starts[k, 1], starts[k, 2]
        from_node = sites[y, x] == NODE
        if from_node:
            points[used, 0], points[used, 1] = y, x
            used += 1
            y, x = y + _DOWN[heading], x + _RIGHT[heading]
        if sites[y, x] != FREE:
            used = start[arcs]
            continue
        points[used, 0], points[used, 1] = y, x
        sites[y, x] = used
        used += 1
        headings[arcs, 0] = headings[arcs, 1] = heading
        sides[arcs, 0], sides[arcs, 1] = _sides(labels, y, x, heading)
        if not from_node or (0 < y < sites.shape[0] - 1 and 0 < x < sites.shape[1] - 1):
            used, headings[arcs, 1] = _follow(classes, sites, points, used, heading)
        first = start[arcs]
        closed[arcs] = not from_node and points[first, 0] == points[used - 1, 0] and points[first, 1] == points[used - 1, 1]
        arcs += 1
        start[arcs] = used
    return points[:used].copy(), start[: arcs + 1].copy(), headings[:arcs].copy(), sides[:arcs].copy(), closed[:arcs].copy(), sites
