"""Tiles overlap; each pixel is owned by exactly one: the first tile in priority order whose footprint holds its centre.

Priority: north first, then west. The union of the owned parts is the union of the footprints.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np
from odc.geo.geobox import GeoBox
from scipy import ndimage

from iota_py.grid.parts import outline


def priority(tiles: Mapping[str, GeoBox]) -> tuple[str, ...]:
    """Names of tiles in order of priority: by the top edge of their own grid (rows of tiles share it), then by western longitude, then name."""

    def rank(name: str) -> tuple[float, float, str]:
        box = tiles[name]
        return -round(box.transform.f, 6), _west(box), name

    return tuple(sorted(tiles, key=rank))


@functools.lru_cache(maxsize=4096)
def _west(box: GeoBox) -> float:
    """Western longitude; asked for by each tile of all the others."""
    return float(box.extent.to_crs("EPSG:4326").boundingbox.left)


def above(tile: str, tiles: Mapping[str, GeoBox]) -> tuple[str, ...]:
    """Tiles of higher priority whose outline meets that of `tile`."""
    order = priority(tiles)
    own = tiles[tile]
    return tuple(name for name in order[: order.index(tile)] if outline(tiles[name], own).intersects(own.extent.geom))


def owned(own: np.ndarray, higher: list[np.ndarray]) -> np.ndarray:
    """Pixels that a tile owns, bool (row, col): inside its own footprint and outside those of higher priority, all on the same window."""
    taken: np.ndarray = np.zeros(own.shape, bool)
    for footprint in higher:
        taken |= footprint != 0
    return (own != 0) & ~taken


def withdrawn(footprint: np.ndarray, margin: int) -> np.ndarray:
    """Footprint drawn back by `margin` pixels on its own grid, bool (row, col); beyond the array there is none.

    A map on another grid may find the centre of its pixel outside the footprint of a tile, and in the pixel of the next tile whose own centre
    is inside: less than a pixel away, so that with a margin of 1 the next tile has answered for it. No seam and no hole stays empty.
    """
    if margin == 0:
        return footprint != 0
    found: np.ndarray = ndimage.binary_erosion(footprint != 0, np.ones((3, 3), bool), iterations=margin)
    return found
