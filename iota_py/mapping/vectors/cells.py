"""The cells that a map is vectorised by: a lattice fixed to the grid of the map, the same for every zone.

The lines of the lattice run through centres of pixels: no side between two pixels lies along them, and those that cross one do so in their middle.
A cell shares the pixels on its sides with its neighbours. Pixels outside the raster count as no data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from odc.geo.geobox import GeoBox

from iota_py.grid.windows import Window

Read = Callable[[Window], np.ndarray]


@dataclass(frozen=True)
class Lattice:
    """Cells of `side` pixels over a raster of (rows, cols). wanted: bool (row, col) of cells, those that a zone touches."""

    shape: tuple[int, int]
    side: int
    wanted: np.ndarray

    def span(self, row: int, col: int) -> tuple[int, int, int, int]:
        """First row, first column, last row, last column of the pixels of a cell; -1 and the number of rows or columns lie outside."""
        top, left = row * self.side - 1, col * self.side - 1
        return top, left, min(top + self.side, self.shape[0]), min(left + self.side, self.shape[1])

    def cells(self) -> Iterator[tuple[int, int]]:
        """Row and column of the cells that are wanted, and of those beside them, in row-major order."""
        padded = np.pad(self.wanted, 1)
        rows, cols = self.wanted.shape
        near = np.any([padded[i : i + rows, j : j + cols] for i in range(3) for j in range(3)], axis=0)
        yield from zip(*(place.tolist() for place in np.nonzero(near)))

    def read(self, read: Read, row: int, col: int) -> np.ndarray:
        """Classes of a cell, uint8 (row, col). Of a cell that is not wanted: those that it shares with one that is, 0 elsewhere.

        The 0 close the polygons that go on outside the wanted cells, within a pixel of them.
        """
        span = self.span(row, col)
        classes = np.zeros((span[2] - span[0] + 1, span[3] - span[1] + 1), np.uint8)
        if self.wanted[row, col]:
            self._fill(classes, span, span, read)
            return classes
        for i in range(max(0, row - 1), min(self.wanted.shape[0], row + 2)):
            for j in range(max(0, col - 1), min(self.wanted.shape[1], col + 2)):
                if self.wanted[i, j]:
                    self._fill(classes, span, self.span(i, j), read)
        return classes

    def _fill(self, classes: np.ndarray, span: tuple[int, int, int, int], other: tuple[int, int, int, int], read: Read) -> None:
        top, left = max(span[0], other[0], 0), max(span[1], other[1], 0)
        bottom, right = min(span[2], other[2], self.shape[0] - 1), min(span[3], other[3], self.shape[1] - 1)
        if top > bottom or left > right:
            return
        window = Window(top, left, bottom - top + 1, right - left + 1)
        values = read(window)
        if values.shape != window.shape or values.dtype != np.uint8:
            raise ValueError(f"{window}: read {values.dtype} {values.shape}, expected uint8 {window.shape}")
        classes[top - span[0] : bottom - span[0] + 1, left - span[1] : right - span[1] + 1] = values


def lattice(grid: GeoBox, side: int, zone: Any | None) -> Lattice:
    """The lattice of a grid; the wanted cells are those that the zone (a geometry in the CRS of the grid) touches, all without a zone."""
    if side < 1:
        raise ValueError(f"cells of {side} pixels: at least 1")
    shape = (int(grid.shape[0]), int(grid.shape[1]))
    found = Lattice(shape, side, np.ones((shape[0] // side + 1, shape[1] // side + 1), bool))
    if zone is None:
        return found
    rows, cols = np.indices(found.wanted.shape).reshape(2, -1)
    spans = np.array([found.span(row, col) for row, col in zip(rows.tolist(), cols.tolist())]) + 0.5
    place = grid.transform
    west, north, east, south = (
        place.c + place.a * spans[:, 1],
        place.f + place.e * spans[:, 0],
        place.c + place.a * spans[:, 3],
        place.f + place.e * spans[:, 2],
    )
    shapely.prepare(zone)
    return Lattice(shape, side, shapely.intersects(zone, shapely.box(west, south, east, north)).reshape(found.wanted.shape))
