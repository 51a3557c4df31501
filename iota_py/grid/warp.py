"""Where the pixels of a window lie on a grid of another system, from few points that are transformed.

A map projection is smooth: over some kilometres a polynomial follows it closer than its own rounding. So positions are interpolated from a
few nodes (Chebyshev's, barycentric formula of Berrut and Trefethen 2004) where points between the nodes show that it is exact.
"""

from __future__ import annotations

import functools

import numpy as np
from odc.geo.geobox import GeoBox

from iota_py.grid.lattice import pixel_positions, transformed_positions

NODES = 8  # on a side
EXACT = 1e-7  # of a pixel: a tenth of what tells one pixel from the next (lattice.TOLERANCE)
FEWEST = 4 * NODES * NODES  # pixels of a window; fewer are transformed one by one


def window_positions(target: GeoBox, source: GeoBox) -> tuple[np.ndarray, np.ndarray]:
    """As lattice.pixel_positions, to EXACT of a pixel.

    Where a polynomial does not follow the transformation (grids of datum shifts, edges of a projection) every pixel is transformed.
    """
    height, width = target.shape
    if target.crs == source.crs or height * width < FEWEST:
        return pixel_positions(target, source)
    row_nodes, col_nodes = (0.5 + side * _nodes() for side in (height, width))
    row_tests, col_tests = (np.linspace(0.5, side - 0.5, NODES + 1) for side in (height, width))
    tested = transformed_positions(target, source, row_tests, col_tests)
    found = []
    for known, exact in zip(transformed_positions(target, source, row_nodes, col_nodes), tested):
        at_tests = _surface(known, (row_nodes, col_nodes), (row_tests, col_tests))
        if not np.abs(at_tests - exact).max() <= EXACT:  # not finite is no success either
            return pixel_positions(target, source)
        found.append(_surface(known, (row_nodes, col_nodes), (np.arange(height) + 0.5, np.arange(width) + 0.5)))
    return found[0], found[1]


@functools.cache
def _nodes() -> np.ndarray:
    """Chebyshev's nodes of the second kind on 0–1, ends included."""
    found: np.ndarray = (1 - np.cos(np.pi * np.arange(NODES) / (NODES - 1))) / 2
    return found


def _surface(known: np.ndarray, nodes: tuple[np.ndarray, np.ndarray], places: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Values (row, col) at places from those at nodes, float64.

    Sums are written out: those of a linear algebra library would depend on its threads.
    """
    rows, cols = (_basis(own, wanted) for own, wanted in zip(nodes, places))
    lines = sum(known[:, k, None] * cols[None, :, k] for k in range(NODES))
    out = np.zeros((len(rows), len(cols)))
    for k in range(NODES):
        out += rows[:, k, None] * lines[k]
    return out


def _basis(nodes: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Share of each node in the value at each place, float64 (place, node)."""
    weights = (-1.0) ** np.arange(NODES)
    weights[[0, -1]] /= 2
    away = places[:, None] - nodes[None, :]
    at_node = away == 0
    shares = weights / np.where(at_node, 1.0, away)
    shares /= shares.sum(axis=1, keepdims=True)
    return np.where(at_node.any(axis=1, keepdims=True), at_node, shares)
