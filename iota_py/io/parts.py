"""Writing a part of a map: blocks of pixels given one by one, then overviews of its own, so that the map needs none made over the whole."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.errors
import rasterio.windows
from odc.geo.geobox import GeoBox
from rasterio.enums import Resampling

from iota_py.grid.parts import REDUCED, padded
from iota_py.grid.windows import Window
from iota_py.io.publish import published
from iota_py.io.raster import COG_BLOCK, ENV, unwritable, verify


@dataclass(frozen=True)
class Layout:
    """What a raster of a map is, whatever its place. overviews: `mode` (classes), `average` or `nearest`. nodata: also what is there where
    nothing was written; 0 where None."""

    dtype: str = "uint8"
    count: int = 1
    overviews: str = "nearest"
    nodata: float | None = None

    @property
    def empty(self) -> float:
        """What a pixel holds where there is nothing."""
        return 0 if self.nodata is None else self.nodata

    @property
    def block(self) -> int:
        """Pixels on a side of what is compressed together: as io.raster.write_cog."""
        return COG_BLOCK if self.count == 1 else COG_BLOCK // 2

    def is_empty(self, values: np.ndarray) -> bool:
        """True when there is nothing in these pixels."""
        if math.isnan(self.empty):
            return bool(np.isnan(values).all())
        return not values.any() if self.empty == 0 else bool((values == self.empty).all())


class Filler:
    """Writes pixels of a map into the file of a part, and counts them."""

    def __init__(self, dataset: Any, part: Window, layout: Layout) -> None:
        self.dataset, self.part, self.layout, self.given = dataset, part, layout, 0

    def __call__(self, window: Window, values: np.ndarray) -> None:
        if values.shape[-2:] != window.shape or values.dtype != np.dtype(self.layout.dtype):
            raise ValueError(f"block of {values.shape} {values.dtype} for a window of {window.shape} {self.layout.dtype}")
        where = rasterio.windows.Window(window.col - self.part.col, window.row - self.part.row, window.width, window.height)
        self.dataset.write(values, window=where) if values.ndim == 3 else self.dataset.write(values, 1, window=where)
        self.given += window.pixels


@contextmanager
def part_writer(path: Path, grid: GeoBox, part: Window, layout: Layout, reduced: bool) -> Iterator[Filler]:
    """What takes windows of `grid` inside `part` with their pixels, (row, col) or (band, row, col); every pixel must be given once.

    The file is as `grid.parts.padded`, without data beyond the part. reduced: with overviews. It takes its name when the block ends without
    error and it has been read back. Raises StorageError when it cannot be written whole, ValueError when pixels are missing.
    """
    geobox = padded(part, grid)
    with published(path) as temporary:
        try:
            with rasterio.Env(**ENV):
                dataset = rasterio.open(temporary, "w", **_profile(geobox, layout))
            with dataset:  # outside the environment: several parts are open at a time, and end in any order
                filler = Filler(dataset, part, layout)
                yield filler
            if reduced:
                with (
                    rasterio.Env(**ENV, GDAL_TIFF_OVR_BLOCKSIZE=str(layout.block)),
                    rasterio.open(temporary, "r+", driver="GTiff") as dataset,
                ):
                    factors = [2**k for k in range(1, REDUCED.bit_length())]
                    dataset.build_overviews(factors, Resampling[layout.overviews])
        except rasterio.errors.RasterioIOError as error:
            raise unwritable(path, error) from error
        if filler.given != part.pixels:
            raise ValueError(f"{filler.given} pixels given for a part of {part.pixels}")
        verify(temporary, path, geobox, layout.dtype, layout.count)


def _profile(geobox: GeoBox, layout: Layout) -> dict[str, object]:
    assert geobox.crs is not None
    height, width = geobox.shape
    return {
        "driver": "GTiff", "height": height, "width": width, "count": layout.count, "dtype": layout.dtype, "crs": geobox.crs.to_wkt(),
        "transform": geobox.transform, "nodata": layout.nodata, "tiled": True, "blockxsize": layout.block, "blockysize": layout.block,
        "interleave": "pixel", "compress": "zstd", "zstd_level": 1, "BIGTIFF": "IF_SAFER", "SPARSE_OK": "FALSE",
    }  # fmt: skip
