"""The ground under a landscape: a plain and hills, as its ecoregions are, cut by valleys where it has water."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox
from scipy import ndimage

from iota_py.grid.windows import whole
from iota_py.io.raster import burn, write_raster
from iota_py.simulation.landscape import Landscape
from iota_py.simulation.noise import smooth_field, stream
from iota_py.simulation.phenology import KIND_INDEX

STEP = 30.0  # metres, as the elevation models that cover the world
MARGIN = 300.0  # metres beyond the landscape, so that slopes reach its edge
NODATA = -9999.0
_LEVEL, _FALL = 140.0, 0.001  # metres above the sea in the west, and how much the water falls to the east
_VALLEY = 350.0  # metres from the water over which a side rises by two thirds
_FOOT = 1200.0  # metres from the border of the hills to their full height


def elevation_grid(landscape: Landscape, step: float = STEP) -> GeoBox:
    """Grid in the landscape's system that covers it and MARGIN around, in pixels of `step` metres whose edges are multiples of it."""
    box = landscape.geobox.boundingbox
    left, top = step * np.floor((box.left - MARGIN) / step), step * np.ceil((box.top + MARGIN) / step)
    height, width = int(np.ceil((top - box.bottom + MARGIN) / step)), int(np.ceil((box.right + MARGIN - left) / step))
    return GeoBox((height, width), Affine(step, 0, left, 0, -step, top), landscape.geobox.crs)


def elevation(landscape: Landscape, grid: GeoBox, seed: int) -> np.ndarray:
    """Metres above the sea, float32 (row, col). Equal seeds give equal ground; water lies lower than all the land around it."""
    step, shape = abs(grid.transform.a), (int(grid.shape[0]), int(grid.shape[1]))
    water = burn([(outline, 1) for outline in landscape.outline[landscape.kind == KIND_INDEX["water"]]], grid, "uint8")
    hills = burn([(landscape.regions[2], 1)], grid, "uint8")
    side = 1 - np.exp(-_away(water == 0, step) / _VALLEY)
    height = np.clip(_away(hills == 1, step) / _FOOT, 0, 1)
    height = height * height * (3 - 2 * height)
    rng = stream(seed, "elevation")
    broad, fine = smooth_field(shape, 900 / step, rng), smooth_field(shape, 250 / step, rng)
    relief = np.maximum(8 + 2.5 * fine + height * (110 + 40 * broad + 8 * fine), 1)
    east = step * np.arange(shape[1])
    return (_LEVEL - _FALL * east[None, :] + side * relief).astype(np.float32)


def write_elevation(path: str | Path, landscape: Landscape, seed: int, step: float = STEP) -> None:
    """Write the ground under a landscape, float32 metres, one GeoTIFF on elevation_grid."""
    grid = elevation_grid(landscape, step)
    values = elevation(landscape, grid, seed)
    write_raster(path, grid, "float32", [(whole(values.shape), values)], options={"zlevel": 9, "predictor": 3, "nodata": NODATA})


def _away(inside: np.ndarray, step: float) -> np.ndarray:
    """Metres from each pixel that is inside to the nearest one that is not, 0 there; a long way where all are inside."""
    if inside.all():
        return np.full(inside.shape, 1e6)
    return ndimage.distance_transform_edt(inside) * step
