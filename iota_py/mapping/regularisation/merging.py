"""Which class each small component takes: the rule of merging, on a graph of components, compiled.

The rule. Components are sets of connected pixels of one class; those of fewer than `minimum` pixels are small. Small components merge one
by one, the smallest first, of equal ones that whose first pixel comes first in raster order. It takes the class of its largest
neighbour, of equal ones the lowest class; what it touches of that class is then one component with it, which counts and merges
as such. Without a neighbour it stays. A large component counts with the pixels that it had before the sieve; what joined it counts with it
(of several with the largest) and with the small ones that are connected through it.

Why a large one counts as it was. Its growth depends on every small component along it, anywhere: which neighbour is larger could hang on
a pixel at the other end of a country. As it is, a set of small components in contact (an island) is settled by its own pixels and the sizes
of the large components around it, and islands may be settled in any order, in any window.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def _root(parent, node):
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@njit(cache=True, nogil=True)
def _choose(node, nodes, start, target):
    """Class of the largest neighbour, 0 where there is none."""
    parent, after, last, code, size, anchor, _ = nodes
    best, most, member = 0, 0, node
    while True:
        for k in range(start[member], start[member + 1]):
            other = _root(parent, target[k])
            if other == node:
                continue
            counted = size[other] + anchor[other]
            if counted > most or (counted == most and code[other] < best):
                best, most = int(code[other]), counted
        if member == last[node]:
            return best
        member = after[member]


@njit(cache=True, nogil=True)
def _join(node, chosen, nodes, start, target):
    """Give a component its new class and unite it with all that it touches of that class."""
    parent, after, last, code, size, anchor, large = nodes
    code[node] = chosen
    member, end, root = node, last[node], node
    while True:
        for k in range(start[member], start[member + 1]):
            other = _root(parent, target[k])
            if other == root or code[other] != chosen:
                continue
            if large[other]:
                anchor[root] = max(anchor[root], size[other])
                continue
            low, high = min(root, other), max(root, other)
            parent[high] = low
            size[low] += size[high]
            anchor[low] = max(anchor[low], anchor[high])
            after[last[low]] = high
            last[low] = last[high]
            root = low
        if member == end:
            return
        member = after[member]


@njit(cache=True, nogil=True)
def settle(code, size, minimum, start, target, alive):
    """Classes after merging, uint8 (node,).

    code: uint8 (node,). size: int64 (node,), pixels. start, target: what each small node touches, as `find_contacts` gives it. alive: nodes to
    settle, small, in raster order of their first pixels, whole islands; of two nodes the lower number has the earlier first pixel.
    """
    count = len(code)
    code, size, alive = code.copy(), size.copy(), alive.copy()
    parent, after, last = np.arange(count, dtype=np.int32), np.full(count, np.int32(-1)), np.arange(count, dtype=np.int32)
    anchor = np.zeros(count, np.int64)  # pixels of the large component that a small one has joined; size: what was gathered beside it
    nodes = (parent, after, last, code, size, anchor, size >= minimum)
    left = len(alive)
    while left > 0:
        smallest = size[alive[0]]
        for k in range(1, left):
            smallest = min(smallest, size[alive[k]])
        for k in range(left):
            node = alive[k]
            if parent[node] == node and anchor[node] == 0 and size[node] == smallest:
                chosen = _choose(node, nodes, start, target)
                if chosen != 0:
                    _join(node, chosen, nodes, start, target)
        kept = 0
        for k in range(left):
            node = alive[k]
            if parent[node] == node and anchor[node] == 0 and smallest < size[node] < minimum:
                alive[kept] = node
                kept += 1
        left = kept
    for node in range(count):
        code[node] = code[_root(parent, node)]
    return code


def graph_of(edges: Sequence[np.ndarray], order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Start and target for `settle` from lists of int32 (edge, 2), from and to; order: int64 (node,), the node of each place in the graph."""
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order))
    counts = np.zeros(len(order) + 1, np.int64)
    for part in edges:
        _count_edges(part, rank, counts)
    start = np.cumsum(counts)
    target, place = np.empty(start[-1], np.int32), start.copy()
    for part in edges:
        _fill_edges(part, rank, place, target)
    return start, target


@njit(cache=True, nogil=True)
def _count_edges(edges, rank, counts):
    for k in range(len(edges)):
        counts[rank[edges[k, 0]] + 1] += 1


@njit(cache=True, nogil=True)
def _fill_edges(edges, rank, place, target):
    for k in range(len(edges)):
        node = rank[edges[k, 0]]
        target[place[node]] = rank[edges[k, 1]]
        place[node] += 1
