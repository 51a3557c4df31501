"""Reference data: polygons cleaned, found on the tiles, split and selected, with an account of every loss."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from iota_py.grid.windows import Window, crs_text, split
from iota_py.io.tables import read_table, write_csv, write_table
from iota_py.io.vectors import read_vectors, write_gpkg
from iota_py.pipeline import paths
from iota_py.pipeline.reference.polygons import prepare_reference
from iota_py.pipeline.steps.footprint import owned_part
from iota_py.pipeline.workspace import Workspace
from iota_py.products.reader import read_valid
from iota_py.samples.candidates import burn_polygons, burn_regions, candidates, candidates_frame
from iota_py.samples.ledger import step_table

WINDOW = 1024


def write_polygons(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`samples/polygons.gpkg` in the CRS of the map, what was dropped in `samples/drops.csv`, what each step left in `samples/steps.csv`."""
    crs = crs_text(ws.grid)
    outlines = gpd.GeoSeries([ws.geobox(tile).extent.to_crs(crs).geom for tile in ws.tiles], crs=crs)
    prepared, frame = prepare_reference(ws.config, ws.nomenclature, outlines, ws.regions(crs))
    write_csv(ws.path(paths.DROPS), prepared.drops)
    write_csv(ws.path(paths.STEPS), step_table(prepared, ws.region_names, ws.nomenclature))
    write_gpkg(ws.path(paths.POLYGONS), frame, "polygons")


def write_candidates(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`samples/<tile>/candidates.parquet`: the pixels of the polygons that the tile owns, with their validity."""
    tile = params["tile"]
    geobox, series = ws.geobox(tile), ws.counted(tile)
    crs = crs_text(geobox)
    polygons = read_vectors(ws.path(paths.POLYGONS), "polygons").to_crs(crs)
    regions = ws.regions(crs)
    found = [candidates_frame()]
    for window in split(geobox.shape, (WINDOW, WINDOW)):
        box = window.of(geobox)
        near = polygons.iloc[polygons.sindex.query(box.pad(1).extent.geom)]  # a point on the edge is of one window, whatever the arithmetic
        if not near.empty:
            validity = functools.partial(_validity, series, window)
            place = owned_part(ws, tile, window), box, (window.row, window.col)
            found.append(candidates(burn_polygons(near, box), burn_regions(regions, box), *place, validity))
    frame = pd.concat(found, ignore_index=True).sort_values(["row", "col"], ignore_index=True)
    write_table(ws.path(paths.candidates(tile)), frame)


def _validity(series: list[Any], window: Window) -> np.ndarray:
    count = np.zeros((window.height, window.width), np.int64)
    for one in series:
        count += read_valid(one, window).sum(axis=0)
    return np.minimum(count, 255).astype(np.uint8)


def read_candidates(ws: Workspace, tiles: list[str] | None = None) -> pd.DataFrame:
    """Candidate pixels of tiles (default: all), in order of tile, row and column, with a column `tile`."""
    frames = []
    for tile in sorted(tiles or ws.tiles):
        frame = read_table(ws.path(paths.candidates(tile)))
        frame.insert(0, "tile", tile)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def usable_candidates(ws: Workspace, found: pd.DataFrame) -> pd.DataFrame:
    """Candidates of one class that were seen often enough, in the order given."""
    return found[(found.code > 0) & (found.validity >= ws.config.samples.minimum_validity)].reset_index(drop=True)
