"""The map as polygons: one product for each zone, and the table of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from iota_py.config.vector import Vector
from iota_py.errors import Fault, InputError
from iota_py.grid.windows import Window, crs_text
from iota_py.io.layers import refuse_large, write_geoparquet, write_polygon_gpkg, write_shapefile
from iota_py.io.publish import write_text
from iota_py.io.raster import open_raster, read_part
from iota_py.io.tables import read_table, write_csv
from iota_py.mapping.vectors.attributes import AREA, CODE, CONFIDENCE, DEVIATION, MEAN, attributes, class_table
from iota_py.mapping.vectors.cover import Coverage, cover
from iota_py.mapping.vectors.shape import Shape
from iota_py.mapping.vectors.tally import Layers
from iota_py.nomenclature import Nomenclature
from iota_py.nomenclature.styles import vector_style
from iota_py.pipeline import paths
from iota_py.pipeline.plans.vector import load_zones, source_grid
from iota_py.pipeline.workspace import Workspace

Read = Callable[[Window], np.ndarray]


def write_zone(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`vector/<zone>.gpkg` and what else is asked for, its style, and `assessment/vector/<zone>.csv`."""
    wish, classes = _wish(ws), ws.nomenclature
    name = params["zone"] or paths.WHOLE
    found = _coverage(ws, wish, params["zone"])
    frame = _frame(ws, found)
    if "shapefile" in wish.formats:  # before anything is written
        refuse_large(ws.path(paths.vector(name, "shapefile")), frame, field_widths(classes))
    for form in wish.formats:
        _write(ws.path(paths.vector(name, form)), form, frame, name, classes)
    for language, style in zip(ws.config.languages, paths.in_languages(paths.vector(name, "qml"), ws.config.languages)):
        write_text(ws.path(style), vector_style(classes.classes, CODE, language))
    write_csv(ws.path(paths.vector_classes(name)), class_table(found.codes, found.polygons))


def write_vector_table(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`assessment/vector.csv`: polygons and hectares of each class in each zone."""
    labels = {c.code: c.label() for c in ws.nomenclature.classes}
    tables = [read_table(ws.path(paths.vector_classes(zone))).assign(zone=zone) for zone in params["zones"]]
    every = pd.concat(tables, ignore_index=True)
    every["name"] = every.code.map(labels)
    every["hectares"] = every.hectares.round(2)
    write_csv(ws.path(paths.VECTOR_TABLE), every[["zone", "code", "name", "polygons", "hectares"]])


def field_widths(classes: Nomenclature) -> dict[str, tuple[int, int]]:
    """Characters and decimals of the fields of a shapefile, in the order of the columns."""
    shares = {c.alias: (6, 2) for c in classes.classes}
    return {CODE: (3, 0), MEAN: (3, 0), DEVIATION: (6, 2), CONFIDENCE: (3, 0), **shares, AREA: (10, 2)}


def _coverage(ws: Workspace, wish: Vector, zone: str | None) -> Coverage:
    layer = paths.map_layer("classification") if ws.config.regularisation is None else paths.REGULARISED
    with _pixels(ws, layer) as read:
        return cover(read, source_grid(ws.config, ws.grid), Shape(wish.simplify, wish.smooth), _outline(ws, wish, zone))


def _outline(ws: Workspace, wish: Vector, zone: str | None) -> shapely.Geometry | None:
    if zone is None or wish.zones is None:
        return None
    outlines = {one.name: one.outline for one in load_zones(wish.zones, ws.grid)}
    if zone not in outlines:
        text = f"zone `{zone}` is no longer in the file"
        raise InputError(Fault("E-VEC-021", str(wish.zones.path), "vector.zones", text, "run again: the plan is made anew"))
    return outlines[zone]


def _frame(ws: Workspace, found: Coverage) -> gpd.GeoDataFrame:
    """The polygons with their attributes, from the rasters of the map in its own pixels."""
    aliases = {c.code: c.alias for c in ws.nomenclature.classes}
    with ExitStack() as stack:
        readers = [stack.enter_context(_pixels(ws, paths.map_layer(layer))) for layer in ("classification", "confidence", "validity")]
        table = attributes(found.codes, found.polygons, Layers(ws.grid, *readers), aliases)
    return gpd.GeoDataFrame(table, geometry=found.polygons, crs=crs_text(ws.grid))


def _write(path: Path, form: str, frame: gpd.GeoDataFrame, name: str, classes: Nomenclature) -> None:
    if form == "gpkg":
        write_polygon_gpkg(path, frame, name)
    elif form == "parquet":
        write_geoparquet(path, frame)
    else:
        write_shapefile(path, frame, name, field_widths(classes))


@contextmanager
def _pixels(ws: Workspace, layer: str) -> Iterator[Read]:
    path = str(ws.path(layer))
    with open_raster(path) as dataset:
        yield lambda window: read_part(dataset, path, window, 1)


def _wish(ws: Workspace) -> Vector:
    assert ws.config.vector is not None
    return ws.config.vector
