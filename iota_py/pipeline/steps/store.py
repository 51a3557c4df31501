"""Observations written to the store that the configuration names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from iota_py.grid.windows import Window, split, whole
from iota_py.io.raster import write_raster
from iota_py.pipeline.workspace import Workspace
from iota_py.products.product import Series
from iota_py.products.reader import read_cube, read_footprint
from iota_py.products.store import BLOCK, OFF_SWATH, UNUSABLE, observation_key, stored_files

FORMAT = {"tiled": True, "blockxsize": BLOCK, "blockysize": BLOCK, "compress": "zstd", "zstd_level": 1, "interleave": "band"}


def write_observation(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`<store>/<tile>/…_bands.tif` and `…_usable.tif` of one observation."""
    series = ws.original(params["tile"], params["input"])
    index, folder = params["index"], ws.config.engine.store
    assert folder is not None
    bands, usable = stored_files(folder, series.tile, observation_key(series, index, ws.summary["reading"]))
    one = replace(series, observations=(series.observations[index],))
    seen = np.zeros(series.geobox.shape, np.uint8)
    write_raster(bands, series.geobox, "int16", _decoded(one, seen), count=len(series.bands), options=FORMAT)
    write_raster(usable, series.geobox, "uint8", [(whole(seen.shape), seen)], options={**FORMAT, "interleave": "pixel"})


def _decoded(series: Series, seen: np.ndarray) -> Iterator[tuple[Window, np.ndarray]]:
    """Bands (band, row, col) of the one observation, window by window; fills seen (row, col) with what makes pixels unusable."""
    for window in split(series.geobox.shape, (BLOCK, series.geobox.shape[1])):
        cube = read_cube(series, window)
        outside = ~read_footprint(series, window)
        seen[window.slices] = np.where(cube.valid[0], 0, UNUSABLE) | np.where(outside, OFF_SWATH, 0)
        yield window, cube.values[0]
