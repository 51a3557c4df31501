"""Squares of a raster for a screen, read and painted by rio-tiler (extra `view`).

They lie on the pixels of a grid of the raster's own system, never on Web Mercator: at full scale a pixel of the grid is one of the square.
"""

from __future__ import annotations

import functools
import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from odc.geo.geobox import GeoBox

from iota_py.errors import Fault, InputError
from iota_py.grid.windows import crs_text
from iota_py.io.raster import open_raster

SIDE = 256  # pixels of a square
SURVEY = 512  # pixels on a side, at most, of what the range of values is taken from
_PAINTING = threading.Lock()  # rio-tiler silences a warning while it paints, which is not safe in several threads at once
Table = Mapping[int, tuple[int, int, int, int]]


@dataclass(frozen=True)
class Pyramid:
    """Squares over a grid: one at level 0, twice as many on a side at each further level; at the last one their pixels are the grid's."""

    geobox: GeoBox

    @functools.cached_property
    def last(self) -> int:
        """The level of full scale."""
        return max(0, math.ceil(math.log2(max(self.geobox.shape) / SIDE)))

    def holds(self, level: int, col: int, row: int) -> bool:
        """True for a square that meets the grid."""
        if not 0 <= level <= self.last:
            return False
        span = SIDE << (self.last - level)
        height, width = self.geobox.shape
        return 0 <= col * span < width and 0 <= row * span < height

    def bounds(self, level: int, col: int, row: int) -> tuple[float, float, float, float]:
        """Left, bottom, right and top of a square, in the system of the grid."""
        span, t = SIDE << (self.last - level), self.geobox.transform
        left, top = t.c + col * span * t.a, t.f + row * span * t.e
        return left, top + span * t.e, left + span * t.a, top


@dataclass(frozen=True)
class BandFacts:
    """What a band says of itself. scale, offset: number = stored × scale + offset. low, high: of the numbers of a survey, 0 where all are missing.

    palette: colour of each value that the survey found, empty where the file has none.
    """

    index: int
    name: str
    scale: float
    offset: float
    unit: str
    low: float
    high: float
    palette: Mapping[int, tuple[int, int, int, int]]


def band_facts(path: str) -> list[BandFacts]:
    """The bands of a raster; their values are surveyed on its overviews."""
    with open_raster(path) as dataset:
        factor = max(1.0, max(dataset.shape) / SURVEY)
        shape = tuple(max(1, round(side / factor)) for side in dataset.shape)
        found = []
        for index in dataset.indexes:
            values = dataset.read(index, out_shape=shape, masked=True)
            known = values.compressed()
            known = known[np.isfinite(known)]
            scale, offset = dataset.scales[index - 1], dataset.offsets[index - 1]
            ends = sorted(float(end) * scale + offset for end in (known.min(), known.max())) if len(known) else [0.0, 0.0]
            table = _palette(dataset, index) if values.dtype == np.uint8 else {}
            colours = {int(value): table[int(value)] for value in np.unique(known)} if table else {}
            name, unit = dataset.descriptions[index - 1] or "", dataset.units[index - 1] or ""
            found.append(BandFacts(index, name, scale, offset, unit, ends[0], ends[1], colours))
        return found


def _palette(dataset: object, index: int) -> Mapping[int, tuple[int, int, int, int]]:
    try:
        return dataset.colormap(index)  # type: ignore[attr-defined]
    except ValueError:
        return {}


def read_square(path: str, band: int, pyramid: Pyramid, square: tuple[int, int, int], resampling: str) -> np.ma.MaskedArray:
    """Stored values of a band (row, col) on a square (level, column, row), masked where there are none; only the part needed is read.

    resampling: `mode` (classes), `average` or `nearest`, where the square is coarser than the raster's pixels and overviews. A raster of
    another grid or system is read pixel centre by pixel centre. Raises InputError E-VIEW-006 for a square that is not there.
    """
    import rio_tiler.reader
    from rasterio.crs import CRS

    level, col, row = square
    if not pyramid.holds(level, col, row):
        raise InputError(Fault("E-VIEW-006", path, "", f"no square {level}/{col}/{row}"))
    crs = CRS.from_wkt(crs_text(pyramid.geobox))
    with open_raster(path) as dataset:
        image = rio_tiler.reader.part(
            dataset, pyramid.bounds(level, col, row), SIDE, SIDE,
            dst_crs=crs, bounds_crs=crs, indexes=band, resampling_method=resampling, reproject_method="nearest",
        )  # fmt: skip
    return image.array[0]


def read_pixel(path: str, band: int, row: int, col: int) -> float | None:
    """The number of a pixel (stored × scale + offset), None where there is none."""
    from rasterio.windows import Window

    with open_raster(path) as dataset:
        if not (0 <= row < dataset.height and 0 <= col < dataset.width):
            return None
        value = dataset.read(band, window=Window(col, row, 1, 1), masked=True)[0, 0]
        if value is np.ma.masked or not np.isfinite(value):
            return None
        return float(value) * dataset.scales[band - 1] + dataset.offsets[band - 1]


def painted(values: np.ma.MaskedArray, table: Table) -> bytes:
    """A PNG of values uint8 (row, col) in the colours of a table of all 256; masked ones are transparent."""
    from rio_tiler.models import ImageData

    with _PAINTING:
        picture: bytes = ImageData(values[None]).render(img_format="PNG", colormap=dict(table), zlevel=1)
    return picture


def ramp(name: str) -> dict[int, tuple[int, int, int, int]]:
    """Colours of 0 to 255 of a colour ramp of rio-tiler's, such as `viridis`."""
    from rio_tiler.colormap import cmap

    found: dict[int, tuple[int, int, int, int]] = dict(cmap.get(name))
    return found
