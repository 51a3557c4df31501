"""Snow products in the layouts of LIS: single dates named by MUSCATE, by LIS and by Copernicus, and layers of a hydrological year."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from odc.geo.geobox import GeoBox

from iota_py.grid.windows import whole
from iota_py.io.raster import write_raster

MULTISAT_NAMES = {"SMOD": "SMD"}


def write_snow_mask(
    folder: str | Path,
    tile: str,
    geobox: GeoBox,
    sensed: dt.datetime,
    codes: np.ndarray,
    *,
    platform: str = "SENTINEL2A",
    version: str = "1-0",
) -> Path:
    """A product of MUSCATE: folder `{id}/{id}_SNW_R2.tif`, `_SNW_XS.tif` for Landsat. codes: 0 no snow, 100 snow, 205 cloud, 254 or 255 no data.

    tile: without `T`. Returns the folder.
    """
    identifier = f"{platform}_{sensed:%Y%m%d-%H%M%S}-{sensed.microsecond // 1000:03d}_L2B-SNOW_T{tile}_C_V{version}"
    group = "XS" if platform.startswith("LANDSAT") else "R2"
    return _write(Path(folder) / identifier / f"{identifier}_SNW_{group}.tif", geobox, np.asarray(codes, np.uint8)).parent


def write_snow_fraction(
    folder: str | Path,
    tile: str,
    geobox: GeoBox,
    sensed: dt.datetime,
    percent: np.ndarray,
    *,
    layer: str = "FSC",
    version: str = "1.11.0_1",
) -> Path:
    """A raster that LIS has named itself: `LIS_S2-SNOW-{layer}_…tif`. percent: 0–100, 205 cloud, 255 no data. Returns the file."""
    mission = "L8" if layer == "MSK" else "S2"
    name = f"LIS_{mission}-SNOW-{layer}_T{tile}_{sensed:%Y%m%dT%H%M%S}_{version}.tif"
    return _write(Path(folder) / name, geobox, np.asarray(percent, np.uint8))


def write_copernicus_snow(
    folder: str | Path, tile: str, geobox: GeoBox, sensed: dt.datetime, percent: Mapping[str, np.ndarray], *, platform: str = "S2A"
) -> Path:
    """A product of the Copernicus service: folder `FSC_…/` with the layers given (`FSCOG`, `FSCTOC`). Returns the folder."""
    identifier = f"FSC_{sensed:%Y%m%dT%H%M%S}_{platform}_T{tile}_V100_1"
    for layer, values in percent.items():
        _write(Path(folder) / identifier / f"{identifier}_{layer}.tif", geobox, np.asarray(values, np.uint8))
    return Path(folder) / identifier


def write_snow_year(
    folder: str | Path, tile: str, geobox: GeoBox, days: tuple[dt.date, dt.date], layers: Mapping[str, np.ndarray], *, mission: str = "S2L8"
) -> list[Path]:
    """Layers of a year (`SCD`, `SMOD`, `SOD`, `NSP`, `NOBS`), days between `days`, both included, as LIS names them. Returns the files."""
    tag = f"T{tile}_{days[0]:%Y%m%d}_{days[1]:%Y%m%d}_1.11.0_1"
    paths = {layer: Path(folder) / f"LIS_{mission}-SNOW-{layer}_{tag}.tif" for layer in layers}
    return [_write(path, geobox, np.asarray(layers[layer], np.uint16)) for layer, path in paths.items()]


def write_multisat_year(folder: str | Path, tile: str, geobox: GeoBox, start: dt.date, layers: Mapping[str, np.ndarray]) -> Path:
    """Layers of the year from `start` on in the older layout of MUSCATE, where SMOD is `SMD`. Returns the folder."""
    identifier = f"MULTISAT_{start:%Y%m%d}-000000-000_L3B-SNOW_T{tile}_D"
    for layer, values in layers.items():
        name = f"{identifier}_V1-0_{MULTISAT_NAMES.get(layer, layer)}_R2.tif"
        _write(Path(folder) / identifier / name, geobox, np.asarray(values, np.uint16))
    return Path(folder) / identifier


def _write(path: Path, geobox: GeoBox, values: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_raster(path, geobox, values.dtype.name, [(whole(values.shape), values)])
    return path
