"""Where a run is: outlines of its tiles and its reference polygons for MLflow's map, and a picture of the map."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from iota_py.assessment.quicklooks import map_quicklook
from iota_py.grid.windows import crs_text
from iota_py.io.publish import write_bytes
from iota_py.io.raster import read_reduced
from iota_py.io.tables import read_table
from iota_py.io.vectors import read_vectors, write_geojson
from iota_py.pipeline import paths
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.split import LEARNING, VALIDATION
from iota_py.tracking.record import Artifact

MOST = 2000  # polygons that a page draws without waiting
TOLERANCE = 5.0  # metres by which outlines are simplified
PICTURE = 1000  # pixels on the longer side
_ROLES = {LEARNING: "learning", VALIDATION: "validation"}


def place_artifacts(ws: Workspace) -> list[Artifact]:
    """Write `tracking/tiles.geojson`, `tracking/polygons.geojson` and `tracking/map.png`, of those that the run has, and name them."""
    made = [(_tiles(ws), "places"), (_polygons(ws), "places"), (_picture(ws), "figures")]
    return [Artifact(path, folder) for path, folder in made if path is not None]


def thinned(polygons: gpd.GeoDataFrame, most: int) -> gpd.GeoDataFrame:
    """At most so many polygons, evenly from those sorted by class: every class stays as far as there is room. `polygons`: code, polygon."""
    if len(polygons) <= most:
        return polygons
    ordered = polygons.sort_values(["code", "polygon"], ignore_index=True)
    return ordered.iloc[np.linspace(0, len(ordered) - 1, most).round().astype(int)]


def _tiles(ws: Workspace) -> Path | None:
    if not ws.tiles:
        return None
    boxes = [ws.geobox(tile) for tile in ws.tiles]
    outlines = [gpd.GeoSeries([box.extent.geom], crs=crs_text(box)).to_crs("EPSG:4326").iloc[0] for box in boxes]
    path = ws.path(paths.TILE_PLACES)
    write_geojson(path, gpd.GeoDataFrame({"tile": list(ws.tiles)}, geometry=outlines, crs="EPSG:4326"))
    return path


def _polygons(ws: Workspace) -> Path | None:
    """Polygons with their class and what the first draw makes of them."""
    if not ws.path(paths.POLYGONS).exists() or not ws.path(paths.SPLIT).exists() or ws.config.samples.target is not None:
        return None
    polygons = read_vectors(ws.path(paths.POLYGONS), "polygons")
    role = read_table(ws.path(paths.SPLIT)).set_index("polygon").run_0
    polygons = thinned(polygons[["polygon", "code", "geometry"]], MOST)
    names = {one.code: one.label(ws.config.languages[0]) for one in ws.nomenclature.classes}
    drawn = polygons.polygon.map(role).map(_ROLES).fillna("neither")
    table = pd.DataFrame({"polygon": polygons.polygon, "class": polygons.code.map(names), "draw 0": drawn})
    outlines = polygons.geometry.simplify(TOLERANCE) if polygons.crs.is_projected else polygons.geometry
    path = ws.path(paths.POLYGON_PLACES)
    write_geojson(path, gpd.GeoDataFrame(table, geometry=outlines, crs=polygons.crs))
    return path


def _picture(ws: Workspace) -> Path | None:
    source = ws.path(paths.map_layer("classification"))
    if not source.exists():
        return None
    path = ws.path(paths.MAP_PICTURE)
    write_bytes(path, map_quicklook(read_reduced(str(source), PICTURE), ws.nomenclature))
    return path
