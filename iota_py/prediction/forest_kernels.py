"""Compiled walk through the trees of a forest: twelve pixels at a time, tree after tree.

A node is one integer: left child, feature, threshold from the high bits to the low; the right child follows the left one, and a
leaf is a node that no value passes and whose left child is itself, so that walking on from a leaf stays there. Nodes of 4 bytes
(14, 10, 8 bits) keep a tree and the codes of twelve pixels in the first-level cache; nodes of 8 bytes (28, 20, 16 bits) hold
any tree. What made it fast, in order: short nodes and 8-bit codes; twelve independent walks, which hide the waiting of each
other; unsigned indices (numba tests signed ones for wrap-around); leaf rows asked for early and added eight lanes at a time.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit, types
from numba.extending import overload

from iota_py.prediction.vectors import ROW, add_row, prefetch

GROUP = 12  # pixels that walk together
BLOCK = 43 * GROUP  # pixels that pass a tree before the next one: their codes and sums stay in the second-level cache


class Trees(NamedTuple):
    """A forest, laid out for the kernels.

    nodes: uint32 or uint64 (node,), trees one after the other, each breadth first. roots: uint64 (tree + 1,). shallow: uint64
    (tree,), depth of the shallowest leaf. row: uint32 (node,), for a leaf its row in the tables. shares: uint16 (row * width,),
    class shares × 65,535, each row padded to `width`. exact: float64 (row, class), the shares as the library has them.
    width: uint64, a multiple of 8. doubt: int64, difference of votes up to which the rounding of shares could change the order.
    """

    nodes: np.ndarray
    roots: np.ndarray
    shallow: np.ndarray
    row: np.ndarray
    shares: np.ndarray
    exact: np.ndarray
    width: Any
    doubt: Any


def _next(nodes, values, node, pixel):  # pragma: no cover - numba takes one of the two forms below
    """Node after `node` for the pixel whose values start at values[pixel]."""
    raise NotImplementedError


@overload(_next, inline="never")
def _next_overload(nodes, values, node, pixel):
    def short(nodes, values, node, pixel):
        word = nodes[node]
        value = values[pixel + np.uint64((word >> np.uint32(8)) & np.uint32(0x3FF))]
        return np.uint32((word >> np.uint32(18)) + np.uint32(value > np.uint8(word & np.uint32(0xFF))))

    def long(nodes, values, node, pixel):
        word = nodes[node]
        value = np.int16(values[pixel + ((word >> np.uint64(16)) & np.uint64(0xFFFFF))])
        return np.uint32((word >> np.uint64(36)) + np.uint64(value > np.int16(word & np.uint64(0xFFFF))))

    return short if nodes.dtype == types.uint32 else long


@njit(nogil=True, error_model="numpy")
def step(nodes, values, at, pixel, n):
    """One step of twelve walks. at: twelve node numbers. Pixel k of the group has its values from pixel + k * n on."""
    return (
        _next(nodes, values, at[0], pixel),
        _next(nodes, values, at[1], pixel + n),
        _next(nodes, values, at[2], pixel + np.uint64(2) * n),
        _next(nodes, values, at[3], pixel + np.uint64(3) * n),
        _next(nodes, values, at[4], pixel + np.uint64(4) * n),
        _next(nodes, values, at[5], pixel + np.uint64(5) * n),
        _next(nodes, values, at[6], pixel + np.uint64(6) * n),
        _next(nodes, values, at[7], pixel + np.uint64(7) * n),
        _next(nodes, values, at[8], pixel + np.uint64(8) * n),
        _next(nodes, values, at[9], pixel + np.uint64(9) * n),
        _next(nodes, values, at[10], pixel + np.uint64(10) * n),
        _next(nodes, values, at[11], pixel + np.uint64(11) * n),
    )


@njit(nogil=True, error_model="numpy")
def moved(a, b):
    """Not 0 when any of twelve walks is at another node in b than in a."""
    left = (a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]) | (a[4] ^ b[4]) | (a[5] ^ b[5])
    right = (a[6] ^ b[6]) | (a[7] ^ b[7]) | (a[8] ^ b[8]) | (a[9] ^ b[9]) | (a[10] ^ b[10]) | (a[11] ^ b[11])
    return left | right


@njit(nogil=True, error_model="numpy")
def _leave(row, at, exits, first, shares, width):
    """Note the leaf rows of twelve walks in exits[first:], and ask for them."""
    rows = (row[at[0]], row[at[1]], row[at[2]], row[at[3]], row[at[4]], row[at[5]])
    more = (row[at[6]], row[at[7]], row[at[8]], row[at[9]], row[at[10]], row[at[11]])
    for k in range(6):
        exits[first + np.uint64(k)] = rows[k]
        exits[first + np.uint64(6 + k)] = more[k]
        prefetch(shares, np.uint64(rows[k]) * width)
        prefetch(shares, np.uint64(more[k]) * width)


@njit(nogil=True, error_model="numpy")
def _pass_tree(trees, t, values, start, n, pixels, exits):
    """Walk `pixels` pixels (a multiple of twelve), whose values start at values[start * n], through tree t: their leaf rows to exits."""
    nodes, row = trees.nodes[trees.roots[t] :], trees.row[trees.roots[t] :]
    for first in range(np.uint64(0), pixels, np.uint64(GROUP)):
        pixel = (start + first) * n
        root = np.uint32(0)
        at = (root, root, root, root, root, root, root, root, root, root, root, root)
        for _ in range(trees.shallow[t]):
            at = step(nodes, values, at, pixel, n)
        while True:  # two steps for one test: the test costs a third of a step, a step too many costs one
            at = step(nodes, values, at, pixel, n)
            after = step(nodes, values, at, pixel, n)
            if moved(at, after) == 0:
                break
            at = after
        _leave(row, at, exits, first, trees.shares, trees.width)


@njit(nogil=True, cache=True, error_model="numpy")
def vote(trees, values, best, votes, doubtful, probabilities):
    """Sum the leaf rows of all trees for pixels of values (pixel, feature) uint8 or int16; a multiple of twelve pixels.

    Fills best int64 (class number, first of equal ones), votes uint32 (sum of its shares × 65,535), doubtful bool (the first two
    are within `doubt`), and, unless it has no row, probabilities float32 (pixel, class).
    """
    n_pixels, n = values.shape[0], np.uint64(values.shape[1])
    n_trees, n_classes, width = len(trees.roots) - 1, trees.exact.shape[1], trees.width
    flat = values.ravel()
    sums = np.empty(np.uint64(BLOCK) * width, np.uint32)
    exits = np.empty(BLOCK, np.uint32)
    scale = np.float32(1 / (65535 * n_trees))
    for start in range(0, n_pixels, BLOCK):
        pixels = np.uint64(min(BLOCK, n_pixels - start))
        sums[:] = 0
        for t in range(n_trees):
            _pass_tree(trees, t, flat, np.uint64(start), n, pixels, exits)
            for i in range(pixels):
                for c in range(np.uint64(0), width, np.uint64(ROW)):
                    add_row(sums, i * width + c, trees.shares, np.uint64(exits[i]) * width + c)
        for i in range(pixels):
            own = sums[i * width : i * width + np.uint64(n_classes)]
            place = start + np.int64(i)
            best[place], votes[place], doubtful[place] = _first_two(own, trees.doubt)
            if probabilities.shape[0] > 0:
                for c in range(n_classes):
                    probabilities[place, c] = own[c] * scale


@njit(nogil=True, error_model="numpy")
def _first_two(votes, doubt):
    """Number of the largest of some votes, its value, and whether another is no more than `doubt` below it."""
    best, first, second = 0, np.int64(votes[0]), np.int64(-1)
    for c in range(1, len(votes)):
        value = np.int64(votes[c])
        if value > first:
            best, first, second = c, value, first
        elif value > second:
            second = value
    return best, votes[best], second >= 0 and first - second <= doubt


@njit(nogil=True, cache=True, error_model="numpy")
def vote_exactly(trees, values, pixels, shares):
    """Fill shares float64 (k, class) for the pixels numbered `pixels` (k,): the library's own sum, in the order of the trees."""
    n = np.uint64(values.shape[1])
    flat = values.ravel()
    n_trees = len(trees.roots) - 1
    for k in range(len(pixels)):
        shares[k] = 0
        for t in range(n_trees):
            nodes = trees.nodes[trees.roots[t] :]
            at, after = np.uint32(0), np.uint32(0xFFFFFFFF)
            while at != after:
                after = at
                at = _next(nodes, flat, at, np.uint64(pixels[k]) * n)
            row = trees.exact[trees.row[trees.roots[t] + np.uint64(at)]]
            for c in range(len(row)):
                shares[k, c] += row[c]
        shares[k] /= n_trees
