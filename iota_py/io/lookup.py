"""A raster read onto another grid, pixel centre by pixel centre (nearest): classes, masks and counts never mix."""

from __future__ import annotations

import numpy as np
from odc.geo.geobox import GeoBox

from iota_py.grid.lattice import nearest_index
from iota_py.grid.windows import Window
from iota_py.io.raster import read_window


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
