"""Where the pixels of a window lie on another grid: shifted, coarser, finer, or in another coordinate reference system."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
from odc.geo.geobox import GeoBox

from iota_py.grid.lattice import expanded, nearest_along, pixel_positions
from iota_py.grid.windows import Window
from iota_py.products.pixels import MISSING, place_nearest, place_same, spread


@dataclass(frozen=True, eq=False)
class Placement:
    """Part of a source grid under a window, None where they do not meet.

    rows, cols: int64, row and column in that part of each pixel of the window, -1 where the source has none: vectors (row,) and (col,)
    in one coordinate reference system, else both (row, col). at: the same as exact places, float64 in pixels from the part's upper left
    corner, of shapes that broadcast to (row, col).
    """

    source: Window | None
    rows: np.ndarray
    cols: np.ndarray
    at: tuple[np.ndarray, np.ndarray]

    @property
    def separable(self) -> bool:
        """True when rows and columns are vectors."""
        return self.rows.ndim == 1

    def take(self, part: np.ndarray, missing: float) -> np.ndarray:
        """Values (row, col) of the part on the window, `missing` where there are none."""
        rows, cols = (self.rows[:, None], self.cols[None, :]) if self.separable else (self.rows, self.cols)
        inside = (rows >= 0) & (cols >= 0)
        return np.where(inside, part[np.maximum(rows, 0), np.maximum(cols, 0)], np.asarray(missing, part.dtype))


def place(source: GeoBox, target: GeoBox, margin: int = 0) -> Placement:
    """Placement of a source grid under a target; the part has `margin` more pixels on each side where the source has them."""
    positions = pixel_positions(target, source)
    (rows, has_row), (cols, has_col) = (nearest_along(*axis) for axis in zip(positions, source.shape))
    separable = source.crs == target.crs
    if separable:  # each axis on its own: nothing of the size of the window is made
        rows, has_row, cols, has_col = rows[:, 0], has_row[:, 0], cols[0, :], has_col[0, :]
    else:
        has_row = has_col = has_row & has_col
    if not (has_row.any() and has_col.any()):
        return Placement(None, np.empty(0, np.int64), np.empty(0, np.int64), positions)
    (top, bottom), (left, right) = _around(rows[has_row], source.shape[0], margin), _around(cols[has_col], source.shape[1], margin)
    at = positions[0] - top, positions[1] - left
    return Placement(
        Window(top, left, bottom - top, right - left), np.where(has_row, rows - top, -1), np.where(has_col, cols - left, -1), at
    )


def _around(found: np.ndarray, count: int, margin: int) -> tuple[int, int]:
    """First row or column and one past the last of those found, with `margin` more on each side where there are."""
    return max(0, int(found.min()) - margin), min(count, int(found.max()) + 1 + margin)


@functools.lru_cache(maxsize=1024)
def spans(source: GeoBox, target: GeoBox) -> tuple[float, float]:
    """Source columns and rows that a pixel in the middle of the target spans; (1, 1) where the source's system cannot show it."""
    height, width = target.shape
    rows, cols = (np.broadcast_to(axis, (2, 2)) for axis in pixel_positions(expanded(target, height // 2, width // 2, 2, 2), source))
    across, down = (float(abs(axis[0, 1] - axis[0, 0]) + abs(axis[1, 0] - axis[0, 0])) for axis in (cols, rows))
    return (across, down) if math.isfinite(across + down) else (1.0, 1.0)


class Usable:
    """Which pixels of a window are usable on one date, while its bands are read.

    Bands on another grid say it at their own resolution, all of them in one array, which is brought to the window once, by `settle`.
    """

    def __init__(self, valid: np.ndarray) -> None:
        """valid: uint8 (row, col) of the window, cleared as bands are read."""
        self.valid = valid
        self._elsewhere: dict[int, tuple[Placement, np.ndarray]] = {}

    def put_nearest(self, values: np.ndarray, where: Placement, bounds: np.ndarray, out: np.ndarray) -> None:
        """Fill out int16 (row, col) from stored numbers int16 of the part, by nearest neighbour."""
        if where.separable:
            if id(where) not in self._elsewhere:
                self._elsewhere[id(where)] = where, np.ones(values.shape, np.uint8)
            place_nearest(values, where.rows, where.cols, bounds, out, self._elsewhere[id(where)][1])
            return
        inside = (where.rows >= 0) & (where.cols >= 0)
        place_same(where.take(values, 0), bounds, out, self.valid)
        out[~inside] = MISSING
        self.valid[~inside] = 0

    def settle(self) -> None:
        """Take in what the bands on other grids said."""
        for where, usable in self._elsewhere.values():
            spread(usable, where.rows, where.cols, self.valid)
        self._elsewhere.clear()
