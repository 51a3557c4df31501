"""GDAL on its own: blocks decoded and nothing else, with a small cache, which is what the reading of products is measured against."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import rasterio

from iota_py.grid.windows import Window


@contextmanager
def small_block_cache(size: int) -> Iterator[None]:
    """GDAL keeps at most `size` bytes of decoded blocks in this block of code: what is read again is decoded again."""
    with rasterio.Env(GDAL_CACHEMAX=size):
        yield


def decode(dataset: Any, window: Window, band: int = 1) -> np.ndarray:
    """Pixels (row, col) of a window, by GDAL's own call, of a dataset that is open."""
    return dataset.read(band, window=((window.row, window.row + window.height), (window.col, window.col + window.width)))
