"""Tiles overlap; each pixel is owned by exactly one: the first tile in priority order whose footprint holds its centre.

Priority: north first, then west. The union of the owned parts is the union of the footprints.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from odc.geo.geobox import GeoBox
from scipy import ndimage

from iota_py.grid.windows import crs_text


def priority(tiles: Mapping[str, GeoBox]) -> tuple[str, ...]:
    """Names of tiles in order of priority: by the top edge of their own grid (rows of tiles share it), then by western longitude, then name."""

    def rank(name: str) -> tuple[float, float, str]:
        box = tiles[name]
        west = box.extent.to_crs("EPSG:4326").boundingbox.left
        return -round(box.transform.f, 6), west, name

    return tuple(sorted(tiles, key=rank))


def above(tile: str, tiles: Mapping[str, GeoBox]) -> tuple[str, ...]:
    """Tiles of higher priority whose outline meets that of `tile`."""
    order = priority(tiles)
    outline = tiles[tile].extent
    return tuple(name for name in order[: order.index(tile)] if tiles[name].extent.to_crs(crs_text(tiles[tile])).intersects(outline))


def owned(own: np.ndarray, higher: list[np.ndarray], margin: int = 0) -> np.ndarray:
    """Pixels that a tile owns, bool (row, col): inside its own footprint and outside those of higher priority.

    margin: pixels by which the tile reaches into its neighbours, so that a map on another grid finds no gap at the seam. higher: on
    the same window, or on one that is larger by as many pixels on each side: without them the reach stops at the window's edge.
    """
    taken: np.ndarray = np.zeros(higher[0].shape if higher else own.shape, bool)
    for footprint in higher:
        taken |= footprint != 0
    if margin and taken.any():
        taken = ndimage.binary_erosion(taken, np.ones((3, 3), bool), iterations=margin, border_value=1)
    extra = (len(taken) - len(own)) // 2
    return (own != 0) & ~taken[extra : extra + own.shape[0], extra : extra + own.shape[1]]
