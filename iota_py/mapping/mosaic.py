"""The map from its tiles: each pixel of the target grid takes the value of the tile that owns it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from odc.geo import Geometry
from odc.geo.geobox import GeoBox

from iota_py.grid.windows import Window, split
from iota_py.io.lookup import read_nearest

BLOCK = 1024


@dataclass(frozen=True)
class TileRasters:
    """Files of one tile that lie on its grid: footprint, and layers by name."""

    geobox: GeoBox
    footprint: Path
    layers: Mapping[str, Path]


def mosaic_blocks(
    grid: GeoBox, tiles: Sequence[TileRasters], layers: Sequence[str], dtype: str = "uint8", empty: float = 0
) -> Iterator[tuple[Window, np.ndarray]]:
    """Blocks of the map in row-major order: window, and (layer, row, col) of the type of the layers; `empty` where no tile has a footprint.

    tiles: in order of priority; the first whose footprint holds a pixel's centre owns it. Never holds more than a block in memory.
    """
    outlines = [_outline(tile.geobox, grid) for tile in tiles]
    for window in split(grid.shape, (BLOCK, BLOCK)):
        box = window.of(grid)
        values = np.full((len(layers), window.height, window.width), empty, dtype)
        free = np.ones((window.height, window.width), bool)
        for tile, outline in zip(tiles, outlines):
            if not outline.intersects(box.extent):
                continue
            own = free & (read_nearest(str(tile.footprint), tile.geobox, box) != 0)
            if own.any():
                for i, layer in enumerate(layers):
                    np.copyto(values[i], read_nearest(str(tile.layers[layer]), tile.geobox, box), where=own)
                free &= ~own
        yield window, values


def _outline(tile: GeoBox, grid: GeoBox) -> Geometry:
    """Outline of a tile in the CRS of the map, a pixel wider: straight edges of one projection are bent in the other."""
    longest = max(tile.shape) * abs(tile.transform.a)
    return tile.extent.to_crs(grid.crs, resolution=longest / 64).buffer(abs(grid.transform.a))
