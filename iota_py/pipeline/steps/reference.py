"""Reference data: polygons cleaned, found on the tiles, split and selected, with an account of every loss."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from iota_py.config.schema import Selection
from iota_py.errors import Fault, InputError
from iota_py.grid.windows import Window, crs_text, split
from iota_py.io.tables import read_table, write_csv, write_table
from iota_py.io.vectors import read_vectors, write_gpkg
from iota_py.pipeline import paths
from iota_py.pipeline.steps.footprint import owned_part
from iota_py.pipeline.steps.series_table import write_table_samples
from iota_py.pipeline.workspace import Workspace
from iota_py.products.reader import read_valid
from iota_py.samples.candidates import CONFLICT, burn_polygons, burn_regions, candidates, candidates_frame
from iota_py.samples.ledger import COLUMNS as LEDGER_COLUMNS
from iota_py.samples.ledger import entries, lost_classes, polygon_entries
from iota_py.samples.polygons import clean_polygons, read_labels
from iota_py.samples.selection import Strategy, select
from iota_py.samples.split import LEARNING, VALIDATION, not_validated, split_by_polygon

WINDOW = 1024


def write_polygons(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`samples/polygons.gpkg` in the CRS of the map, and what was dropped in `samples/drops.csv`."""
    samples = ws.config.samples
    assert samples.polygons is not None
    source = str(samples.polygons)
    frame = read_vectors(samples.polygons, samples.layer)
    codes = read_labels(frame, samples.label, ws.nomenclature, samples.ignore, source)
    crs = crs_text(ws.grid)
    outlines = gpd.GeoSeries([ws.geobox(tile).extent.to_crs(crs).geom for tile in ws.tiles], crs=crs)
    clean = clean_polygons(frame, codes, outlines, ws.regions(crs), source)
    drops = clean.drops
    if clean.mended:
        mended = pd.DataFrame(
            [("mended (invalid geometry), kept", len(clean.mended), ", ".join(map(str, clean.mended[:8])))], columns=drops.columns
        )
        drops = pd.concat([drops, mended])
    write_csv(ws.path(paths.DROPS), drops)
    write_gpkg(ws.path(paths.POLYGONS), clean.frame, "polygons")


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
        near = polygons.iloc[polygons.sindex.query(box.extent.geom)]
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


def write_selection(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`samples/selection.parquet`: for each usable pixel its role in each run; the split by polygon; the ledger."""
    if ws.config.samples.table is not None:
        write_table_samples(ws)
        return
    samples, names, nomenclature = ws.config.samples, ws.region_names, ws.nomenclature
    polygons = read_vectors(ws.path(paths.POLYGONS), "polygons")
    found = read_candidates(ws)
    pixels = found[found.code > 0]
    usable = pixels[pixels.validity >= samples.minimum_validity].reset_index(drop=True)
    ledger = [
        polygon_entries("polygons inside the tiles", polygons, names, nomenclature),
        entries("pixels inside polygons", pixels, names, nomenclature),
        entries(f"usable pixels (validity at least {samples.minimum_validity})", usable, names, nomenclature),
    ]
    drawn = polygons[polygons.polygon.isin(usable.polygon.unique())].reset_index(drop=True)
    splits = drawn[["polygon", "code", "region"]].copy()
    notes: list[tuple[int, int, int]] = []
    for run in range(samples.split.runs):
        role = split_by_polygon(drawn, samples.split.ratio, samples.split.seed + run)
        splits[f"run_{run}"] = role
        notes.extend((run, *pair) for pair in not_validated(drawn, role))
        of_pixel = usable.polygon.map(dict(zip(drawn.polygon, role))).to_numpy()
        learning = of_pixel == LEARNING
        chosen = np.zeros(len(usable), bool)
        chosen[learning] = select(usable[learning].reset_index(drop=True), _strategy(samples.selection), samples.split.seed + run)
        usable[f"run_{run}"] = np.where(chosen, LEARNING, np.where(of_pixel == VALIDATION, VALIDATION, 0)).astype(np.int8)
        ledger.append(entries("learning pixels selected", usable[chosen], names, nomenclature, run))
        ledger.append(entries("validation pixels", usable[of_pixel == VALIDATION], names, nomenclature, run))
        _check_losses(ws, polygons, usable[chosen], run)
    write_table(ws.path(paths.SELECTION), usable)
    write_csv(ws.path(paths.SPLIT), splits)
    write_csv(ws.path(paths.LEDGER), pd.concat([*ledger, _not_validated(ws, notes)], ignore_index=True))
    write_csv(ws.path(paths.LOSSES), _losses(ws, polygons, found))


def _strategy(selection: Selection) -> Strategy:
    return Strategy(selection.strategy, selection.number, selection.percent, selection.table)


def _check_losses(ws: Workspace, polygons: pd.DataFrame, chosen: pd.DataFrame, run: int) -> None:
    source = str(ws.config.samples.polygons)
    lost = lost_classes(set(polygons.code), set(chosen.code), ws.nomenclature)
    if lost and not ws.config.samples.allow_lost_classes:
        text = f"run {run} has no learning pixel of {', '.join(lost)}"
        fix = "lower minimum_validity, change the selection, add polygons, or set samples.allow_lost_classes: true"
        raise InputError(Fault("E-SAM-007", source, "samples", text, fix))
    empty = [name for index, name in ws.region_names.items() if index not in set(chosen.region)]
    if empty:
        text = f"run {run} has no learning pixel in region {', '.join(empty)}, which the tiles touch"
        raise InputError(
            Fault("E-SAM-008", source, "samples.regions", text, "add polygons there, or cut the region out of the regions file")
        )


def _not_validated(ws: Workspace, notes: list[tuple[int, int, int]]) -> pd.DataFrame:
    step, names = "not validated: no polygon is left for validation", ws.region_names
    rows = [(step, str(run), names.get(region, str(region)), code, ws.nomenclature[code].alias, 0, 0) for run, region, code in notes]
    return pd.DataFrame(rows, columns=LEDGER_COLUMNS)


def _losses(ws: Workspace, polygons: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """All that was dropped: with the polygons, and what only the pixels tell (polygons without a pixel, pixels in conflict)."""
    drops = read_table(ws.path(paths.DROPS))
    small = sorted(set(polygons.polygon) - set(found.polygon))
    conflicts = int((found.code == 0).sum())
    more = [("no pixel centre inside (too small, or unseen)", len(small), ", ".join(map(str, small[:8])))] if small else []
    more += [(CONFLICT, 0, f"{conflicts} pixels")] if conflicts else []
    return pd.concat([drops, pd.DataFrame(more, columns=drops.columns)], ignore_index=True)
