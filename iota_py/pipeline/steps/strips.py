"""Rasters of a tile put together from those of its windows, in the same order whatever the windows: the bytes of a file depend on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from odc.geo.geobox import GeoBox

from iota_py.grid.windows import Window, split
from iota_py.io.raster import read_window


def full_width_strips(
    geobox: GeoBox, windows: Sequence[Window], path_of: Callable[[Window], Path], band: int | list[int], rows: int, empty: np.ndarray
) -> Iterator[tuple[Window, np.ndarray]]:
    """Strips of `rows` rows of a grid, (row, col), from a band of the rasters of its windows, (band, row, col) of several. empty: scalar array,
    what no window holds."""
    for strip in split(geobox.shape, (rows, geobox.shape[1])):
        values = np.full(strip.shape if isinstance(band, int) else (len(band), *strip.shape), empty)
        for window in windows:
            top, bottom = max(window.row, strip.row), min(window.row + window.height, strip.row + strip.height)
            if top < bottom:
                part = read_window(str(path_of(window)), Window(top - window.row, 0, bottom - top, window.width), band)
                values[..., top - strip.row : bottom - strip.row, window.col : window.col + window.width] = part
        yield strip, values
