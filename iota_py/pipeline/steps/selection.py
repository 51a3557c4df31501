"""Which pixels learn and which validate, with an account of every loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from iota_py.config.samples import Selection
from iota_py.errors import Fault, InputError
from iota_py.io.tables import read_table, write_csv, write_table
from iota_py.io.vectors import read_vectors
from iota_py.pipeline import paths
from iota_py.pipeline.steps.reference import read_candidates, usable_candidates
from iota_py.pipeline.steps.series_table import write_table_samples
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.candidates import CONFLICT
from iota_py.samples.ledger import COLUMNS as LEDGER_COLUMNS
from iota_py.samples.ledger import entries, lost_classes, polygon_entries
from iota_py.samples.selection import Strategy, select
from iota_py.samples.split import LEARNING, VALIDATION, not_validated


def write_selection(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`samples/selection.parquet`: for each usable pixel its role in each run; the ledger; the losses."""
    if ws.config.samples.table is not None:
        write_table_samples(ws)
        return
    samples, names, nomenclature = ws.config.samples, ws.region_names, ws.nomenclature
    polygons = read_vectors(ws.path(paths.POLYGONS), "polygons")
    found = read_candidates(ws)
    pixels = found[found.code > 0]
    usable = usable_candidates(ws, found)
    ledger = [
        polygon_entries("polygons inside the tiles", polygons, names, nomenclature),
        entries("pixels inside polygons", pixels, names, nomenclature),
        entries(f"usable pixels (validity at least {samples.minimum_validity})", usable, names, nomenclature),
    ]
    splits = read_table(ws.path(paths.SPLIT))
    notes: list[tuple[int, int, int]] = []
    for run in range(ws.runs):
        role = splits[f"run_{run}"]
        notes.extend((run, *pair) for pair in not_validated(splits, role))
        of_pixel = usable.polygon.map(dict(zip(splits.polygon, role))).to_numpy()
        learning = of_pixel == LEARNING
        chosen = np.zeros(len(usable), bool)
        chosen[learning] = select(usable[learning].reset_index(drop=True), _strategy(samples.selection), samples.split.seed + run)
        usable[f"run_{run}"] = np.where(chosen, LEARNING, np.where(of_pixel == VALIDATION, VALIDATION, 0)).astype(np.int8)
        ledger.append(entries("learning pixels selected", usable[chosen], names, nomenclature, run))
        ledger.append(entries("validation pixels", usable[of_pixel == VALIDATION], names, nomenclature, run))
        _check_losses(ws, polygons, usable[chosen], run)
    write_table(ws.path(paths.SELECTION), usable)
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
