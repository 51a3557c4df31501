"""Reading rows: our reader against GDAL's own decoding of the same blocks, on one core.

GDAL is asked for the same windows of the same files, bands and masks, and nothing else: datasets stay open, nothing is masked, checked or
put on another grid. Both find the files in the system's cache and a block cache too small to keep anything from one round to the next.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from iota_py.bench.row import Identity, Measure
from iota_py.bench.scale import Settings
from iota_py.bench.tile import LAYOUTS, NODATA, tile_series, tile_windows, write_tile_products
from iota_py.bench.timing import Side, interleave
from iota_py.grid.windows import Window
from iota_py.io.decoding import decode, small_block_cache
from iota_py.io.handles import close_kept
from iota_py.io.raster import open_raster
from iota_py.products.product import Series
from iota_py.products.reader import Cube, read_cube

BLOCK_CACHE = 4_000_000  # bytes: more than a row of tiles, far less than a tile of products


def measure_reading(settings: Settings, layout: str) -> Measure:
    """One row: all windows of the tile, all dates."""
    scale = settings.scale
    with tempfile.TemporaryDirectory(prefix="iota-py-bench-") as place, ExitStack() as stack:
        settings.say(f"read-{layout}: writing {scale.tile_dates} products of {scale.tile[0]} × {scale.tile[1]} pixels")
        write_tile_products(Path(place), scale, layout)
        series = tile_series(Path(place))
        windows = tile_windows(series, scale.window)
        stack.callback(close_kept)
        stack.enter_context(small_block_cache(BLOCK_CACHE))
        layers = [[stack.enter_context(open_raster(path)) for path in paths] for paths in _paths(series)]
        amount = scale.tile[0] * scale.tile[1] * len(layers) / 1e6
        settings.say(f"read-{layout}: {scale.rounds} rounds of {len(windows)} windows")
        ours = Side(lambda: _read_all(series, windows), amount)
        rates = interleave(ours, Side(lambda: _decode_all(layers, series, windows), amount), scale.rounds)
        identity = Identity.worst(compare_cube(read_cube(series, w), layers, series, w) for w in windows)
    shape = f"{len(windows)} windows of {windows[0].height} × {windows[0].width}"
    note = f"{LAYOUTS[layout]}; {len(layers)} dates, 10 bands and 3 masks, {shape}, files in the system's cache; one core"
    return Measure(rates, identity, clock="cpu", unit="Mpx·date/s", note=note)


def _paths(series: Series) -> Iterator[list[str]]:
    """Files of each date: the bands in order, then the masks."""
    for (product,) in series.observations:
        yield [product.bands[band].path for band in series.bands] + [mask.layer.path for mask in product.masks]


def _read_all(series: Series, windows: Sequence[Window]) -> None:
    for window in windows:
        read_cube(series, window, slot=0)  # as the windows of a map are read


def _decode_all(layers: Sequence[Sequence[Any]], series: Series, windows: Sequence[Window]) -> None:
    for window in windows:
        for date in layers:
            for dataset in date:
                decode(dataset, _under(window, dataset, series))


def _under(window: Window, dataset: Any, series: Series) -> Window:
    """The pixels of a dataset under a window of the tile."""
    factor = series.geobox.shape[0] // dataset.height
    top, left = window.row // factor, window.col // factor
    bottom, right = -(-(window.row + window.height) // factor), -(-(window.col + window.width) // factor)
    return Window(top, left, bottom - top, right - left)


def compare_cube(cube: Cube, layers: Sequence[Sequence[Any]], series: Series, window: Window) -> Identity:
    """Sameness of what our reader gives for a window with what GDAL decodes: usable pixels, and values where they are usable."""
    wrong, difference, count = 0, 0, len(series.bands)
    for values, valid, date in zip(cube.values, cube.valid != 0, layers):
        found = [_on_window(decode(dataset, _under(window, dataset, series)), dataset, series, window) for dataset in date]
        bands, masks = np.stack(found[:count]), np.stack(found[count:])
        usable = (bands != NODATA).all(axis=0) & (masks == 0).all(axis=0)
        gaps = np.abs(values.astype(np.int32) - bands)[:, usable & valid]
        wrong += int((usable != valid).sum()) + np.count_nonzero(gaps)
        difference = max(difference, int(gaps.max(initial=0)))
    return Identity(wrong == 0, "usable pixels and their values", wrong, float(difference), window.pixels * len(layers))


def _on_window(values: np.ndarray, dataset: Any, series: Series, window: Window) -> np.ndarray:
    factor = series.geobox.shape[0] // dataset.height
    top, left = window.row % factor, window.col % factor
    return values.repeat(factor, 0).repeat(factor, 1)[top : top + window.height, left : left + window.width]
