"""Vector layers: reading with messages that name the way out, and publishing GeoPackages with reproducible bytes.

As for rasters, a file must be what its name says: a virtual layer behind a `.gpkg` name could read any other file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyogrio
import shapely

from iota_py.errors import Fault, InputError, StorageError
from iota_py.io.archives import read_start, zip_members
from iota_py.io.publish import published

_SQLITE, _TEXT = b"SQLite format 3\0", b"\xef\xbb\xbf \t\r\n"  # what may come before the first sign of a text
_SIGNATURES = {
    ".gpkg": _SQLITE, ".sqlite": _SQLITE, ".shp": b"\x00\x00\x27\x0a", ".fgb": b"fgb\x03", ".geojson": b"{", ".json": b"{", ".geojsonl": b"{",
    ".kml": b"<", ".tab": b"!table", ".mif": b"version", ".parquet": b"PAR1", ".geoparquet": b"PAR1", ".zip": b"PK\x03\x04",
}  # fmt: skip
_TABLES = (".parquet", ".geoparquet")  # which GDAL may have been built without
_COMPANIONS = {".shp": (".dbf", ".shx", ".prj", ".cpg"), ".tab": (".dat", ".map", ".id", ".ind"), ".mif": (".mid",)}
_FAILURES = (
    pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError, pyogrio.errors.GeometryError,
    shapely.errors.ShapelyError, pa.ArrowException, OSError, ValueError,
)  # fmt: skip
_DATE = "2000-01-01T00:00:00.000Z"  # GeoPackages carry the date of their last change: fixed, so that equal contents give equal bytes


def read_vectors(path: str | Path, layer: str | None = None, encoding: str | None = None) -> gpd.GeoDataFrame:
    """Features of a layer, in the order of the file; geometries are given as they are, empty or invalid ones too, curves as lines.

    layer: may be left out when the file has one; in a zip archive, the name of the file. encoding: of texts, where the file does not say
    it or is wrong. Open rings are closed; one of too few points is given as no geometry. Raises InputError: E-VEC-001 missing, unreadable or
    not a format read here; E-VEC-002 no CRS; E-VEC-003 no such layer, or several and none named; E-VEC-004 texts in another encoding.
    """
    path = Path(path)
    _check_signature(path)
    chosen = layer or path.stem
    try:
        place = _unzipped(path, layer) if path.suffix.lower() == ".zip" else path
        if path.suffix.lower() in _TABLES:
            with np.errstate(invalid="ignore"):
                frame = gpd.read_parquet(path)
        else:
            layers = [str(name) for name in pyogrio.list_layers(place)[:, 0]]
            chosen = _choose_layer(path, layers, layer if place == path or layer in layers else None)
            options: dict[str, Any] = {} if encoding is None else {"encoding": encoding}
            with np.errstate(invalid="ignore"):  # coordinates that are no numbers: whoever asks for shapes sees to them
                frame = pyogrio.read_dataframe(place, layer=chosen, use_arrow=False, on_invalid="fix", **options)
    except UnicodeDecodeError as error:
        text = f"texts are not in {error.encoding.upper()}, the encoding that the file {'declares' if encoding is None else 'was said to have'}"
        raise InputError(
            Fault("E-VEC-004", str(path), chosen, text, "set `encoding`, for instance CP1252, or save it as a GeoPackage")
        ) from error
    except _FAILURES as error:
        raise _unreadable(path, " ".join(str(error).split())[:200]) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise _unreadable(path, f"layer `{chosen}` has no geometry")
    if frame.crs is None:
        raise InputError(
            Fault(
                "E-VEC-002",
                str(path),
                chosen,
                "expected a coordinate reference system, found none",
                "declare it, for instance with ogr2ogr -a_srs EPSG:2154",
            )
        )
    return frame


def vector_files(path: str | Path) -> list[Path]:
    """The files that make up a source of vectors: the one named, and those that lie beside it (labels of a shapefile are in its `.dbf`)."""
    path = Path(path)
    wanted = {path.with_suffix(suffix).name.lower() for suffix in _COMPANIONS.get(path.suffix.lower(), ())}
    beside = [p for p in path.parent.iterdir() if p.name.lower() in wanted] if wanted and path.parent.is_dir() else []
    return [path, *sorted(beside)]


def write_gpkg(path: str | Path, frame: gpd.GeoDataFrame, layer: str, geometry: str | None = None) -> None:
    """Publish a GeoPackage of one layer, with a spatial index; equal frames give equal bytes with the same libraries.

    geometry: type of the layer, such as `Polygon`; found from the features where None. Raises StorageError when it cannot be written whole.
    """
    with published(path) as part, fixed_date():
        part.unlink(missing_ok=True)
        try:
            pyogrio.write_dataframe(frame, part, layer=layer, driver="GPKG", geometry_type=geometry, use_arrow=False)
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError) as error:
            raise StorageError(
                Fault("E-IO-001", str(path), layer, f"could not be written whole ({error})", "free disk space, then run again")
            ) from error
        info = pyogrio.read_info(part, layer=layer, force_feature_count=True, force_total_bounds=True)
        check_layer(path, frame, info["features"], info["total_bounds"])
        check_index(part, path, frame, layer)


def check_layer(path: str | Path, frame: gpd.GeoDataFrame, count: int, bounds: Sequence[float] | None) -> None:
    """Raise StorageError E-IO-002 unless what was read back has as many features as were written, within the same bounds (to 1e-6 of them)."""
    if count != len(frame):
        raise StorageError(Fault("E-IO-002", str(path), "", f"read back {count} features, expected {len(frame)}", "run again"))
    expected = tuple(float(edge) for edge in frame.total_bounds)
    if not frame.geometry.is_empty.all() and (bounds is None or not np.allclose(bounds, expected, rtol=1e-6, atol=1e-6)):
        raise StorageError(Fault("E-IO-002", str(path), "", f"read back within {bounds}, expected {expected}", "run again"))


def check_index(part: Path, path: str | Path, frame: gpd.GeoDataFrame, layer: str) -> None:
    """Raise StorageError unless a layer of a GeoPackage is a sound database whose spatial index holds every feature that has a place.

    GDAL makes the index when it closes the file, and says nothing when the disk is full then. part: the file; path: the name messages give it.
    """
    expected = int((~(frame.geometry.isna() | frame.geometry.is_empty)).sum())
    text = "its spatial index is missing"
    try:
        with closing(sqlite3.connect(f"{part.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as base:
            sound = base.execute("PRAGMA quick_check(1)").fetchone()[0]
            column = base.execute("SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?", (layer,)).fetchone()[0]
            name = f"rtree_{layer}_{column}_rowid".replace('"', '""')
            found = base.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608 - a name, quoted
            text = f"{sound}; its spatial index holds {found} of {expected} features"
            if sound == "ok" and found == expected:
                return
    except (sqlite3.Error, TypeError) as error:
        text = f"{text}: {error}"
    raise StorageError(Fault("E-IO-001", str(path), layer, f"could not be written whole ({text})", "free disk space, then run again"))


def write_geojson(path: str | Path, frame: gpd.GeoDataFrame) -> None:
    """Publish features as GeoJSON (RFC 7946): longitudes and latitudes of WGS 84 with 7 decimals, missing values as null.

    Raises StorageError when it cannot be written whole.
    """
    with published(path) as part:
        part.unlink(missing_ok=True)
        try:
            options = {"RFC7946": "YES", "WRITE_NAME": "NO"}
            pyogrio.write_dataframe(frame.to_crs("EPSG:4326"), part, driver="GeoJSON", use_arrow=False, layer_options=options)
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError) as error:
            raise StorageError(Fault("E-IO-001", str(path), "", f"could not be written whole ({error})", "free disk space")) from error


def _check_signature(path: Path, member: str = "") -> None:
    suffix = Path(member).suffix.lower() if member else path.suffix.lower()
    signature = _SIGNATURES.get(suffix)
    if signature is None:
        raise _unreadable(path, f"expected a file named {', '.join(_SIGNATURES)}")
    try:
        start = read_start(path, member, 64)
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    text = signature[:1] in b"{<!v"
    if not (start.lstrip(_TEXT).lower() if text else start).startswith(signature):
        raise _unreadable(path, f"its content is not that of a {suffix} file")


def _unzipped(path: Path, layer: str | None) -> str:
    """Address of the one dataset in a zip archive, or of that which has this name."""
    found = [
        name
        for name in zip_members(path)
        if Path(name).suffix.lower() in _SIGNATURES and Path(name).suffix.lower() not in (".zip", *_TABLES)
    ]
    if len(found) > 1 and layer is not None:
        found = [name for name in found if Path(name).stem == layer]
    if len(found) != 1:
        listed = ", ".join(f"`{Path(name).stem}`" for name in found) or "none"
        raise InputError(
            Fault("E-VEC-003", str(path), layer or "", f"expected one layer in the archive, found {listed}", "name the layer to read")
        )
    _check_signature(path, found[0])
    return f"/vsizip/{{{path.absolute()}}}/{found[0]}"


def _choose_layer(path: Path, layers: list[str], wanted: str | None) -> str:
    listed = ", ".join(f"`{name}`" for name in layers) or "none"
    if wanted is None and len(layers) == 1:
        return layers[0]
    if wanted is None:
        raise InputError(Fault("E-VEC-003", str(path), "", f"expected one layer, found {listed}", "name the layer to read"))
    if wanted not in layers:
        raise InputError(Fault("E-VEC-003", str(path), wanted, f"no layer `{wanted}`; the file has {listed}", "name one of these layers"))
    return wanted


def _unreadable(path: Path, reason: str) -> InputError:
    return InputError(
        Fault("E-VEC-001", str(path), "", f"cannot be read ({reason})", "check the path, or convert the file to a GeoPackage")
    )


@contextmanager
def fixed_date() -> Iterator[None]:
    """Inside, GeoPackages carry one and the same date."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _DATE})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
