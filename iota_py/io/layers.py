"""A layer of polygons as it is delivered: GeoPackage, GeoParquet, zipped shapefile. Equal frames give equal bytes with the same libraries.

Each file is read back before it takes its name: as many features as were written, within the same bounds.
"""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyogrio
import shapely

from iota_py.errors import Fault, StorageError
from iota_py.io.dbf import Widths, table_size, write_dbf
from iota_py.io.publish import published
from iota_py.io.vectors import check_layer, write_gpkg

SHAPEFILE_LIMIT = 2**31 - 1  # bytes of the .shp and of the .dbf: what all readers bear
_WRITING = (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError)
_DAY = (1980, 1, 1, 0, 0, 0)  # of the members of an archive
_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


def write_polygon_gpkg(path: str | Path, frame: gpd.GeoDataFrame, layer: str) -> None:
    """Publish polygons as a GeoPackage with a spatial index. Raises StorageError when it cannot be written whole."""
    write_gpkg(path, frame, layer, geometry="Polygon")


def write_geoparquet(path: str | Path, frame: gpd.GeoDataFrame) -> None:
    """Publish as GeoParquet 1.1 (zstd, WKB, with the bounds of each feature). Raises StorageError when it cannot be written whole."""
    with published(path) as part:
        try:
            frame.to_parquet(part, index=False, compression="zstd", write_covering_bbox=True, schema_version="1.1.0")
            found = gpd.read_parquet(part, columns=[frame.geometry.name])
        except pa.ArrowException as error:
            raise _unwritten(path, error) from error
        check_layer(path, frame, len(found), tuple(found.total_bounds))


def write_shapefile(path: str | Path, frame: gpd.GeoDataFrame, layer: str, widths: Widths) -> None:
    """Publish polygons as a zipped shapefile named after the layer, of columns of numbers.

    widths: characters and decimals of each column. Raises StorageError: E-VEC-022 when it would be larger than shapefiles may be (nothing
    is written then), E-IO-001 or E-IO-002 when it cannot be written whole.
    """
    refuse_large(path, frame, widths)
    with published(path) as part:
        stem = part.with_name(f"{part.name}.shape")  # after a failure these go with the archive
        try:
            pyogrio.write_dataframe(
                frame[[frame.geometry.name]], stem.with_name(f"{stem.name}.shp"), driver="ESRI Shapefile", geometry_type="Polygon",
                use_arrow=False,
            )  # fmt: skip
            files = [stem.with_name(f"{stem.name}{suffix}") for suffix in _PARTS]
            write_dbf(files[2], frame, widths)
            files[4].write_text("UTF-8", encoding="ascii")
            _archive(part, layer, files)
            info = pyogrio.read_info(f"/vsizip/{{{part.absolute()}}}/{layer}.shp", force_total_bounds=True)
        except _WRITING as error:
            raise _unwritten(path, error) from error
        check_layer(path, frame, info["features"], info["total_bounds"])
        for file in files:
            file.unlink()


def refuse_large(path: str | Path, frame: gpd.GeoDataFrame, widths: Widths) -> None:
    """Raise StorageError E-VEC-022 when a shapefile of these polygons would pass SHAPEFILE_LIMIT."""
    size = max(outline_size(frame.geometry.to_numpy()), table_size(len(frame), widths))
    if size > SHAPEFILE_LIMIT:
        text = f"a shapefile of {len(frame)} polygons would take {size / 1e9:.1f} GB, and none may pass {SHAPEFILE_LIMIT / 1e9:.1f} GB"
        raise StorageError(Fault("E-VEC-022", str(path), "vector.formats", text, "leave shapefile out, or cut the map by smaller zones"))


def outline_size(polygons: np.ndarray) -> int:
    """Bytes of the .shp of polygons."""
    rings = len(polygons) + int(shapely.get_num_interior_rings(polygons).sum())
    return 100 + 52 * len(polygons) + 4 * rings + 16 * int(shapely.get_num_coordinates(polygons).sum())


def _archive(part: Path, layer: str, files: list[Path]) -> None:
    with zipfile.ZipFile(part, "w") as archive:
        for file in files:
            entry = zipfile.ZipInfo(f"{layer}{file.suffix}", _DAY)
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o100644 << 16
            with open(file, "rb") as source, archive.open(entry, "w") as target:
                shutil.copyfileobj(source, target)


def _unwritten(path: str | Path, error: Exception) -> StorageError:
    return StorageError(Fault("E-IO-001", str(path), "", f"could not be written whole ({error})", "free disk space, then run again"))
