"""Which pixels learn and which validate, with an account of every loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from iota_py.errors import Fault, InputError
from iota_py.io.tables import read_table, write_csv, write_table
from iota_py.io.vectors import read_vectors
from iota_py.pipeline import paths
from iota_py.pipeline.reference.choices import check_minimum, region_strategies, strategy_of
from iota_py.pipeline.reference.management import annual_codes
from iota_py.pipeline.reference.regions import PLACES, buffer_entries, check_parts, settle_lenders
from iota_py.pipeline.reference.splits import pixel_roles
from iota_py.pipeline.steps.reference import read_candidates, usable_candidates
from iota_py.pipeline.steps.series_table import write_table_samples
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.account import called
from iota_py.samples.candidates import CONFLICT
from iota_py.samples.ledger import COLUMNS as LEDGER_COLUMNS
from iota_py.samples.ledger import entries, lost_classes, polygon_entries
from iota_py.samples.selection import select
from iota_py.samples.split import LEARNING, VALIDATION, not_learnt, not_validated


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
        read_table(ws.path(paths.STEPS)).assign(run="", pixels=""),
        polygon_entries("polygons inside the tiles", polygons, names, nomenclature),
        entries("pixels inside polygons", pixels, names, nomenclature),
        entries(f"usable pixels (validity at least {samples.minimum_validity})", usable, names, nomenclature),
    ]
    usable, splits = _own_pixels(ws, usable), _own_pixels(ws, read_table(ws.path(paths.SPLIT)))
    strategy, by_region = strategy_of(samples.selection, nomenclature), region_strategies(samples.selection, names, nomenclature)
    notes: list[tuple[int, int, int]] = []
    unlearnt: list[tuple[int, int, int]] = []
    by_run: dict[int, pd.DataFrame] = {}
    for run in range(ws.runs):
        role = splits[f"run_{run}"]
        notes.extend((run, *pair) for pair in not_validated(splits, role))
        unlearnt.extend((run, *pair) for pair in not_learnt(splits, role))
        of_pixel = pixel_roles(ws.config.samples.split, usable, splits, run)
        learning = of_pixel == LEARNING
        chosen = np.zeros(len(usable), bool)
        chosen[learning] = select(usable[learning].reset_index(drop=True), strategy, samples.split.seed + run, by_region)
        usable[f"run_{run}"] = np.where(chosen, LEARNING, np.where(of_pixel == VALIDATION, VALIDATION, 0)).astype(np.int8)
        ledger.append(entries("learning pixels selected", usable[chosen], names, nomenclature, run))
        ledger.append(entries("validation pixels", usable[of_pixel == VALIDATION], names, nomenclature, run))
        by_run[run] = usable.loc[chosen, PLACES]
        ledger.append(buffer_entries(ws, by_run[run], run))
        _check_losses(ws, _own_pixels(ws, polygons), usable[chosen], run)
        check_minimum(ws, usable, usable[chosen], run)
    settle_lenders(ws, by_run)
    check_parts(ws, by_run)
    write_table(ws.path(paths.SELECTION), usable)
    ledger += [
        _noted(ws, "not validated: no polygon is left for validation", notes),
        _noted(ws, "not learnt: no learning polygon", unlearnt),
    ]
    write_csv(ws.path(paths.LEDGER), pd.concat(ledger, ignore_index=True))
    write_csv(ws.path(paths.LOSSES), _losses(ws, polygons, found))


def _own_pixels(ws: Workspace, frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of the classes that learn from pixels of the reference: not of those drawn from a map in their place."""
    annual = ws.config.samples.annual
    if annual is None or annual.method != "last_map":
        return frame
    return frame[~frame.code.isin(annual_codes(ws.config, ws.nomenclature))].reset_index(drop=True)


def _check_losses(ws: Workspace, polygons: pd.DataFrame, chosen: pd.DataFrame, run: int) -> None:
    source = ws.config.samples.where
    lost = lost_classes(set(polygons.code), set(chosen.code), ws.nomenclature)
    if lost and not ws.config.samples.allow_lost_classes:
        text = f"run {run} has no learning pixel of {', '.join(lost)}"
        fix = "lower minimum_validity, change the selection, add polygons, or set samples.allow_lost_classes: true"
        raise InputError(Fault("E-SAM-007", source, "samples", text, fix))


def _noted(ws: Workspace, step: str, notes: list[tuple[int, int, int]]) -> pd.DataFrame:
    """Rows of the ledger for classes of regions (run, region, code) that a draw leaves without polygons on one side."""
    names = ws.region_names
    rows = [(step, str(run), names.get(region, str(region)), code, ws.nomenclature[code].alias, 0, 0) for run, region, code in notes]
    return pd.DataFrame(rows, columns=LEDGER_COLUMNS)


def _losses(ws: Workspace, polygons: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """All that was dropped: with the polygons, and what only the pixels tell (polygons without a pixel, pixels in conflict)."""
    drops = read_table(ws.path(paths.DROPS))
    unseen = polygons[~polygons.polygon.isin(found.polygon)].sort_values(["source", "row"])
    small = called(unseen, len(ws.config.samples.places) > 1)
    conflicts = int((found.code == 0).sum())
    more = [("no pixel centre inside (too small, or unseen)", len(small), ", ".join(small[:8]))] if small else []
    more += [(CONFLICT, 0, f"{conflicts} pixels")] if conflicts else []
    return pd.concat([drops, pd.DataFrame(more, columns=drops.columns)], ignore_index=True)
