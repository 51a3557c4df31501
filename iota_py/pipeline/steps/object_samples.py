"""Segments that learn: those that are pure and meet no validation polygon, with an account of every loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from odc.geo.geobox import GeoBox

from iota_py.errors import Fault, InputError
from iota_py.grid.windows import Window, crs_text, split
from iota_py.io.raster import read_window
from iota_py.io.tables import read_table, read_table_parts, write_csv, write_table
from iota_py.io.vectors import read_vectors
from iota_py.pipeline import paths
from iota_py.pipeline.reference.choices import region_strategies, strategy_of
from iota_py.pipeline.reference.regions import of_region, source_region
from iota_py.pipeline.reference.splits import pixel_roles
from iota_py.pipeline.steps.reference import read_candidates, usable_candidates
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.candidates import burn_polygons
from iota_py.samples.ledger import COLUMNS as LEDGER_COLUMNS
from iota_py.samples.ledger import entries, lost_classes
from iota_py.samples.segments import CLEAR, PURE, TOUCHED, reach
from iota_py.samples.selection import select, too_few
from iota_py.samples.split import LEARNING, VALIDATION

WINDOW = 1024  # pixels on a side of what is looked at together
KEYS = ["segment", "region", "row", "col", "x", "y", "pixels"]
_STEPS = {TOUCHED: "segments that meet learning polygons", CLEAR: "segments that no validation polygon meets"}
_COUNTED = "(counted in place of pixels)"


def write_learning_objects(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`samples/<tile>/segments.parquet`: segments that meet learning polygons, with how far each comes in every run (`reached_<k>`); and
    `objects.parquet`: those that are pure in some run, with their features."""
    tile = params["tile"]
    keys = read_table(ws.path(paths.objects(tile)), KEYS).astype({"segment": np.int64})
    pixels = usable_candidates(ws, read_candidates(ws, [tile]))
    pixels["segment"] = _segments_at(ws, tile, pixels)
    splits, pixels = read_table(ws.path(paths.SPLIT)), pixels[pixels.segment > 0].reset_index(drop=True)
    kept = _kept_segments(ws, tile, splits)
    size, found = keys.set_index("segment").pixels, []
    for run in range(ws.runs):
        learning = pixels[pixel_roles(ws.config.samples.split, pixels, splits, run) == LEARNING]
        found.append(reach(learning, size, kept[run], params["purity"]).assign(run=run))
    every = pd.concat(found, ignore_index=True).merge(keys, on="segment").sort_values(["run", "segment"], ignore_index=True)
    every.insert(0, "tile", tile)
    write_table(ws.path(paths.learning_segments(tile)), every)
    pure = np.unique(every.segment[every.reached == PURE])
    parts = [part[part.segment.isin(pure)] for part in read_table_parts(ws.path(paths.objects(tile)))]
    write_table(ws.path(paths.learning_objects(tile)), pd.concat(parts, ignore_index=True))


def _segments_at(ws: Workspace, tile: str, pixels: pd.DataFrame) -> np.ndarray:
    """Number of the segment of each pixel (`row`, `col`), int64, 0 for none."""
    found, width = np.zeros(len(pixels), np.int64), int(ws.geobox(tile).shape[1])
    rows, cols = pixels.row.to_numpy(), pixels.col.to_numpy()
    for start in np.unique(rows // WINDOW) * WINDOW:
        here = (rows >= start) & (rows < start + WINDOW)
        band = read_window(str(ws.path(paths.segments(tile))), Window(int(start), 0, int(rows[here].max() - start) + 1, width))
        found[here] = band[rows[here] - start, cols[here]]
    return found


def _kept_segments(ws: Workspace, tile: str, splits: pd.DataFrame) -> list[np.ndarray]:
    """For each run, numbers of the segments with the centre of a pixel in a polygon that validates, whatever else lies there."""
    geobox: GeoBox = ws.geobox(tile)
    polygons = read_vectors(ws.path(paths.POLYGONS), "polygons").to_crs(crs_text(geobox))
    validating = [splits.polygon[splits[f"run_{run}"] == VALIDATION] for run in range(ws.runs)]
    found: list[list[np.ndarray]] = [[] for _ in validating]
    for window in split(geobox.shape, (WINDOW, WINDOW)):
        box = window.of(geobox)
        near = polygons.iloc[np.sort(polygons.sindex.query(box.pad(1).extent.geom))]
        if near.empty:
            continue
        segments = read_window(str(ws.path(paths.segments(tile))), window)
        for run, kept in enumerate(validating):
            found[run].append(np.unique(segments[_inside(near[near.polygon.isin(kept)], box)]))
    return [np.unique(np.concatenate([*parts, np.zeros(0, np.uint32)])) for parts in found]


def _inside(polygons: gpd.GeoDataFrame, box: GeoBox) -> np.ndarray:
    """Pixels of a grid whose centre is in one of the polygons, bool (row, col)."""
    burnt = burn_polygons(polygons, box)
    return np.asarray((burnt.polygon > 0) | burnt.conflict)


def write_object_selection(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`samples/objects.parquet`: the pure segments, `run_<k>` LEARNING for those that `samples.selection` chooses in a run; and
    `samples/objects.csv`, rows of the ledger. Raises InputError: E-OBJ-020 a class without a segment, E-OBJ-021 a region without one,
    E-OBJ-022 fewer than asked."""
    tiles = [read_table(ws.path(paths.learning_segments(tile))) for tile in sorted(ws.tiles)]
    found = pd.concat(tiles, ignore_index=True).sort_values(["run", "tile", "segment"], ignore_index=True)
    selection = ws.config.samples.selection
    rules = strategy_of(selection, ws.nomenclature), region_strategies(selection, ws.region_names, ws.nomenclature)
    ledger, chosen = [pd.DataFrame(columns=LEDGER_COLUMNS)], []
    for run in range(ws.runs):
        own = found[found.run == run]
        for least, step in _STEPS.items():
            ledger.append(_entries(ws, step, own[own.reached >= least], run))
        pure = own[own.reached == PURE].reset_index(drop=True)
        ledger.append(_entries(ws, f"segments with at least {_purity(ws):g} of their pixels in the class", pure, run))
        learning = pure[select(pure, rules[0], ws.config.samples.split.seed + run, rules[1])]
        ledger.append(_entries(ws, "learning segments selected", learning, run))
        _check(ws, learning, pure, run)
        chosen.append(learning)
    write_table(ws.path(paths.OBJECT_SELECTION), pd.concat(chosen, ignore_index=True).drop(columns="reached"))
    write_csv(ws.path(paths.OBJECT_LEDGER), pd.concat([part for part in ledger if len(part)], ignore_index=True))


def _entries(ws: Workspace, step: str, segments: pd.DataFrame, run: int) -> pd.DataFrame:
    return entries(f"{step} {_COUNTED}", segments, ws.region_names, ws.nomenclature, run)


def _purity(ws: Workspace) -> float:
    assert ws.config.objects is not None
    return ws.config.objects.purity


def _check(ws: Workspace, learning: pd.DataFrame, pure: pd.DataFrame, run: int) -> None:
    """Refuse a run in which a class, or a region, has no segment to learn from, or fewer than asked."""
    where, names, selection = ws.config.samples.where, ws.region_names, ws.config.samples.selection
    fix = "make segments smaller, lower objects.purity, or add polygons"
    pixels = read_table(ws.path(paths.SELECTION), ["code", "region", f"run_{run}"])
    pixels = pixels[pixels[f"run_{run}"] == LEARNING]
    lost = lost_classes(set(pixels.code), set(learning.code), ws.nomenclature)
    if lost and not ws.config.samples.allow_lost_classes:
        text = f"run {run} has learning pixels of {', '.join(lost)}, and no segment that is pure enough"
        raise InputError(Fault("E-OBJ-020", where, "objects", text, f"{fix}, or set samples.allow_lost_classes: true"))
    for region in names:
        if of_region(ws, learning, source_region(ws, region, run)).empty:
            text = f"run {run} has no learning segment in region {names[source_region(ws, region, run)]}"
            raise InputError(Fault("E-OBJ-021", where, "objects", text, fix))
    least = {index: selection.choice(name).minimum or 0 for index, name in names.items()}
    few = too_few(pixels, learning, least)
    if len(few) and not selection.allow_fewer:
        short = [f"{ws.nomenclature[code].alias} in {names[region]}: {n} of {asked}" for region, code, asked, n in few.to_numpy().tolist()]
        text = f"run {run} has fewer learning segments than asked: {'; '.join(short)}"
        raise InputError(Fault("E-OBJ-022", where, "samples.selection.minimum", text, fix))
