"""Compiled scores of boosted trees, by bit vectors (QuickScorer, Lucchese et al. 2015) in planes of eight leaves on 8-bit codes.

Every leaf of a tree is a bit. Every node is tested on a whole tile of pixels, and a test that is true clears the bits of the leaves
on its left; the lowest bit left is the leaf that a walk would reach. The bits lie in planes of one byte, so that a test is one
comparison of bytes and one `and` for 64 pixels, and most nodes touch one plane only.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from iota_py.codes import TILE
from iota_py.prediction.vectors import PERMUTES, WIDTH, add_of_32, add_of_64, all_set, load, lowest_bit, mask_above, store

STRIP = 4 * WIDTH  # pixels whose bits are in registers: a tile is one strip or several
NARROW, WIDE = 32, 64  # leaves that one and two looks into registers can tell apart


class Boosted(NamedTuple):
    """Boosted trees, laid out for the kernels.

    Bit tests, sorted by tree, then plane: feature uint32, threshold uint8, mask uint8 (test,). plane_start: uint64 (plane + 1,), the
    tests of a plane. tree_plane: uint64 (tree + 1,), the planes of a tree. value: float32 (tree × width,), the leaves of a tree from
    left to right, then zeros; width: uint64, NARROW or WIDE where all the trees are so small, else the most leaves. leaf_start: uint64
    (tree + 1,), among `exact`.
    Walks: node_feature int64, node_threshold uint8, node_left, node_right int64 (node,); node_start uint64 (tree + 1,); exact float64
    (leaf,), leaves as LightGBM numbers them.
    scores: int64, tree t adds to score t % scores. sigmoid: float64, factor of the only score, 0 for softmax. doubt: float32,
    difference of scores up to which rounding could change the order.
    """

    feature: np.ndarray
    threshold: np.ndarray
    mask: np.ndarray
    plane_start: np.ndarray
    tree_plane: np.ndarray
    value: np.ndarray
    width: Any
    leaf_start: np.ndarray
    node_feature: np.ndarray
    node_threshold: np.ndarray
    node_left: np.ndarray
    node_right: np.ndarray
    node_start: np.ndarray
    exact: np.ndarray
    scores: Any
    sigmoid: Any
    doubt: Any


@njit(nogil=True, error_model="numpy")
def _find_leaves(trees, t, tile, exits):
    """For the pixels of a tile (feature × TILE,) uint8: the leaf of tree t, from left to right, to exits."""
    step = np.uint64(WIDTH)
    for g in range(np.uint64(0), np.uint64(TILE), np.uint64(STRIP)):
        a, b, c, d = all_set(), all_set(), all_set(), all_set()
        planes = trees.tree_plane[t + 1] - trees.tree_plane[t]
        for down in range(planes):  # from the last plane to the first: a bit in an earlier plane is lower
            plane = planes - np.uint64(1) - down
            at = trees.tree_plane[t] + plane
            w, x, y, z = all_set(), all_set(), all_set(), all_set()
            for e in range(trees.plane_start[at], trees.plane_start[at + np.uint64(1)]):
                place = np.uint64(trees.feature[e]) * np.uint64(TILE) + g
                threshold, mask = trees.threshold[e], trees.mask[e]
                w = mask_above(w, load(tile, place), threshold, mask)
                x = mask_above(x, load(tile, place + step), threshold, mask)
                y = mask_above(y, load(tile, place + np.uint64(2) * step), threshold, mask)
                z = mask_above(z, load(tile, place + np.uint64(3) * step), threshold, mask)
            base = np.uint8(plane * np.uint64(8))
            a, b, c, d = lowest_bit(w, base, a), lowest_bit(x, base, b), lowest_bit(y, base, c), lowest_bit(z, base, d)
        store(exits, g, a)
        store(exits, g + step, b)
        store(exits, g + np.uint64(2) * step, c)
        store(exits, g + np.uint64(3) * step, d)


@njit(nogil=True, error_model="numpy")
def _add_leaves_one_by_one(trees, t, exits, own):
    """Add the leaf value of each pixel of a tile: own float32 (TILE,)."""
    first = np.uint64(t) * trees.width
    for p in range(np.uint64(TILE)):
        own[p] += trees.value[first + np.uint64(exits[p])]


@njit(nogil=True, error_model="numpy")
def _add_leaves_by_register(trees, t, exits, own):
    """The same numbers, 16 at a time, where the leaves of a tree fit in registers."""
    first = np.uint64(t) * trees.width
    if trees.width == np.uint64(NARROW):
        for p in range(np.uint64(0), np.uint64(TILE), np.uint64(WIDTH)):
            add_of_32(own, p, trees.value, first, exits, p)
    elif trees.width == np.uint64(WIDE):
        for p in range(np.uint64(0), np.uint64(TILE), np.uint64(WIDTH)):
            add_of_64(own, p, trees.value, first, exits, p)
    else:
        _add_leaves_one_by_one(trees, t, exits, own)


_add_leaves = _add_leaves_by_register if PERMUTES else _add_leaves_one_by_one


@njit(nogil=True, cache=True, error_model="numpy")
def score(trees, codes, best, confidence, doubtful, probabilities):
    """Predict pixels of codes (tile, feature, TILE) uint8, as many as `best` is long.

    Fills best int64 (class number), confidence float32, doubtful bool (the first two scores are within `doubt`) and, unless it has
    no row, probabilities float32 (pixel, class).
    """
    n, n_scores = len(best), trees.scores
    sums = np.empty((n_scores, TILE), np.float32)
    exits = np.empty(TILE, np.uint8)
    shares = np.empty(max(n_scores, 2), np.float32)
    for first in range(0, n, TILE):
        sums[:] = 0
        tile = codes[first // TILE].reshape(codes.shape[1] * TILE)
        for t in range(len(trees.leaf_start) - 1):
            _find_leaves(trees, t, tile, exits)
            _add_leaves(trees, t, exits, sums[t % n_scores])
        for p in range(min(TILE, n - first)):
            doubtful[first + p] = _gap(sums[:, p], trees.sigmoid) <= trees.doubt
            _to_shares(sums[:, p], trees.sigmoid, shares)
            k = _first_largest(shares)
            best[first + p], confidence[first + p] = k, shares[k]
            if probabilities.shape[0] > 0:
                for c in range(len(shares)):
                    probabilities[first + p, c] = shares[c]


@njit(nogil=True, cache=True, error_model="numpy")
def score_exactly(trees, codes, pixels, probabilities):
    """Fill probabilities float64 (k, class) for the pixels numbered `pixels` (k,) as LightGBM does: 64-bit sums in tree order.

    codes: uint8 (tile, feature, TILE).
    """
    sums = np.empty(trees.scores, np.float64)
    for k in range(len(pixels)):
        sums[:] = 0
        for t in range(len(trees.leaf_start) - 1):
            start, node = trees.node_start[t], np.int64(0)
            if start == trees.node_start[t + 1]:
                node = np.int64(-1)
            while node >= 0:
                at = start + np.uint64(node)
                right = codes[pixels[k] // TILE, trees.node_feature[at], pixels[k] % TILE] > trees.node_threshold[at]
                node = trees.node_right[at] if right else trees.node_left[at]
            sums[t % trees.scores] += trees.exact[trees.leaf_start[t] + np.uint64(~node)]
        _to_shares(sums, trees.sigmoid, probabilities[k])


@njit(nogil=True, error_model="numpy")
def _gap(scores, sigmoid):
    """Distance between the first two scores; of the only score to 0, where both classes are equal."""
    if sigmoid != 0:
        return abs(scores[0])
    first, second = scores[0], type(scores[0])(-np.inf)
    for k in range(1, len(scores)):
        if scores[k] > first:
            first, second = scores[k], first
        elif scores[k] > second:
            second = scores[k]
    return first - second


@njit(nogil=True, error_model="numpy")
def _to_shares(scores, sigmoid, shares):
    """Probabilities of scores: logistic function of the only one, or softmax, in the operations of LightGBM."""
    one = shares.dtype.type(1)
    if sigmoid != 0:
        shares[1] = one / (one + math.exp(shares.dtype.type(-sigmoid) * scores[0]))
        shares[0] = one - shares[1]
        return
    top = scores[0]
    for k in range(1, len(scores)):
        top = max(top, scores[k])
    total = shares.dtype.type(0)
    for k in range(len(scores)):
        shares[k] = math.exp(scores[k] - top)
        total += shares[k]
    for k in range(len(scores)):
        shares[k] /= total


@njit(nogil=True, error_model="numpy")
def _first_largest(values):
    best = 0
    for k in range(1, len(values)):
        if values[k] > values[best]:
            best = k
    return best
