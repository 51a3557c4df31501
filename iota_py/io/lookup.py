"""A raster read onto another grid, pixel centre by pixel centre (nearest): classes, masks and counts never mix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from odc.geo.geobox import GeoBox

from iota_py.grid.lattice import nearest_index, nearest_of
from iota_py.grid.warp import window_positions
from iota_py.grid.windows import Window
from iota_py.io.raster import read_window


@dataclass(frozen=True)
class Place:
    """Where the pixels of a window are found on another grid, for all the rasters that lie there. part: what has to be read of each.

    index: int64 (row, col), place in the part of the pixel that holds a centre. inside: bool (row, col), False where the centre is off.
    """

    part: Window
    index: np.ndarray
    inside: np.ndarray

    def read(self, path: str, chosen: np.ndarray, bands: int | list[int] = 1) -> np.ndarray:
        """Pixels of a raster that lies there, (pixel,) of one band or (band, pixel) of a list, in the raster's own dtype.

        chosen: bool (row, col), where they are wanted, inside only.
        """
        values = read_window(path, self.part, bands)
        found: np.ndarray = values.reshape(*values.shape[:-2], -1)[..., self.index[chosen]]
        return found


def find_place(source: GeoBox, target: GeoBox) -> Place | None:
    """Where the pixels of `target` are found on `source`, None where none of them is."""
    found = nearest_of(window_positions(target, source), source)
    if not found.inside.any():
        return None
    shape = tuple(target.shape)
    inside = np.broadcast_to(found.inside, shape)
    sides = [np.broadcast_to(side, shape) for side in (found.rows, found.cols)]
    (top, bottom), (left, right) = [
        (int(side.min(where=inside, initial=np.iinfo(np.int64).max)), int(side.max(where=inside, initial=0))) for side in sides
    ]
    part = Window(top, left, bottom - top + 1, right - left + 1)
    return Place(part, np.broadcast_to((found.rows - top) * part.width + (found.cols - left), shape), inside)


def read_nearest(path: str, source: GeoBox, target: GeoBox, dtype: str = "uint8") -> np.ndarray:
    """Pixels (row, col) of a raster that lies on `source`, for each pixel centre of `target`; 0 outside. Only the part needed is read."""
    index = nearest_index(target, source)
    if not index.inside.any():
        return np.zeros(target.shape, dtype)
    top, left = int(index.rows.min()), int(index.cols.min())
    part = Window(top, left, int(index.rows.max()) - top + 1, int(index.cols.max()) - left + 1)
    values = read_window(path, part)
    picked = values[index.rows - top, index.cols - left]
    return picked if index.inside.all() else np.where(index.inside, picked, np.zeros(1, values.dtype))
