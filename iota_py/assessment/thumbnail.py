"""A small image of a raster that is only ever seen by windows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Thumbnail:
    """Nearest-neighbour reduction of a uint8 raster. rows, cols: the pixels that are kept. values: uint8 (len(rows), len(cols)), filled by `take`."""

    rows: np.ndarray
    cols: np.ndarray
    values: np.ndarray

    @classmethod
    def of(cls, shape: tuple[int, int], max_side: int) -> Thumbnail:
        """An empty one of a raster of this shape (rows, cols), no side longer than `max_side`; a smaller raster is kept whole."""
        factor = max(1.0, max(shape) / max_side)
        rows, cols = (_centres(length, max(1, round(length / factor))) for length in shape)
        return cls(rows, cols, np.zeros((rows.size, cols.size), np.uint8))

    def take(self, row: int, col: int, part: np.ndarray) -> None:
        """Keep what is wanted of a window (row, col) of the raster whose upper left pixel is at `row`, `col`."""
        rows, cols = (slice(*np.searchsorted(kept, (start, start + size))) for kept, start, size in self._axes(row, col, part.shape))
        self.values[rows, cols] = part[np.ix_(self.rows[rows] - row, self.cols[cols] - col)]

    def _axes(self, row: int, col: int, shape: tuple[int, ...]) -> tuple[tuple[np.ndarray, int, int], ...]:
        return (self.rows, row, shape[0]), (self.cols, col, shape[1])


def _centres(length: int, target: int) -> np.ndarray:
    return ((np.arange(target) + 0.5) * length / target).astype(np.intp)
