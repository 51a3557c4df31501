"""Compiled walk through the trees of a regressor: that of `forest_kernels`, with one number at each leaf."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from iota_py.prediction.forest_kernels import BLOCK, GROUP, moved, step


class ValueTrees(NamedTuple):
    """Trees, laid out for the kernel.

    nodes: uint32 or uint64 (node,), roots: uint64 (tree + 1,), shallow: uint64 (tree,), as in `forest_kernels.Trees`. value: float64
    (node,), for a leaf what its tree says.
    """

    nodes: np.ndarray
    roots: np.ndarray
    shallow: np.ndarray
    value: np.ndarray


@njit(nogil=True, cache=True, error_model="numpy")
def add_up(trees, values, sums):
    """Fill sums float64 (pixel,) with what all trees say of values (pixel, feature) uint8 or int16, in the order of the trees.

    A multiple of twelve pixels. The sum of a pixel does not depend on its neighbours.
    """
    n_pixels, n = values.shape[0], np.uint64(values.shape[1])
    flat = values.ravel()
    sums[:] = 0
    for start in range(0, n_pixels, BLOCK):
        pixels = np.uint64(min(BLOCK, n_pixels - start))
        for t in range(len(trees.roots) - 1):
            _add_tree(trees, t, flat, n, sums[start : start + np.int64(pixels)], np.uint64(start))


@njit(nogil=True, error_model="numpy")
def _add_tree(trees, t, values, n, sums, start):
    """Add what tree t says of the pixels whose values start at values[start * n] to sums."""
    nodes, value = trees.nodes[trees.roots[t] :], trees.value[trees.roots[t] :]
    for first in range(np.uint64(0), np.uint64(len(sums)), np.uint64(GROUP)):
        pixel = (start + first) * n
        root = np.uint32(0)
        at = (root, root, root, root, root, root, root, root, root, root, root, root)
        for _ in range(trees.shallow[t]):
            at = step(nodes, values, at, pixel, n)
        while True:
            at = step(nodes, values, at, pixel, n)
            after = step(nodes, values, at, pixel, n)
            if moved(at, after) == 0:
                break
            at = after
        for k in range(12):
            sums[first + np.uint64(k)] += value[at[k]]
