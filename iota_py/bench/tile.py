"""A small tile of products for the rows that read files: the names and blocks of the real ones, simulated content."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.bench.scale import Scale
from iota_py.bench.workload import FAMILY, SENSOR, YEAR, family, series_options
from iota_py.grid.windows import Window, whole, window_size
from iota_py.grid.windows import split as split_grid
from iota_py.io.raster import read_header, write_raster
from iota_py.products.discovery import discover
from iota_py.products.product import Series
from iota_py.products.source import Choice, Interval, Source
from iota_py.simulation.series import PixelSeries, make_series
from iota_py.timeseries.dates import EPOCH

NAME = "31TCJ"
NODATA = -10000
CLOUDY, SATURATED = 3, 1  # bits of the masks
_PART = 1000  # of the simulated land: no other row uses it
_ROWS = 4  # of a strip: 16 kB on the widest tile here, as a strip of a real tile (one row of 10,980 pixels, 22 kB)
_ZIP_TIME = (2023, 1, 1, 0, 0, 0)

LAYOUTS: Mapping[str, str] = {
    "strips": "deflate, full-width strips",
    "tiles": "deflate, tiles of 512 pixels (256 in the 20 m bands)",
    "zip": "deflate, full-width strips, inside zip archives",
}


def write_tile_products(folder: Path, scale: Scale, layout: str) -> None:
    """Write the products of the tile under `folder`, one for each date, in one of LAYOUTS."""
    series = make_series(series_options(scale, scale.tile, scale.tile_dates), _PART)
    for date, day in enumerate(series.days):
        name = f"SENTINEL2A_{EPOCH + dt.timedelta(days=int(day)):%Y%m%d}-105900-000_L2A_T{NAME}_C_V3-1"
        write_product(folder / name, layers_of(series, date, scale.tile), layout)
        if layout == "zip":
            _pack(folder, name)


def tile_series(folder: Path) -> Series:
    """The series of the products, found as a run finds it: all bands, clouds and saturation masked."""
    choice = Choice(tuple(family().bands), "FRE", "strict", True)
    source = Source(SENSOR, folder, family(), choice)
    return discover(source, Interval(*YEAR))[NAME]


def tile_windows(series: Series, pixels: int) -> list[Window]:
    """Windows of a series as the pipeline cuts them: along the blocks of the files, `pixels` at most."""
    block = read_header(next(iter(series.observations[0][0].bands.values())).path).block
    return split_grid(series.geobox.shape, window_size(series.geobox.shape, block, pixels))


def settings_of_input(folder: Path) -> dict[str, Any]:
    """The section `inputs` of a configuration for these products."""
    return {SENSOR: {"family": FAMILY, "path": folder}}


def layers_of(series: PixelSeries, date: int, shape: tuple[int, int]) -> dict[str, np.ndarray]:
    """Content of the files of a date, by the end of their names: 10 m and 20 m bands, masks. The last columns are off the swath."""
    outside = np.zeros(shape, bool)
    outside[:, shape[1] - shape[1] // 16 // 2 * 2 :] = True
    layers = {}
    for (name, band), values in zip(family().bands.items(), series.values[date]):
        numbers = np.where(outside, np.int16(NODATA), values.reshape(shape))
        layers[f"FRE_{name}"] = numbers if band.resolution == 10 else numbers[::2, ::2]
    layers["CLM_R1"] = np.where(series.valid[date].reshape(shape) == 0, CLOUDY, 0).astype(np.uint8)
    layers["EDG_R1"] = outside.astype(np.uint8)
    layers["SAT_R1"] = (series.values[date, 0].reshape(shape) > 9000).astype(np.uint8) * np.uint8(SATURATED)
    return layers


def write_product(folder: Path, layers: Mapping[str, np.ndarray], layout: str) -> None:
    """Write one product, named by its folder, from the content of its files (row, col) by the end of their names."""
    for name, values in layers.items():
        place = folder if name.startswith("FRE") else folder / "MASKS"
        coarse = values.shape[0] < layers["EDG_R1"].shape[0]
        size = 20 if coarse else 10
        geobox = GeoBox(values.shape, Affine(size, 0, 300000, 0, -size, 4900020), "EPSG:32631")
        block = 256 if coarse else 512
        options = {"tiled": True, "blockxsize": block, "blockysize": block} if layout == "tiles" else {"blockysize": _ROWS}
        path = place / f"{folder.name}_{name}.tif"
        write_raster(path, geobox, values.dtype.name, [(whole(values.shape), np.ascontiguousarray(values))], options=options)


def _pack(folder: Path, name: str) -> None:
    """Replace a product's folder by an archive of it."""
    files = sorted(path for path in (folder / name).rglob("*") if path.is_file())
    with zipfile.ZipFile(folder / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            archive.writestr(zipfile.ZipInfo(path.relative_to(folder).as_posix(), _ZIP_TIME), path.read_bytes(), zipfile.ZIP_DEFLATED)
            path.unlink()
    for place in (folder / name / "MASKS", folder / name):
        place.rmdir()
