"""Windows: rectangles of a grid, the unit of heavy work."""

from __future__ import annotations

from dataclasses import dataclass

from odc.geo import Shape2d
from odc.geo.geobox import GeoBox

Shape = tuple[int, int] | Shape2d  # (rows, cols)


@dataclass(frozen=True, order=True)
class Window:
    """Rows `row`..`row + height` and columns `col`..`col + width` of a grid, in pixels."""

    row: int
    col: int
    height: int
    width: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """To index an array of (row, col)."""
        return slice(self.row, self.row + self.height), slice(self.col, self.col + self.width)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.height, self.width

    @property
    def pixels(self) -> int:
        """Number of pixels."""
        return self.height * self.width

    def of(self, geobox: GeoBox) -> GeoBox:
        """The grid of this window of a grid."""
        return geobox[self.slices]

    def __str__(self) -> str:
        return f"rows {self.row}–{self.row + self.height - 1}, columns {self.col}–{self.col + self.width - 1}"


def whole(shape: Shape) -> Window:
    """The window that covers a grid of this shape."""
    return Window(0, 0, int(shape[0]), int(shape[1]))


def split(shape: Shape, size: tuple[int, int]) -> list[Window]:
    """Windows of `size` (rows, cols) that cover a grid of `shape` once, in row-major order; the last ones may be smaller."""
    height, width = shape
    rows, cols = size
    if rows < 1 or cols < 1:
        raise ValueError(f"window size {size}: both sides must be at least 1")
    return [
        Window(row, col, min(rows, height - row), min(cols, width - col))
        for row in range(0, height, rows)
        for col in range(0, width, cols)
    ]  # fmt: skip


def window_size(shape: Shape, block: tuple[int, int], pixels: int) -> tuple[int, int]:
    """Rows and columns of a window that follows the blocks of the files and holds about `pixels` pixels at most.

    Files in strips (a block as wide as the raster) are read by full rows; files in tiles by whole tiles. Reading across the blocks
    would decode each of them several times. A window is never smaller than one block.
    """
    height, width = shape
    block_rows, block_cols = min(block[0], height), min(block[1], width)
    if block_cols >= width:
        rows = max(block_rows, pixels // width // block_rows * block_rows)
        return min(rows, height), width
    across = max(1, min(-(-width // block_cols), int(pixels**0.5) // block_cols, pixels // (block_rows * block_cols)))
    cols = min(width, across * block_cols)
    rows = max(block_rows, pixels // cols // block_rows * block_rows)
    return min(rows, height), cols


def crs_text(geobox: GeoBox) -> str:
    """Well-known text of a grid's coordinate reference system. Raises ValueError when it has none."""
    if geobox.crs is None:
        raise ValueError(f"grid of {geobox.shape} has no coordinate reference system")
    return str(geobox.crs.to_wkt())
