"""What delivered files say of themselves, and reading them through: every block of a raster, every feature of a vector layer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from pyproj import CRS

from iota_py.errors import Fault, InputError
from iota_py.grid.form import geobox_values
from iota_py.grid.windows import Window
from iota_py.io.archives import zip_members
from iota_py.io.raster import open_raster, read_header, read_part
from iota_py.io.vectors import read_vectors

_CHUNK = 50_000  # features that are read at once
_TABLES = (".parquet", ".geoparquet")
_TEXT = {
    "object": "string",
    "str": "string",
    "large_string": "string",
    "double": "float64",
}  # names of types: those of numpy, whatever the format calls them


def raster_facts(path: str | Path) -> dict[str, Any]:
    """Header of a raster as plain values: `grid` (shape, transform, WKT), `epsg`, `dtype`, `nodata`, `bands`, and for each band `scale`,
    `offset` and `description`. Raises InputError when it cannot be opened or has no usable grid."""
    header = read_header(str(path))
    crs = header.geobox.crs
    with open_raster(str(path)) as dataset:
        return {
            "grid": geobox_values(header.geobox),
            "epsg": crs.to_epsg() if crs is not None else None,
            "dtype": header.dtype,
            "nodata": header.nodata,
            "bands": header.count,
            "scale": [float(v) for v in dataset.scales],
            "offset": [float(v) for v in dataset.offsets],
            "description": [str(text or "") for text in dataset.descriptions],
        }


def raster_blocks(path: str | Path) -> Iterator[np.ndarray]:
    """Pixels of each row of blocks of each band, (row, col). Raises InputError where one cannot be decoded."""
    with open_raster(str(path)) as dataset:
        for band in range(1, dataset.count + 1):
            rows = dataset.block_shapes[band - 1][0]
            for row in range(0, dataset.height, rows):
                yield read_part(dataset, str(path), Window(row, 0, min(rows, dataset.height - row), dataset.width), band)


def vector_facts(path: str | Path) -> dict[str, Any]:
    """Header of a layer of polygons: `features`, `crs` (WKT), `epsg`, `bounds` (left, bottom, right, top) and `columns` (name and type).

    A GeoPackage, a zipped shapefile or a GeoParquet file. Raises InputError when it cannot be read.
    """
    path = Path(path)
    if path.suffix.lower() in _TABLES:
        return _table_facts(path)
    try:
        found = pyogrio.read_info(_place(path), force_feature_count=True, force_total_bounds=True)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError) as error:
        raise _unreadable(path, error) from error
    columns = [{"name": str(name), "type": _TEXT.get(str(kind), str(kind))} for name, kind in zip(found["fields"], found["dtypes"])]
    return _facts(int(found["features"]), found["crs"], found["total_bounds"], columns)


def invalid_geometries(path: str | Path) -> tuple[int, int]:
    """Number of features that were read, and of those without a valid geometry. Raises InputError when the layer cannot be read."""
    features = invalid = 0
    for geometries in _geometries(Path(path)):
        features += len(geometries)
        invalid += int(np.count_nonzero(~shapely.is_valid(geometries) | shapely.is_missing(geometries) | shapely.is_empty(geometries)))
    return features, invalid


def _geometries(path: Path) -> Iterator[np.ndarray]:
    try:
        if path.suffix.lower() in _TABLES:
            for batch in pq.ParquetFile(path).iter_batches(_CHUNK, columns=["geometry"]):
                yield shapely.from_wkb(batch.column(0).to_numpy(zero_copy_only=False))
            return
        place, total = _place(path), vector_facts(path)["features"]
        for first in range(0, total, _CHUNK):
            frame = pyogrio.read_dataframe(place, skip_features=first, max_features=_CHUNK, columns=[], use_arrow=False)
            yield frame.geometry.to_numpy()
    except (pyogrio.errors.DataSourceError, pyogrio.errors.FeatureError, pa.ArrowException, shapely.errors.ShapelyError, OSError) as error:
        raise _unreadable(path, error) from error


def _place(path: Path) -> str:
    """GDAL's name of a layer: of the shapefile in a zip archive, else the file itself."""
    if path.suffix.lower() != ".zip":
        return str(path)
    found = [name for name in zip_members(path) if name.lower().endswith(".shp")]
    if len(found) != 1:
        raise _unreadable(path, ValueError(f"expected one shapefile in the archive, found {len(found)}"))
    return f"/vsizip/{{{path.absolute()}}}/{found[0]}"


def _table_facts(path: Path) -> dict[str, Any]:
    try:
        schema = pq.read_schema(path)
        frame = read_vectors(path)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(path, error) from error
    columns = [
        {"name": field.name, "type": _TEXT.get(str(field.type), str(field.type))} for field in schema if field.name != frame.geometry.name
    ]
    return _facts(len(frame), frame.crs.to_wkt(), frame.total_bounds, columns)


def _facts(features: int, crs: str | None, bounds: Any, columns: list[dict[str, str]]) -> dict[str, Any]:
    known = CRS.from_user_input(crs) if crs else None
    return {
        "features": features,
        "crs": known.to_wkt() if known else "",
        "epsg": known.to_epsg() if known else None,
        "bounds": [float(v) for v in bounds],
        "columns": columns,
    }


def _unreadable(path: Path, error: Exception) -> InputError:
    text = " ".join(str(error).split())[:200]
    return InputError(Fault("E-VEC-001", str(path), "", f"cannot be read ({text})", "make it again: iota-py run CONFIG"))
