"""Rasters: headers, windowed reading with a fixed driver, and publishing GeoTIFF and cloud-optimised GeoTIFF.

A file is opened with the driver that its name promises (`.tif` GTiff, `.jp2` JP2OpenJPEG), never by guessing from content: a
VRT behind a `.tif` name can read any other file. A VRT is opened only where it is asked for as a mosaic (io.virtual). Writers use one
thread, since GDAL's threaded compression hides a full disk.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.features
import rasterio.shutil
import rasterio.windows
from odc.geo.geobox import GeoBox
from rasterio.enums import Resampling

from iota_py.errors import Fault, InputError, StorageError
from iota_py.grid.windows import Window
from iota_py.io.archives import archive_suffix, is_compressed_tar, tar_place
from iota_py.io.publish import published
from iota_py.io.remote import ask_for, file_part, is_remote, opening, unopened
from iota_py.io.virtual import MOSAIC, mosaic_document, plain_name

DRIVERS = {".tif": "GTiff", ".tiff": "GTiff", ".jp2": "JP2OpenJPEG"}
MAX_PIXELS = 40_000 * 40_000
MAX_MOSAIC_PIXELS = 1_000_000 * 1_000_000
COG_BLOCK = 512
ENV = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_NUM_THREADS": "1",
    "GDAL_TIFF_INTERNAL_MASK": True,
    "CPL_VSIL_GZIP_WRITE_PROPERTIES": "NO",  # GDAL would leave a file beside a .tar.gz that is not ours
}
_UNREADABLE = (rasterio.errors.RasterioIOError, ValueError, IndexError)


@dataclass(frozen=True)
class RasterHeader:
    """What a raster says of itself before any pixel is read. block: (rows, cols) that are compressed together.

    written: False for a GeoTIFF of which no block was ever written, as a writer leaves it that was killed: it reads as zeros.
    """

    geobox: GeoBox
    count: int
    dtype: str
    nodata: float | None
    block: tuple[int, int]
    written: bool = True

    @functools.cached_property
    def grid(self) -> tuple[object, ...]:
        """What tells its grid from others: a key for look-ups, found once."""
        crs = self.geobox.crs
        return (*self.geobox.transform, *self.geobox.shape, crs and (crs.epsg or str(crs)))


def raster_path(file: str | Path, member: str = "") -> str:
    """GDAL's name of a file, or of a member of a zip or tar archive."""
    if not member:
        return str(file)
    return f"/{'vsizip' if archive_suffix(file) == '.zip' else 'vsitar'}/{{{file}}}/{member}"


def _opened_as(path: str) -> tuple[str, Mapping[str, str]]:
    """What GDAL opens for a name, and with which options beside ours.

    A remote file with its credential; a member of a tar by its place, since GDAL does not find names that are in extended headers (PAX).
    """
    if is_remote(path):
        return opening(path)
    if not path.startswith("/vsitar/{"):
        return path, {}
    file, _, member = path.removeprefix("/vsitar/{").partition("}/")
    offset, size = tar_place(file, member)
    return f"/vsisubfile/{offset}_{size},{'/vsigzip/' if is_compressed_tar(file) else ''}{file}", {}


def open_dataset(path: str) -> Any:
    """Open for reading with the driver of the name; the caller closes it. path: a name of GDAL's, or that of a mosaic.

    Raises InputError when the file is missing, is not what its name says, or declares more than MAX_PIXELS (a mosaic, or a local
    cloud-optimised GeoTIFF: MAX_MOSAIC_PIXELS);
    TaskError when the network that leads to it fails.
    """
    most, mosaic, path = MAX_PIXELS, path.startswith(MOSAIC), plain_name(path)
    driver, virtual = DRIVERS.get(Path(file_part(path)).suffix.lower()), False
    if mosaic:
        most, virtual = MAX_MOSAIC_PIXELS, Path(path).suffix.lower() == ".vrt"
        driver = "VRT" if virtual else driver
    if driver is None:
        raise InputError(
            Fault("E-RAS-001", path, "", f"expected a raster named {', '.join(DRIVERS)}", "convert it, for instance with gdal_translate")
        )
    document, options = (mosaic_document(path), {}) if virtual else _opened_as(path)
    try:
        with rasterio.Env(**ENV, **options):
            dataset = rasterio.open(document, driver=driver)
    except rasterio.errors.RasterioIOError as error:
        if is_remote(path):
            raise unopened(path, _reason(error)) from None  # the error of GDAL may hold the signed address
        raise InputError(
            Fault(
                "E-RAS-002",
                path,
                "",
                f"cannot be opened as {driver} ({_reason(error)})",
                "download the product again, or leave this file out",
            )
        ) from error
    if dataset.width * dataset.height > (most if is_remote(path) or not _of_windows(dataset) else MAX_MOSAIC_PIXELS):
        shape = f"{dataset.width} × {dataset.height}"
        dataset.close()
        raise InputError(Fault("E-RAS-003", path, "", f"declares {shape} pixels, more than any tile has"))
    return dataset


def _of_windows(dataset: Any) -> bool:
    """True of a cloud-optimised GeoTIFF: a map of a country is one, and is read by windows and overviews."""
    return dataset.driver == "GTiff" and dataset.tags(ns="IMAGE_STRUCTURE").get("LAYOUT") == "COG"


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
            raise InputError(Fault("E-RAS-004", plain_name(path), "crs", "expected a coordinate reference system, found none"))
        if transform.b or transform.d or transform.a <= 0 or transform.e >= 0:
            raise InputError(Fault("E-RAS-005", plain_name(path), "transform", "expected a north-up grid, found a rotated or south-up one"))
        geobox = GeoBox((dataset.height, dataset.width), transform, dataset.crs)
        return RasterHeader(geobox, dataset.count, dataset.dtypes[0], dataset.nodata, dataset.block_shapes[0], _written(dataset))


def _written(dataset: Any) -> bool:
    """True when a block of the first band is there; found at the first one of a file that is whole."""
    if dataset.driver != "GTiff" or is_remote(dataset.name):
        return True
    rows, cols = dataset.block_shapes[0]
    places = itertools.product(range(-(-dataset.height // rows)), range(-(-dataset.width // cols)))
    return any(dataset.get_tag_item(f"BLOCK_OFFSET_{col}_{row}", "TIFF", bidx=1) is not None for row, col in places)


def read_tags(path: str) -> dict[str, str]:
    """Tags that a raster carries as text, by name: those of the file, not of its bands."""
    with open_raster(path) as dataset:
        return {str(name): str(value) for name, value in dataset.tags().items()}


def read_window(path: str, window: Window | None = None, bands: int | list[int] = 1) -> np.ndarray:
    """Pixels of a window, (row, col) for one band or (band, row, col) for a list; the file's own dtype.

    Raises InputError when a block cannot be decoded or the window leaves the raster, TaskError when a network fails.
    """
    with open_raster(path) as dataset:
        return read_part(dataset, path, window, bands)


def read_part(dataset: Any, path: str, window: Window | None, bands: int | list[int], out: np.ndarray | None = None) -> np.ndarray:
    """As `read_window`, of a dataset that is open; `path` names it in messages. out: filled in place of a new array."""
    part = None
    if window is not None:
        if window.row < 0 or window.col < 0 or window.row + window.height > dataset.height or window.col + window.width > dataset.width:
            text = f"window {window} leaves the raster of {dataset.height} × {dataset.width} pixels"
            raise InputError(Fault("E-RAS-006", plain_name(path), "", text))
        part = rasterio.windows.Window(window.col, window.row, window.width, window.height)
    try:
        return _read(dataset, bands, part, out)
    except _UNREADABLE as error:
        if not is_remote(path):
            raise _damaged(path, window, error) from error
    ask_for(path)
    try:
        return _read(dataset, bands, part, out)  # the server is there: it was a moment's failure, or the file is damaged
    except _UNREADABLE as error:
        raise _damaged(path, window, error) from None


def _read(dataset: Any, bands: int | list[int], part: Any, out: np.ndarray | None) -> np.ndarray:
    with _decoding(dataset):
        return dataset.read(bands, window=part, out=out)


def _damaged(path: str, window: Window | None, error: Exception) -> InputError:
    text = f"cannot be read near {window or 'any window'} ({_reason(error)})"
    return InputError(
        Fault("E-RAS-007", plain_name(path), "", text, "the file is damaged: download it again, or list its date under exclude_dates")
    )


def _decoding(dataset: Any) -> AbstractContextManager[Any]:
    """One thread decodes JPEG 2000: with several, GDAL hides the blocks that it cannot decode and gives what was in memory."""
    return nullcontext() if dataset.driver == "GTiff" else rasterio.Env(GDAL_NUM_THREADS="1")


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
            raise unwritable(path, error) from error
        verify(part, path, geobox, dtype, count)


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
    """Publish a cloud-optimised GeoTIFF; overviews by `mode` (classes), `average` or `nearest`. Else as write_raster.

    It has the bands of the first block. Several are interleaved by pixel, the only way that GDAL knew before 3.11: all the bands of a place
    come with one request. Their tiles are half as wide, so that a request stays small.
    """
    first = next(iter(blocks := iter(blocks)))
    count, blocks = 1 if first[1].ndim == 2 else len(first[1]), itertools.chain([first], blocks)
    options = {
        "BLOCKSIZE": COG_BLOCK if count == 1 else COG_BLOCK // 2,
        "COMPRESS": "DEFLATE",
        "PREDICTOR": "NO",
        "OVERVIEW_RESAMPLING": overviews.upper(),
        "BIGTIFF": "IF_SAFER",
    }
    tiles = {"nodata": nodata, "tiled": True, "blockxsize": 256, "blockysize": 256, "compress": "zstd", "zstd_level": 1}
    with published(path) as part:
        plain = part.with_name(f"{part.name}.plain.tif")  # after a failure it goes with the other one
        try:
            _write(plain, geobox, dtype, blocks, count, tiles, finish)
        except rasterio.errors.RasterioIOError as error:
            raise unwritable(path, error) from error
        try:
            with rasterio.Env(**ENV):
                rasterio.shutil.copy(plain, part, driver="COG", **options)
        except Exception as error:  # the COG driver raises classes outside rasterio's and the system's trees
            raise unwritable(path, error) from error
        plain.unlink()
        verify(part, path, geobox, dtype, count)


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
    with rasterio.Env(**ENV), rasterio.open(part, "w", **profile) as dataset:
        for window, values in blocks:
            if values.shape[-2:] != (window.height, window.width) or values.dtype != np.dtype(dtype):
                raise ValueError(f"block of {values.shape} {values.dtype} for a window of {window.height} × {window.width} {dtype}")
            where = rasterio.windows.Window(window.col, window.row, window.width, window.height)
            dataset.write(values, window=where) if values.ndim == 3 else dataset.write(values, 1, window=where)
        if finish is not None:
            finish(dataset)


def verify(part: Path, path: str | Path, geobox: GeoBox, dtype: str, count: int) -> None:
    """Read the file back: its header is the one asked for and each of its blocks was stored and decodes."""
    try:
        with rasterio.Env(**ENV), rasterio.open(part, driver="GTiff") as dataset:
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
        raise unwritable(path, error) from error


def unwritable(path: str | Path, error: Exception) -> StorageError:
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
    return read_as(path, max_side)


def read_as(path: str, max_side: int, shape: tuple[int, int] | None = None) -> np.ndarray:
    """As `read_reduced`, or of a given shape: two rasters of one extent and different pixels side by side. InputError when it cannot be read."""
    with open_raster(path) as dataset:
        factor = max(1.0, max(dataset.shape) / max_side)
        wanted = shape or tuple(max(1, round(side / factor)) for side in dataset.shape)
        try:
            with _decoding(dataset):
                return dataset.read(1, out_shape=wanted, resampling=Resampling.nearest)
        except _UNREADABLE as error:
            raise _damaged(path, None, error) from error


def count_values(path: str) -> np.ndarray:
    """Number of pixels of each value of a uint8 raster, int64 (256,), read block by block."""
    counts = np.zeros(256, np.int64)
    with open_raster(path) as dataset:
        for _, window in dataset.block_windows(1):
            values = dataset.read(1, window=window)
            if values.any():
                counts += np.bincount(values.ravel(), minlength=256)
            else:
                counts[0] += values.size
    return counts


def gdal_version() -> str:
    """Version of GDAL."""
    return str(rasterio.__gdal_version__)
