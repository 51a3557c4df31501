"""Parts of a map: large blocks of its grid, each made on its own from the tiles that reach it. Parts that no tile reaches are not made."""

from __future__ import annotations

import math
from collections.abc import Sequence

import shapely
from odc.geo.geobox import GeoBox

from iota_py.grid.lattice import expanded
from iota_py.grid.windows import Shape, Window, crs_text, split

PART = 8192  # pixels on a side: whole blocks of the files down to the overview that is REDUCED times smaller
REDUCED = 16


def part_windows(shape: Shape) -> list[Window]:
    """Parts of a grid in row-major order; those at the right and at the bottom may be smaller."""
    return split(shape, (PART, PART))


def padded(window: Window, grid: GeoBox) -> GeoBox:
    """Grid of a part, up to REDUCED - 1 pixels longer on its lower and right side: pixels of its overviews are whole multiples of its own."""
    height, width = (-(-side // REDUCED) * REDUCED for side in window.shape)
    return expanded(grid, window.row, window.col, height, width)


class Reach:
    """Which tiles reach a window of a grid, by the outlines of their own grids."""

    def __init__(self, grid: GeoBox, tiles: Sequence[GeoBox]) -> None:
        self.grid = grid
        self.outlines = [outline(tile, grid) for tile in tiles]
        self.tree = shapely.STRtree(self.outlines)

    def __call__(self, window: Window) -> tuple[int, ...]:
        """Places of these tiles in the list, in its order."""
        found = self.tree.query(window.of(self.grid).extent.geom, predicate="intersects")
        return tuple(sorted(int(place) for place in found))

    def inside(self, place: int, window: Window) -> Window:
        """The smallest window inside this one that holds all that a tile which reaches it has there."""
        left, bottom, right, top = self.outlines[place].bounds
        first_col, first_row = (math.floor(side) for side in ~self.grid.transform @ (left, top))
        last_col, last_row = (math.ceil(side) for side in ~self.grid.transform @ (right, bottom))
        row, col = max(window.row, first_row), max(window.col, first_col)
        height, width = min(window.row + window.height, last_row) - row, min(window.col + window.width, last_col) - col
        return Window(row, col, max(0, height), max(0, width))


def covered_pixels(grid: GeoBox, tiles: Sequence[GeoBox]) -> int:
    """Pixels of a grid that these tiles cover at most: a map is stored where there are tiles."""
    pixel = abs(grid.transform.a * grid.transform.e)
    return min(int(grid.shape[0]) * int(grid.shape[1]), math.ceil(sum(outline(tile, grid).area for tile in tiles) / pixel))


def outline(tile: GeoBox, grid: GeoBox) -> shapely.Geometry:
    """Outline of a tile in the CRS of a grid; where these are not the same, a pixel wider: straight edges of one projection are bent in the
    other."""
    if tile.crs == grid.crs:
        return tile.extent.geom
    longest = max(tile.shape) * abs(tile.transform.a)
    return tile.extent.to_crs(crs_text(grid), resolution=longest / 64).buffer(abs(grid.transform.a)).geom
