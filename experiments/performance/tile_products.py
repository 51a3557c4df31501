"""Products of a tile of full width with any number of rows, written in pieces: memory does not depend on their number.

The content is the benchmark's landscape, mirrored over and over in both directions, with noise of each pixel's own lest repeats compress
better than real pixels do. Numbers are multiples of four, as those of a sensor of 12 bits. The last columns are off the swath.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from affine import Affine
from joblib import Parallel, delayed
from odc.geo.geobox import GeoBox

from iota_py.bench.scale import FULL
from iota_py.bench.tile import CLOUDY, NAME, NODATA, SATURATED
from iota_py.bench.workload import family, series_options
from iota_py.grid.windows import Window, split
from iota_py.io.publish import sweep
from iota_py.io.raster import read_header, write_raster
from iota_py.pipeline.preflight import check_disk
from iota_py.simulation.noise import stream
from iota_py.simulation.series import make_series
from iota_py.timeseries.dates import EPOCH

SIDE = 10980  # pixels of 10 m
LAYOUTS = ("strips", "tiles")
_LAND, _PART = (512, 2048), 2000  # rows, cols that are simulated; which part of the land
_PIECE = 512  # rows that are held at a time: whole blocks of either layout
_OUTSIDE = SIDE - SIDE // 16 // 2 * 2  # first column off the swath
_STEP = 4  # of the numbers
_BYTES = 0.8 * 11  # of a pixel and date on disk: ten bands of 2 bytes, six of them of 20 m, deflated; masks are next to nothing
_FASTEST = {"zlevel": 1}


@dataclass(frozen=True)
class TileProduct:
    """A product to be written. folder: its own, named as it is. rows: of 10 m, an even number. layout: one of LAYOUTS."""

    folder: Path
    rows: int
    layout: str

    def path(self, layer: str) -> Path:
        """File of a layer: a band (`FRE_B2`) or a mask (`CLM_R1`)."""
        return (self.folder if layer.startswith("FRE") else self.folder / "MASKS") / f"{self.folder.name}_{layer}.tif"

    def geobox(self, factor: int) -> GeoBox:
        """Grid of pixels of 10 m × `factor`."""
        return GeoBox((self.rows // factor, SIDE // factor), Affine(10 * factor, 0, 300000, 0, -10 * factor, 4900020), "EPSG:32631")

    def block(self, factor: int) -> tuple[int, int]:
        """Rows and columns of a block: one row in strips, as in real products."""
        return (1, SIDE // factor) if self.layout == "strips" else (512 // factor, 512 // factor)

    def is_whole(self, layer: str, factor: int) -> bool:
        """The file is there, with this grid and these blocks; a name that is there was published whole."""
        path = self.path(layer)
        if not path.exists():
            return False
        header = read_header(str(path))
        return header.geobox == self.geobox(factor) and header.block == self.block(factor)

    def layers(self) -> dict[str, int]:
        """All the layers, and how many pixels of 10 m a pixel of theirs is wide."""
        bands = {f"FRE_{name}": int(band.resolution) // 10 for name, band in family().bands.items()}
        return {**bands, "CLM_R1": 1, "EDG_R1": 1, "SAT_R1": 1}

    def missing(self) -> list[str]:
        """Layers that are still to be written."""
        return [layer for layer, factor in self.layers().items() if not self.is_whole(layer, factor)]


def write_tile(folder: Path, rows: int, dates: int, layout: str, workers: int, say: Callable[[str], None]) -> None:
    """Write the products of a year; layers that are whole are left alone. Raises ConfigError when the disk is too small."""
    block = {"strips": 2, "tiles": _PIECE}[layout]
    if not 2 <= rows <= SIDE or rows % 2 or (rows < block):
        raise SystemExit(f"--rows {rows}: expected an even number from {block} to {SIDE} with --layout {layout}")
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    days = make_series(series_options(FULL, (1, 1), dates), _PART).days
    names = [f"SENTINEL2A_{EPOCH + dt.timedelta(days=int(day)):%Y%m%d}-105900-000_L2A_T{NAME}_C_V3-1" for day in days]
    todo = [(date, product) for date, name in enumerate(names) if (product := TileProduct(folder / name, rows, layout)).missing()]
    if not todo:
        say("all products are there")
        return
    check_disk(folder, int(rows * SIDE * len(todo) * _BYTES))
    say(f"{len(todo)} of {dates} products to write; simulating the landscape")
    land = make_series(series_options(FULL, _LAND, dates), _PART)
    shape = (len(family().bands), *_LAND)
    jobs = (delayed(write_product)(product, land.values[date].reshape(shape), land.valid[date].reshape(_LAND)) for date, product in todo)
    for name, size in Parallel(n_jobs=workers, return_as="generator_unordered", pre_dispatch="2*n_jobs")(jobs):
        say(f"{name}  {size / 1e6:.0f} MB")


def write_product(product: TileProduct, values: np.ndarray, valid: np.ndarray) -> tuple[str, int]:
    """Write the missing layers of a product; its name and its bytes. values: int16 (band, row, col), valid: uint8 (row, col), of the land."""
    bands = dict(zip(product.layers(), values))
    masks = {"CLM_R1": (valid == 0) * np.uint8(CLOUDY), "SAT_R1": (values[0] > 9000) * np.uint8(SATURATED)}
    for layer in product.missing():
        factor = product.layers()[layer]
        block = product.block(factor)
        options = (
            {"blockysize": block[0]} if product.layout == "strips" else {"tiled": True, "blockxsize": block[1], "blockysize": block[0]}
        )
        land, kind = (bands[layer], "int16") if layer in bands else (masks.get(layer), "uint8")
        blocks = pieces(product, layer, factor, land)
        write_raster(product.path(layer), product.geobox(factor), kind, blocks, options={**_FASTEST, **options})
    return product.folder.name, sum(product.path(layer).stat().st_size for layer in product.layers())


def pieces(product: TileProduct, layer: str, factor: int, land: np.ndarray | None) -> Iterator[tuple[Window, np.ndarray]]:
    """Content of a layer, piece of rows by piece. land: (row, col) of the landscape; None: of the mask of what is off the swath."""
    shape = product.geobox(factor).shape
    cols, outside = mirrored(np.arange(0, SIDE, factor), _LAND[1]), _OUTSIDE // factor
    for window in split(shape, (_PIECE // factor, shape[1])):
        if land is None:
            piece = np.zeros((window.height, window.width), np.uint8)
        else:
            piece = land[mirrored(np.arange(window.row, window.row + window.height) * factor, _LAND[0])][:, cols]
        if piece.dtype == np.int16:
            piece = with_noise(piece, stream(0, product.folder.name, layer, window.row))
        piece[:, outside:] = {"int16": NODATA, "uint8": land is None}[piece.dtype.name]
        yield window, piece


def mirrored(places: np.ndarray, period: int) -> np.ndarray:
    """Places in 0…period-1 of places on an endless line: forth and back, so that neighbours stay neighbours."""
    within = places % (2 * period)
    return np.minimum(within, 2 * period - 1 - within)


def with_noise(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Values int16 plus the difference of two numbers of 0–31 (standard deviation 13), as multiples of _STEP, at least one of it."""
    words = np.frombuffer(rng.bytes(2 * math.prod(values.shape)), np.uint16).reshape(values.shape)
    noise = (words & np.uint16(31)).view(np.int16) - (words >> np.uint16(11)).view(np.int16)
    noise += values
    noise &= np.int16(-_STEP)
    return np.maximum(noise, np.int16(_STEP), out=noise)
