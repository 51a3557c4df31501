"""Vector layers: reading with messages that name the way out, and publishing GeoPackages with reproducible bytes.

As for rasters, a file must be what its name says: a virtual layer behind a `.gpkg` name could read any other file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import pyogrio

from iota_py.errors import Fault, InputError, StorageError
from iota_py.io.publish import published

_SIGNATURES = {".gpkg": b"SQLite format 3\0", ".shp": b"\x00\x00\x27\x0a", ".fgb": b"fgb\x03", ".geojson": b"{", ".json": b"{"}
_DATE = "2000-01-01T00:00:00.000Z"  # GeoPackages carry the date of their last change: fixed, so that equal contents give equal bytes


def read_vectors(path: str | Path, layer: str | None = None) -> gpd.GeoDataFrame:
    """Features of a layer, in the order of the file; geometries are given as they are, empty or invalid ones too.

    layer: may be left out when the file has one. Raises InputError: E-VEC-001 missing, unreadable or not a format read here; E-VEC-002
    no CRS; E-VEC-003 no such layer, or several and none named.
    """
    path = Path(path)
    _check_signature(path)
    try:
        layers = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
        chosen = _choose_layer(path, layers, layer)
        frame = pyogrio.read_dataframe(path, layer=chosen, use_arrow=False)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError) as error:
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


def write_gpkg(path: str | Path, frame: gpd.GeoDataFrame, layer: str) -> None:
    """Publish a GeoPackage of one layer; equal frames give equal bytes with the same libraries.

    Raises StorageError when it cannot be written whole.
    """
    with published(path) as part, _fixed_date():
        part.unlink(missing_ok=True)
        try:
            pyogrio.write_dataframe(frame, part, layer=layer, driver="GPKG", use_arrow=False)
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError) as error:
            raise StorageError(
                Fault("E-IO-001", str(path), layer, f"could not be written whole ({error})", "free disk space, then run again")
            ) from error
        found = pyogrio.read_info(part, layer=layer)["features"]
        if found != len(frame):
            raise StorageError(Fault("E-IO-002", str(path), layer, f"read back {found} features, expected {len(frame)}", "run again"))


def _check_signature(path: Path) -> None:
    signature = _SIGNATURES.get(path.suffix.lower())
    if signature is None:
        raise _unreadable(path, f"expected a file named {', '.join(_SIGNATURES)}")
    try:
        with open(path, "rb") as stream:
            start = stream.read(64)
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    if not start.lstrip(b"\xef\xbb\xbf \t\r\n" if signature == b"{" else b"").startswith(signature):
        raise _unreadable(path, f"its content is not that of a {path.suffix} file")


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
def _fixed_date() -> Iterator[None]:
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _DATE})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
