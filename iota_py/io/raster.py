"""Rasters: headers, windowed reading with a fixed driver, and publishing GeoTIFF and cloud-optimised GeoTIFF.

A file is opened with the driver that its name promises (`.tif` GTiff, `.jp2` JP2OpenJPEG), never by guessing from content: a
VRT behind a `.tif` name can read any other file. Writers use one thread, since GDAL's threaded compression hides a full disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.features
import rasterio.shutil
import rasterio.warp
import rasterio.windows
from odc.geo.geobox import GeoBox
from rasterio.enums import Resampling

from iota_py.errors import Fault, InputError, StorageError
from iota_py.grid.windows import Window
from iota_py.io.publish import published

DRIVERS = {".tif": "GTiff", ".tiff": "GTiff", ".jp2": "JP2OpenJPEG"}
MAX_PIXELS = 40_000 * 40_000
COG_BLOCK = 512
_ENV = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_NUM_THREADS": "1", "GDAL_TIFF_INTERNAL_MASK": True}


@dataclass(frozen=True)
class RasterHeader:
    """What a raster says of itself before any pixel is read. block: (rows, cols) that are compressed together."""

    geobox: GeoBox
    count: int
    dtype: str
    nodata: float | None
    block: tuple[int, int]


def raster_path(file: str | Path, member: str = "") -> str:
    """GDAL's name of a file, or of a member of a zip archive."""
    return f"/vsizip/{{{file}}}/{member}" if member else str(file)


def open_dataset(path: str) -> Any:
    """Open for reading with the driver of the name; the caller closes it.

    Raises InputError when the file is missing, is not what its name says, or declares more than MAX_PIXELS.
    """
    driver = DRIVERS.get(Path(path).suffix.lower())
    if driver is None:
        raise InputError(
            Fault("E-RAS-001", path, "", f"expected a raster named {', '.join(DRIVERS)}", "convert it, for instance with gdal_translate")
        )
    try:
        with rasterio.Env(**_ENV):
            dataset = rasterio.open(path, driver=driver)
    except rasterio.errors.RasterioIOError as error:
        raise InputError(
            Fault(
                "E-RAS-002",
                path,
                "",
                f"cannot be opened as {driver} ({_reason(error)})",
                "download the product again, or leave this file out",
            )
        ) from error
    if dataset.width * dataset.height > MAX_PIXELS:
        shape = f"{dataset.width} × {dataset.height}"
        dataset.close()
        raise InputError(Fault("E-RAS-003", path, "", f"declares {shape} pixels, more than any tile has"))
    return dataset


@contextmanager
def open_raster(path: str) -> Iterator[Any]:
    """As `open_dataset`, closed with the block."""
    dataset = open_dataset(path)
    try:
        yield dataset
    finally:
        dataset.close()


def read_header(path: str) -> RasterHeader:
    """Header of a raster. Raises InputError when it has no CRS, or a rotated or south-up grid."""
    with open_raster(path) as dataset:
        transform = dataset.transform
        if dataset.crs is None:
            raise InputError(Fault("E-RAS-004", path, "crs", "expected a coordinate reference system, found none"))
        if transform.b or transform.d or transform.a <= 0 or transform.e >= 0:
            raise InputError(Fault("E-RAS-005", path, "transform", "expected a north-up grid, found a rotated or south-up one"))
        geobox = GeoBox((dataset.height, dataset.width), transform, dataset.crs)
        return RasterHeader(geobox, dataset.count, dataset.dtypes[0], dataset.nodata, dataset.block_shapes[0])


def read_window(path: str, window: Window | None = None, bands: int | list[int] = 1) -> np.ndarray:
    """Pixels of a window, (row, col) for one band or (band, row, col) for a list; the file's own dtype.

    Raises InputError when a block cannot be decoded or the window leaves the raster.
    """
    with open_raster(path) as dataset:
        return read_part(dataset, path, window, bands)


def read_part(dataset: Any, path: str, window: Window | None, bands: int | list[int], out: np.ndarray | None = None) -> np.ndarray:
    """As `read_window`, of a dataset that is open; `path` names it in messages. out: filled in place of a new array."""
    part = None
    if window is not None:
        if window.row < 0 or window.col < 0 or window.row + window.height > dataset.height or window.col + window.width > dataset.width:
            text = f"window {window} leaves the raster of {dataset.height} × {dataset.width} pixels"
            raise InputError(Fault("E-RAS-006", path, "", text))
        part = rasterio.windows.Window(window.col, window.row, window.width, window.height)
    try:
        return dataset.read(bands, window=part, out=out)
    except (rasterio.errors.RasterioIOError, ValueError, IndexError) as error:
        text = f"cannot be read near {window or 'any window'} ({_reason(error)})"
        raise InputError(Fault("E-RAS-007", path, "", text, "the file is damaged: download it again")) from error


def resample(values: np.ndarray, source: GeoBox, target: GeoBox, method: str, nodata: int) -> np.ndarray:
    """Values (row, col) of a source grid on a target grid by `nearest`, `bilinear`, `cubic` or `average`; `nodata` where there is none."""
    out = np.full(target.shape, nodata, values.dtype)
    rasterio.warp.reproject(
        values, out, src_transform=source.transform, src_crs=source.crs, src_nodata=nodata,
        dst_transform=target.transform, dst_crs=target.crs, dst_nodata=nodata, resampling=Resampling[method], num_threads=1,
    )  # fmt: skip
    return out


def burn(shapes: Iterable[tuple[Any, int]], geobox: GeoBox, dtype: str = "int32") -> np.ndarray:
    """Rasterise (geometry, value) pairs: a pixel takes the value of the last geometry that contains its centre, 0 outside all."""
    pairs = list(shapes)
    if not pairs:
        return np.zeros(geobox.shape, dtype)
    return rasterio.features.rasterize(pairs, out_shape=geobox.shape, transform=geobox.transform, fill=0, dtype=dtype)


def write_raster(
    path: str | Path,
    geobox: GeoBox,
    dtype: str,
    blocks: Iterable[tuple[Window, np.ndarray]],
    *,
    count: int = 1,
    options: Mapping[str, Any] | None = None,
    finish: Callable[[Any], None] | None = None,
) -> None:
    """Publish a GeoTIFF from blocks of (row, col) or (band, row, col) pixels, and read it back before it takes its name.

    options: creation options beside the defaults (deflate), `nodata` among them. finish: called with the open dataset for colours, tags, names.
    Raises StorageError when it cannot be written whole.
    """
    with published(path) as part:
        try:
            _write(part, geobox, dtype, blocks, count, {"compress": "deflate", **(options or {})}, finish)
        except rasterio.errors.RasterioIOError as error:
            raise _unwritable(path, error) from error
        _verify(part, path, geobox, dtype, count)


def write_cog(
    path: str | Path,
    geobox: GeoBox,
    dtype: str,
    blocks: Iterable[tuple[Window, np.ndarray]],
    *,
    overviews: str,
    nodata: float | None = None,
    finish: Callable[[Any], None] | None = None,
) -> None:
    """Publish a one-band cloud-optimised GeoTIFF; overviews by `mode` (classes), `average` or `nearest`. Else as write_raster."""
    options = {
        "BLOCKSIZE": COG_BLOCK,
        "COMPRESS": "DEFLATE",
        "PREDICTOR": "NO",
        "OVERVIEW_RESAMPLING": overviews.upper(),
        "BIGTIFF": "IF_SAFER",
    }
    tiles = {"nodata": nodata, "tiled": True, "blockxsize": 256, "blockysize": 256, "compress": "zstd", "zstd_level": 1}
    with published(path) as part:
        plain = part.with_name(f"{part.name}.plain.tif")  # after a failure it goes with the other one
        try:
            _write(plain, geobox, dtype, blocks, 1, tiles, finish)
        except rasterio.errors.RasterioIOError as error:
            raise _unwritable(path, error) from error
        try:
            with rasterio.Env(**_ENV):
                rasterio.shutil.copy(plain, part, driver="COG", **options)
        except Exception as error:  # the COG driver raises classes outside rasterio's and the system's trees
            raise _unwritable(path, error) from error
        plain.unlink()
        _verify(part, path, geobox, dtype, 1)


def _write(
    part: Path,
    geobox: GeoBox,
    dtype: str,
    blocks: Iterable[tuple[Window, np.ndarray]],
    count: int,
    options: Mapping[str, Any],
    finish: Callable[[Any], None] | None,
) -> None:
    height, width = geobox.shape
    profile = {
        "driver": "GTiff", "height": height, "width": width, "count": count, "dtype": dtype, "crs": geobox.crs.to_wkt(), "transform": geobox.transform,
        "BIGTIFF": "IF_SAFER", "SPARSE_OK": "FALSE", **options,
    }  # fmt: skip
    with rasterio.Env(**_ENV), rasterio.open(part, "w", **profile) as dataset:
        for window, values in blocks:
            if values.shape[-2:] != (window.height, window.width) or values.dtype != np.dtype(dtype):
                raise ValueError(f"block of {values.shape} {values.dtype} for a window of {window.height} × {window.width} {dtype}")
            where = rasterio.windows.Window(window.col, window.row, window.width, window.height)
            dataset.write(values, window=where) if values.ndim == 3 else dataset.write(values, 1, window=where)
        if finish is not None:
            finish(dataset)


def _verify(part: Path, path: str | Path, geobox: GeoBox, dtype: str, count: int) -> None:
    """Read the file back: its header is the one asked for and each of its blocks was stored and decodes."""
    try:
        with rasterio.Env(**_ENV), rasterio.open(part, driver="GTiff") as dataset:
            found = (dataset.shape, dataset.count, dataset.dtypes[0])
            if found != (tuple(geobox.shape), count, dtype):
                raise StorageError(
                    Fault("E-IO-002", str(path), "", f"read back as {found}, expected {(tuple(geobox.shape), count, dtype)}")
                )
            rows, cols = dataset.block_shapes[0]
            for band in range(1, count + 1):
                for i, j in ((i, j) for i in range(-(-dataset.height // rows)) for j in range(-(-dataset.width // cols))):
                    if dataset.get_tag_item(f"BLOCK_OFFSET_{j}_{i}", "TIFF", bidx=band) is None:
                        raise StorageError(Fault("E-IO-002", str(path), "", f"block {i}, {j} was never written", "run again"))
            for _, window in dataset.block_windows(1):
                dataset.read(window=window)
    except rasterio.errors.RasterioIOError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: str | Path, error: Exception) -> StorageError:
    return StorageError(
        Fault(
            "E-IO-001",
            str(path),
            "",
            f"could not be written whole ({_reason(error)})",
            "free disk space or mend permissions, then run again",
        )
    )


def _reason(error: Exception) -> str:
    cause = error.__cause__ or error
    return " ".join(str(cause).split())[:200]


def read_reduced(path: str, max_side: int) -> np.ndarray:
    """Band 1 (row, col) reduced by nearest neighbour, from the overviews where there are, so that no side is longer than `max_side`."""
    with open_raster(path) as dataset:
        factor = max(1.0, max(dataset.shape) / max_side)
        shape = tuple(max(1, round(side / factor)) for side in dataset.shape)
        return dataset.read(1, out_shape=shape, resampling=Resampling.nearest)


def count_values(path: str) -> np.ndarray:
    """Number of pixels of each value of a uint8 raster, int64 (256,), read block by block."""
    counts = np.zeros(256, np.int64)
    with open_raster(path) as dataset:
        for _, window in dataset.block_windows(1):
            counts += np.bincount(dataset.read(1, window=window).ravel(), minlength=256)
    return counts


def gdal_version() -> str:
    """Version of GDAL."""
    return str(rasterio.__gdal_version__)
