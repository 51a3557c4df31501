"""Pictures without a place on earth: JPEG, for quicklooks."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import rasterio
from rasterio.io import MemoryFile

from iota_py.io.publish import write_bytes

_QUALITY = 90


def write_jpeg(path: str | Path, picture: np.ndarray) -> None:
    """Publish a picture, uint8 (row, col, 3): red, green, blue. The same picture gives the same bytes with the same GDAL."""
    height, width, _ = picture.shape
    with warnings.catch_warnings(), rasterio.Env(GDAL_PAM_ENABLED="NO"), MemoryFile(ext=".jpg") as memory:
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with memory.open(driver="JPEG", width=width, height=height, count=3, dtype="uint8", QUALITY=_QUALITY) as dataset:
            dataset.write(np.moveaxis(picture, 2, 0))
        content = memory.read()
    write_bytes(path, content)
