"""Samples from a table: one row each, with its role in every run and its features; the split, the ledger, the losses."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from iota_py.errors import Fault, InputError
from iota_py.io.publish import write_json
from iota_py.io.tables import write_csv, write_table
from iota_py.pipeline import paths
from iota_py.pipeline.reference.choices import check_minimum, region_strategies, strategy_of
from iota_py.pipeline.reference.splits import roles_of_runs
from iota_py.pipeline.reference.table_rows import TableRows, read_rows, sample_frame, table_of
from iota_py.pipeline.steps.table_features import missing_entries, ready_features, series_features, storage_document
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.ledger import COLUMNS, entries, lost_classes
from iota_py.samples.selection import select
from iota_py.samples.split import LEARNING, VALIDATION, not_validated


def write_table_samples(ws: Workspace) -> None:
    """`samples/table.parquet`: one row per sample; `split.csv`, the ledger, the losses; of ready features, `storage.json` too.

    Features of series are int16, ready ones float64: each run stores them by scales of its own, fitted on what it learns from.
    """
    table, rows = table_of(ws.config), read_rows(table_of(ws.config))
    samples = sample_frame(ws.config, ws.nomenclature, rows)
    index_of = {name: index for index, name in ws.region_names.items()}
    samples["region"] = samples.zone.map(index_of) if not ws.config.inputs else 1
    ledger = _draw(ws, samples)
    losses = [(reason, count, "") for reason, count in rows.losses]
    losses += _ignored(ws, rows, samples)
    if table.kind == "series":
        features = series_features(ws, rows, samples)
    else:
        features = ready_features(ws, rows, samples)
        write_json(ws.path(paths.TABLE_STORAGE), storage_document(ws, rows, samples, features))
        losses += missing_entries(list(ws.feature_names), features, table.missing.fill)
    plain = samples.drop(columns=["key", "row", "zone"])
    write_table(ws.path(paths.TABLE_SAMPLES), pd.concat([plain, pd.DataFrame(features, columns=list(ws.feature_names))], axis=1))
    write_csv(ws.path(paths.SPLIT), plain.drop(columns=["order"]))
    write_csv(ws.path(paths.LEDGER), ledger)
    write_csv(ws.path(paths.LOSSES), pd.DataFrame(losses, columns=["reason", "polygons", "ids"]))


def _draw(ws: Workspace, samples: pd.DataFrame) -> pd.DataFrame:
    """Add the role of each sample in every run, `run_<k>`; the ledger."""
    section, names, nomenclature = ws.config.samples, ws.region_names, ws.nomenclature
    strategy, by_region = strategy_of(section.selection, nomenclature), region_strategies(section.selection, names, nomenclature)
    word = "series" if table_of(ws.config).kind == "series" else "samples"
    ledger, notes = [entries(f"{word} in the table", samples, names, nomenclature)], []
    for run, role in enumerate(_roles(ws, samples)):
        learning = (role == LEARNING).to_numpy()
        chosen = np.zeros(len(samples), bool)
        chosen[learning] = select(samples[learning].reset_index(drop=True), strategy, section.split.seed + run, by_region)
        check_minimum(ws, samples, samples[chosen], run)
        _check_losses(ws, samples, samples[chosen], run)
        validation = (role == VALIDATION).to_numpy()
        samples[f"run_{run}"] = np.where(chosen, LEARNING, np.where(validation, VALIDATION, 0)).astype(np.int8)
        for step, mask in ((f"learning {word} selected", chosen), (f"validation {word}", validation)):
            ledger.append(entries(step, samples[mask], names, nomenclature, run))
        notes += [
            (f"not validated: no {word} left for it", str(run), names[region], code, nomenclature[code].alias, 0, 0)
            for region, code in not_validated(samples, role)
        ]
    return pd.concat([*ledger, pd.DataFrame(notes, columns=COLUMNS)], ignore_index=True)


def _roles(ws: Workspace, samples: pd.DataFrame) -> list[pd.Series]:
    """Role of each sample in every run, as of polygons; the places of the samples stand for theirs."""
    table = table_of(ws.config)
    if table.x is None:
        return roles_of_runs(ws, samples, samples)[0]  # by polygon, by region or by a column: no place is looked at
    points = gpd.GeoDataFrame(samples, geometry=gpd.points_from_xy(samples.x, samples.y), crs=table.crs)
    return roles_of_runs(ws, points, samples)[0]


def _check_losses(ws: Workspace, samples: pd.DataFrame, chosen: pd.DataFrame, run: int) -> None:
    """A class or a region that nothing is left of stops the run. E-TBL-012, E-TBL-013."""
    source = str(table_of(ws.config).path)
    lost = lost_classes(set(samples.code), set(chosen.code), ws.nomenclature)
    if lost and not ws.config.samples.allow_lost_classes:
        text, fix = f"run {run} has no learning sample of {', '.join(lost)}", "change the split, or set samples.allow_lost_classes: true"
        raise InputError(Fault("E-TBL-012", source, "samples", text, fix))
    empty = [name for index, name in ws.region_names.items() if index not in set(chosen.region)]
    if empty:
        text = f"run {run} has no learning sample in region {', '.join(empty)}"
        raise InputError(Fault("E-TBL-013", source, "samples.table.region", text, "change the split, or keep other regions only"))


def _ignored(ws: Workspace, rows: TableRows, samples: pd.DataFrame) -> list[tuple[str, int, str]]:
    table = table_of(ws.config)
    every = rows.frame[table.key].nunique() if table.key else len(rows.frame)
    return [("label ignored by the configuration", every - len(samples), "")] if every > len(samples) else []
