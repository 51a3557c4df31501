"""Chosen features written as maps, without any classification: windows first, then one raster for each tile and feature."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from iota_py.grid.windows import Window, whole
from iota_py.io.raster import write_cog, write_raster
from iota_py.pipeline import paths
from iota_py.pipeline.inputs.reading import features_of
from iota_py.pipeline.steps.strips import full_width_strips
from iota_py.pipeline.workspace import Workspace

NODATA = -32768  # never observed, or outside every input
PIXELS = 16384  # whose features are held at once
STRIP = 512


def write_feature_window(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`tiles/<tile>/features/…tif`: int16, one band for each column asked for, NODATA where no input that counts saw the pixel."""
    tile, window = params["tile"], Window(*params["window"])
    box = window.of(ws.geobox(tile))
    columns = [ws.feature_names.index(name) for name in params["columns"]]
    observed, validity = ws.observe(tile, window)
    out = np.empty((len(columns), window.pixels), np.int16)
    for first in range(0, window.pixels, PIXELS):
        last = min(first + PIXELS, window.pixels)
        out[:, first:last] = features_of(observed, first, last)[:, columns].T
    out[:, validity == 0] = NODATA
    path = ws.path(paths.feature_window(tile, window.row, window.col))
    write_raster(path, box, "int16", [(whole(window.shape), out.reshape(-1, *window.shape))], count=len(out), options={"nodata": NODATA})


def write_feature_maps(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`features/<tile>/<column>.tif`: cloud-optimised GeoTIFF, int16, for each column asked for."""
    tile = params["tile"]
    geobox = ws.geobox(tile)
    windows = [Window(*place) for place in params["windows"]]

    def path_of(window: Window) -> Path:
        return ws.path(paths.feature_window(tile, window.row, window.col))

    for band, column in enumerate(params["columns"], start=1):
        blocks = full_width_strips(geobox, windows, path_of, band, STRIP, np.asarray(NODATA, np.int16))
        write_cog(
            ws.path(paths.feature_map(tile, column)), geobox, "int16", blocks, overviews="average", nodata=NODATA, finish=_named(column)
        )


def _named(column: str) -> Callable[[Any], None]:
    def finish(dataset: Any) -> None:
        dataset.set_band_description(1, column)

    return finish
