"""Footprint of a tile: where it was seen at least once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from odc.geo.geobox import GeoBox

from iota_py.grid.lattice import nearest_index
from iota_py.grid.ownership import owned, withdrawn
from iota_py.grid.windows import Window, split
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
    """Pixels of a window that the tile owns, bool (row, col). margin: pixels by which the tiles of higher priority are drawn back."""
    box: GeoBox = window.of(ws.geobox(tile))
    own = read_window(str(ws.path(paths.footprint(tile))), window)
    return owned(own, [_seen(str(ws.path(paths.footprint(name))), ws.geobox(name), box, margin) for name in ws.above(tile)])


def _seen(path: str, source: GeoBox, target: GeoBox, margin: int) -> np.ndarray:
    """Pixels of `target` whose centre is in a footprint drawn back by a margin, bool (row, col)."""
    index = nearest_index(target, source)
    if not index.inside.any():
        return np.zeros(target.shape, bool)
    top, left = max(0, int(index.rows.min()) - margin), max(0, int(index.cols.min()) - margin)
    bottom, right = (min(int(side), int(found.max()) + 1 + margin) for side, found in zip(source.shape, (index.rows, index.cols)))
    seen = withdrawn(read_window(path, Window(top, left, bottom - top, right - left)), margin)
    return seen[index.rows - top, index.cols - left] & index.inside
