"""Samples of annual classes: their labels hold for another year, and so do the features that they are learnt with."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from odc.geo.geobox import GeoBox

from iota_py.config.seasons import Annual
from iota_py.errors import Fault, InputError
from iota_py.grid.windows import Window, crs_text, split
from iota_py.io.lookup import read_nearest
from iota_py.io.raster import read_header
from iota_py.io.tables import read_table, write_table
from iota_py.io.vectors import read_vectors
from iota_py.pipeline import paths
from iota_py.pipeline.models.votes import region_labels
from iota_py.pipeline.reference.management import annual_codes
from iota_py.pipeline.reference.seasons import annual_season, renamed
from iota_py.pipeline.steps.extraction import extract
from iota_py.pipeline.steps.footprint import owned_part
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.annual import DRAW, away, kept_by_keys, majority, smallest_keys
from iota_py.samples.candidates import burn_polygons, burn_regions
from iota_py.samples.ledger import lost_classes
from iota_py.samples.split import LEARNING, VALIDATION, generator

ROWS = 512  # full-width bands, whatever the windows: the streams of the draw are named by them
PLACE = {"row": "int32", "col": "int32", "code": "int16", "region": "int32", "x": "float64", "y": "float64"}


def write_drawn(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`samples/<tile>/drawn.parquet`: pixels of the other year's map that may learn, with the key of each run that they are drawn by.

    Of each region and class those that the tile owns, at most as many as are wanted in all, for each run.
    """
    tile, annual = params["tile"], _section(ws)
    geobox, number = ws.geobox(tile), annual.number or 0
    crs = crs_text(geobox)
    polygons, regions = read_vectors(ws.path(paths.POLYGONS), "polygons").to_crs(crs), ws.regions(crs)
    keys, found = _keys(ws), [_no_pixels(ws)]
    for window in split(geobox.shape, (ROWS, geobox.shape[1])):
        classes = _allowed(ws, window.of(geobox), polygons)
        region = burn_regions(regions, window.of(geobox))
        rows, cols = np.nonzero((classes > 0) & (region > 0) & owned_part(ws, tile, window))
        pixels = _pixels(geobox, window, rows, cols).assign(code=classes[rows, cols], region=region[rows, cols])
        for run, key in enumerate(keys):
            stream = generator(ws.config.samples.split.seed + run, zlib.crc32(tile.encode()), window.row, DRAW)
            pixels[key] = stream.random(len(pixels))
        found.append(kept_by_keys(pixels[[*PLACE, *keys]], keys, number))
    write_table(ws.path(paths.drawn(tile)), kept_by_keys(pd.concat(found, ignore_index=True), keys, number).astype(PLACE))


def write_annual(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`samples/<tile>/annual.parquet`: samples of annual classes with their roles, and features of the year of their labels under the
    names of those of the run, date for date."""
    tile, season = params["tile"], annual_season(ws.config)
    pixels = _drawn_pixels(ws) if _section(ws).method == "last_map" else _polygon_pixels(ws)
    place = ws if season is None else ws.season(season)
    table = extract(place, tile, pixels[pixels.tile == tile].reset_index(drop=True))
    write_table(ws.path(paths.annual(tile)), renamed(table, place.feature_names, ws.feature_names))


def predicted_annual(ws: Workspace, run: int) -> pd.DataFrame:
    """Validation pixels of annual classes with the class that the model of their region gives them in the year of their labels.

    Columns as in the selection, and `mapped` uint8.
    """
    names, found = list(ws.feature_names), []
    for tile in sorted(ws.tiles):
        table = read_table(ws.path(paths.annual(tile)))
        table = table[table[f"run_{run}"] == VALIDATION]
        for region, group in table.groupby("region", sort=True):
            labels = region_labels(ws, int(str(region)), run, group[names].to_numpy(np.int16))
            found.append(group.drop(columns=names).assign(mapped=labels))
        found.append(table.iloc[:0].drop(columns=names).assign(mapped=np.uint8(0)))
    return pd.concat(found, ignore_index=True)


def check_annual(ws: Workspace) -> None:
    """Raise InputError E-ANN-009 when an annual class has no learning sample in a run, unless classes may be lost."""
    annual = ws.config.samples.annual
    if annual is None or ws.config.samples.allow_lost_classes:
        return
    expected = set(annual_codes(ws.config, ws.nomenclature))
    if annual.method == "previous_year":
        expected &= set(read_table(ws.path(paths.SPLIT)).code)
    roles = [f"run_{run}" for run in range(ws.runs)]
    samples = pd.concat([read_table(ws.path(paths.annual(tile)), ["code", *roles]) for tile in sorted(ws.tiles)])
    for run, role in enumerate(roles):
        lost = lost_classes(expected, set(samples.code[samples[role] == LEARNING]), ws.nomenclature)
        if lost:
            source = str(annual.map) if annual.method == "last_map" else ws.config.samples.where
            text = f"run {run} has no learning sample of {', '.join(lost)} in the year of their labels"
            fix = "lower threshold, distance or minimum_validity, or set samples.allow_lost_classes: true"
            raise InputError(Fault("E-ANN-009", source, "samples.annual", text, fix))


def _section(ws: Workspace) -> Annual:
    annual = ws.config.samples.annual
    assert annual is not None
    return annual


def _keys(ws: Workspace) -> list[str]:
    return [f"key_{run}" for run in range(ws.runs)]


def _no_pixels(ws: Workspace) -> pd.DataFrame:
    return pd.DataFrame({name: [] for name in (*PLACE, *_keys(ws))}).astype(PLACE | dict.fromkeys(_keys(ws), "float64"))


def _pixels(geobox: GeoBox, window: Window, rows: np.ndarray, cols: np.ndarray) -> pd.DataFrame:
    t, rows, cols = geobox.transform, rows + window.row, cols + window.col
    return pd.DataFrame({"row": rows, "col": cols, "x": t.c + (cols + 0.5) * t.a, "y": t.f + (rows + 0.5) * t.e})


def _allowed(ws: Workspace, box: GeoBox, polygons: gpd.GeoDataFrame) -> np.ndarray:
    """Annual class that a pixel of a window may be drawn with, uint8 (row, col), 0 for none.

    In the majority around it on the map, seen often enough, in no reference polygon, and away from those of permanent classes.
    """
    annual, codes = _section(ws), annual_codes(ws.config, ws.nomenclature)
    pixel = abs(box.transform.e), abs(box.transform.a)
    margin = max(annual.majority, int(np.ceil(annual.distance / min(pixel))))
    around = box.pad(margin) if margin else box
    inner = (slice(margin, around.shape[0] - margin), slice(margin, around.shape[1] - margin))
    classes = majority(_raster(str(annual.map), around), annual.majority)[inner]
    allowed = np.isin(classes, codes)
    if annual.validity is not None:
        allowed &= _raster(str(annual.validity), box, "int32") >= (annual.threshold or 0)
    near = polygons.iloc[polygons.sindex.query(around.extent.geom)]
    burnt = burn_polygons(near, around)
    covered = (burnt.polygon > 0) | burnt.conflict
    permanent = covered & ~np.isin(burnt.code, codes)
    allowed &= (away(permanent, annual.distance, pixel) & ~covered)[inner]
    return np.where(allowed, classes, 0).astype(np.uint8)


def _raster(path: str, box: GeoBox, dtype: str = "uint8") -> np.ndarray:
    return read_nearest(path, read_header(path).geobox, box, dtype).astype(dtype)


def _drawn_pixels(ws: Workspace) -> pd.DataFrame:
    """Pixels drawn over all the tiles, with their role in each run: no polygon, and each a number of its own below 0."""
    every = pd.concat([read_table(ws.path(paths.drawn(tile))).assign(tile=tile) for tile in sorted(ws.tiles)], ignore_index=True)
    for run, key in enumerate(_keys(ws)):
        every[f"run_{run}"] = np.where(smallest_keys(every, key, _section(ws).number or 0), LEARNING, 0).astype(np.int8)
    roles = [f"run_{run}" for run in range(ws.runs)]
    every = every[(every[roles] > 0).any(axis=1)].sort_values(["tile", "row", "col"], ignore_index=True).drop(columns=_keys(ws))
    return every.assign(polygon=(-1 - np.arange(len(every))).astype(np.int32))


def _polygon_pixels(ws: Workspace) -> pd.DataFrame:
    """Selected pixels of annual classes, of either role."""
    selection, roles = read_table(ws.path(paths.SELECTION)), [f"run_{run}" for run in range(ws.runs)]
    return selection[selection.code.isin(annual_codes(ws.config, ws.nomenclature)) & (selection[roles] > 0).any(axis=1)]
