"""GeoPackages of several layers and tables: publishing with reproducible bytes, and reading one by name, without geometry too."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from iota_py.errors import Fault, InputError, StorageError
from iota_py.io.publish import published
from iota_py.io.vectors import check_index, check_layer, fixed_date

_WRITING = (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError)
_READING = (*_WRITING, pyogrio.errors.GeometryError, OSError, ValueError)
_SQLITE = b"SQLite format 3\0"
STYLES = "layer_styles"  # the table in which QGIS looks for styles


def write_layers(path: str | Path, layers: Mapping[str, pd.DataFrame], geometry: Mapping[str, str]) -> None:
    """Publish a GeoPackage of these layers, in this order; equal frames give equal bytes with the same libraries.

    layers: frames with geometry, or plain tables. geometry: type of each layer that has one, such as `Point`. Each is read back before the file
    takes its name. Raises StorageError when it cannot be written whole.
    """
    with published(path) as part, fixed_date():
        part.unlink(missing_ok=True)
        try:
            for name, frame in layers.items():
                options = {"layer_options": {"FID": "id"}} if name == STYLES else {}  # as QGIS names it
                pyogrio.write_dataframe(
                    frame, part, layer=name, driver="GPKG", geometry_type=geometry.get(name), use_arrow=False, **options
                )
        except _WRITING as error:
            text = f"could not be written whole ({error})"
            raise StorageError(Fault("E-IO-001", str(path), "", text, "free disk space, then run again")) from error
        for name, frame in layers.items():
            info = pyogrio.read_info(part, layer=name, force_feature_count=True, force_total_bounds=name in geometry)
            if isinstance(frame, gpd.GeoDataFrame):
                check_layer(path, frame, info["features"], info["total_bounds"])
                check_index(part, path, frame, name)
            elif info["features"] != len(frame):
                text = f"read back {info['features']} rows of {name}, expected {len(frame)}"
                raise StorageError(Fault("E-IO-002", str(path), "", text, "run again"))


def style_table(styles: Mapping[str, str], name: str) -> pd.DataFrame:
    """The table of styles as QGIS keeps it: one default style (QML) for each layer. name: of the styles. Write it as layer STYLES."""
    rows = [
        {"f_table_catalog": "", "f_table_schema": "", "f_table_name": layer, "f_geometry_column": "geom", "styleName": name, "styleQML": qml,
         "styleSLD": "", "useAsDefault": True, "description": name, "owner": "", "ui": "", "update_time": pd.Timestamp("2000-01-01")}
        for layer, qml in styles.items()
    ]  # fmt: skip
    return pd.DataFrame(rows)


def read_layer(path: str | Path, layer: str) -> pd.DataFrame:
    """Rows of a layer of a GeoPackage, with its geometry where it has one. Raises InputError: E-VEC-001 unreadable, E-VEC-003 no such layer."""
    path = Path(path)
    try:
        with open(path, "rb") as stream:
            if stream.read(len(_SQLITE)) != _SQLITE:
                raise ValueError("its content is not that of a .gpkg file")
        found = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
        if layer in found:
            return pyogrio.read_dataframe(path, layer=layer, use_arrow=False)
    except _READING as error:
        text = f"cannot be read ({' '.join(str(error).split())[:200]})"
        raise InputError(Fault("E-VEC-001", str(path), "", text, "check the path, or convert the file to a GeoPackage")) from error
    listed = ", ".join(f"`{name}`" for name in found) or "none"
    raise InputError(Fault("E-VEC-003", str(path), layer, f"no layer `{layer}`; the file has {listed}", "name one of these layers"))
