"""Footprint of a tile: where it was seen at least once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from odc.geo.geobox import GeoBox

from iota_py.grid.ownership import owned
from iota_py.grid.windows import Window, split
from iota_py.io.lookup import read_nearest
from iota_py.io.raster import read_window, write_raster
from iota_py.pipeline import paths
from iota_py.pipeline.workspace import Workspace
from iota_py.products.reader import read_footprint

ROWS = 512  # full-width bands, whatever the windows: the bytes of a GeoTIFF depend on the order in which it is written


def write_footprint(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`tiles/<tile>/footprint.tif`: uint8, 1 where an input that validity counts saw the pixel on any date."""
    tile = params["tile"]
    geobox, series = ws.geobox(tile), ws.counted(tile)
    windows = split(geobox.shape, (ROWS, geobox.shape[1]))

    def blocks() -> Iterator[tuple[Window, np.ndarray]]:
        for window in windows:
            seen = np.zeros((window.height, window.width), bool)
            for one in series:
                seen |= read_footprint(one, window)
            yield window, seen.astype(np.uint8)

    write_raster(ws.path(paths.footprint(tile)), geobox, "uint8", blocks())


def owned_part(ws: Workspace, tile: str, window: Window, margin: int = 0) -> np.ndarray:
    """Pixels of a window that the tile owns, bool (row, col)."""
    box: GeoBox = window.of(ws.geobox(tile))
    own = read_window(str(ws.path(paths.footprint(tile))), window)
    around = box.pad(margin) if margin else box
    higher = [read_nearest(str(ws.path(paths.footprint(name))), ws.geobox(name), around) for name in ws.above(tile)]
    return owned(own, higher, margin)
