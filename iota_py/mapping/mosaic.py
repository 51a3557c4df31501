"""The map from its tiles: each pixel of the target grid takes the values of the tile that owns it, all layers from the same pixel of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from odc.geo.geobox import GeoBox

from iota_py.grid.parts import Reach
from iota_py.grid.windows import Window, split, whole
from iota_py.io.lookup import Place, find_place

BLOCK = 1024  # pixels of the map on a side, at most
SMALLEST = 64
MOST_BYTES = 128 * 1024**2  # of the layers of a block, and of what is read of a tile for one layer


@dataclass(frozen=True)
class TileRasters:
    """Files of one tile that lie on its grid: footprint, and layers by name. bands: of layers of one band that are not the first of their
    file, the number."""

    geobox: GeoBox
    footprint: Path
    layers: Mapping[str, Path]
    bands: Mapping[str, int] = field(default_factory=dict)

    def bands_of(self, layer: TileLayer) -> int | list[int]:
        """What is read of the file of a layer."""
        return self.bands.get(layer.name, 1) if layer.bands == 1 else list(range(1, layer.bands + 1))


@dataclass(frozen=True)
class TileLayer:
    """A layer that every tile has. bands: how many it has. empty: what the map holds where no tile has a footprint."""

    name: str
    dtype: str = "uint8"
    bands: int = 1
    empty: float = 0

    @property
    def bytes(self) -> int:
        """Of a pixel."""
        return self.bands * np.dtype(self.dtype).itemsize


def owned_blocks(
    grid: GeoBox, tiles: Sequence[TileRasters], layers: Sequence[TileLayer], part: Window | None = None
) -> Iterator[tuple[Window, list[np.ndarray]]]:
    """Blocks of the map, or of a part of it, in row-major order: window of the grid, and of each layer (row, col), or with several bands
    (band, row, col).

    tiles: in order of priority; the first whose footprint holds a pixel's centre owns it. Where the pixels of a block lie on a tile is found
    once for all the layers. Never holds more than a block in memory.
    """
    part = part or whole(grid.shape)
    reach = Reach(grid, [tile.geobox for tile in tiles])
    side = _side(grid, reach, tiles, layers)
    for inner in split(part.shape, (side, side)):
        window = Window(part.row + inner.row, part.col + inner.col, inner.height, inner.width)
        found, free = [_blank(layer, window) for layer in layers], np.ones(window.shape, bool)
        for number in reach(window):
            near = reach.inside(number, window)
            here = Window(near.row - window.row, near.col - window.col, near.height, near.width).slices
            place = find_place(tiles[number].geobox, near.of(grid)) if free[here].any() else None
            if place is not None:
                _take(tiles[number], place, free[here], layers, [values[(..., *here)] for values in found])
        yield window, found


def _take(tile: TileRasters, place: Place, free: np.ndarray, layers: Sequence[TileLayer], found: list[np.ndarray]) -> None:
    """Fill the free pixels that a tile owns, and take them out of the free ones."""
    own = free & place.inside
    own[own] = place.read(str(tile.footprint), own) != 0
    if own.any():
        for layer, values in zip(layers, found):
            values[..., own] = place.read(str(tile.layers[layer.name]), own, tile.bands_of(layer))
        free &= ~own


def _blank(layer: TileLayer, window: Window) -> np.ndarray:
    shape = window.shape if layer.bands == 1 else (layer.bands, *window.shape)
    return np.full(shape, layer.empty, layer.dtype)


def _side(grid: GeoBox, reach: Reach, tiles: Sequence[TileRasters], layers: Sequence[TileLayer]) -> int:
    """Pixels on a side of a block, a power of two: fewer where the layers are many, or the pixels of the tiles much smaller than the map's."""
    pixel = abs(grid.transform.a * grid.transform.e)
    ratios = [tile.geobox.shape[0] * tile.geobox.shape[1] * pixel / line.area for tile, line in zip(tiles, reach.outlines)]
    widest = max((layer.bytes for layer in layers), default=1)
    heaviest = max(sum(layer.bytes for layer in layers), widest * max(ratios, default=1.0))
    return max(SMALLEST, min(BLOCK, 2 ** int(math.log2(MOST_BYTES / heaviest) / 2)))


def mosaic_blocks(
    grid: GeoBox, tiles: Sequence[TileRasters], layers: Sequence[str], dtype: str = "uint8", empty: float = 0
) -> Iterator[tuple[Window, np.ndarray]]:
    """As owned_blocks over the whole grid, of layers of one type and one band: (layer, row, col)."""
    for window, values in owned_blocks(grid, tiles, [TileLayer(layer, dtype, 1, empty) for layer in layers]):
        yield window, np.stack(values)
