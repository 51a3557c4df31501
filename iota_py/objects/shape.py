"""Size, outline and place of segments, counted strip by strip of their raster."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit


@dataclass(frozen=True, eq=False)
class Shapes:
    """Counts by number of segment, int64 (number + 1,): pixels; edges of pixels between it and anything else; sums of rows and of columns.

    regions: int64 (number + 1, region), pixels in each region.
    """

    pixels: np.ndarray
    edges: np.ndarray
    rows: np.ndarray
    cols: np.ndarray
    regions: np.ndarray

    @classmethod
    def none(cls, segments: int, regions: int) -> Shapes:
        """Before anything is counted: numbers 0 to `segments`, and so many regions."""
        return cls(*(np.zeros(segments + 1, np.int64) for _ in range(4)), np.zeros((segments + 1, regions), np.int64))

    def count(self, around: np.ndarray, region: np.ndarray, row: int) -> None:
        """Add a strip. around: uint32 (row + 2, col + 2), the strip with the pixels around it, 0 beyond the raster.

        region: position of the region of each pixel of the strip, int64 (row, col). row: of the strip's first row.
        """
        _count(around, region, row, (self.pixels, self.edges, self.rows, self.cols, self.regions))

    def centres(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean row and column of the pixels of segments, float64 (segment,), of centres of pixels counted from 0."""
        return self.rows[numbers] / self.pixels[numbers], self.cols[numbers] / self.pixels[numbers]

    def region_of(self, numbers: np.ndarray) -> np.ndarray:
        """Position of the region that holds most pixels of each segment, the first of equals, int64 (segment,)."""
        return self.regions[numbers].argmax(axis=1)


@njit(nogil=True, cache=True)
def _count(around, region, first, counts):  # type: ignore[no-untyped-def]
    pixels, edges, rows, cols, regions = counts
    for i in range(region.shape[0]):
        for j in range(region.shape[1]):
            own = around[i + 1, j + 1]
            if own == 0:
                continue
            pixels[own] += 1
            rows[own] += first + i
            cols[own] += j
            regions[own, region[i, j]] += 1
            edges[own] += int(around[i, j + 1] != own) + int(around[i + 2, j + 1] != own)
            edges[own] += int(around[i + 1, j] != own) + int(around[i + 1, j + 2] != own)
