"""Samples from a table of ready series, taken onto the dates of the map."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from iota_py.errors import Fault, InputError
from iota_py.io.tables import read_table, write_csv, write_table
from iota_py.pipeline import paths
from iota_py.pipeline.reading import optical_features
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.ledger import entries
from iota_py.samples.polygons import read_labels
from iota_py.samples.selection import Strategy, select
from iota_py.samples.series import SeriesColumns, aligned_groups, check_columns, labels_of
from iota_py.samples.split import LEARNING, VALIDATION, split_by_polygon


def write_table_samples(ws: Workspace) -> None:
    """`samples/table.parquet`: one row per series with its role in each run and its features; split, ledger, losses."""
    samples, table = ws.config.samples, ws.config.samples.table
    assert table is not None
    source = str(table.path)
    frame = read_table(table.path)
    columns = SeriesColumns(table.series, table.date, table.label, table.bands)
    check_columns(frame, columns, source)
    labels = labels_of(frame, columns, source)
    codes = read_labels(labels.rename(table.label).reset_index(), table.label, ws.nomenclature, samples.ignore, source)
    kept = labels.index[codes.to_numpy() > 0]
    frame = frame[frame[table.series].isin(kept)]
    names, features = _features(ws, frame, columns)
    code_of = dict(zip(labels.index, codes))
    rows = pd.DataFrame({"polygon": np.arange(len(names)), "series": names.astype(str), "code": [code_of[n] for n in names], "region": 1})
    rows["order"] = np.arange(len(rows))
    parts = []
    for run in range(samples.split.runs):
        role = split_by_polygon(rows, samples.split.ratio, samples.split.seed + run)
        learning = (role == LEARNING).to_numpy()
        chosen = np.zeros(len(rows), bool)
        strategy = Strategy(samples.selection.strategy, samples.selection.number, samples.selection.percent, samples.selection.table)
        chosen[learning] = select(rows[learning].reset_index(drop=True), strategy, samples.split.seed + run)
        rows[f"run_{run}"] = np.where(chosen, LEARNING, np.where(role == VALIDATION, VALIDATION, 0)).astype(np.int8)
        for step, mask in (("learning series selected", chosen), ("validation series", role.to_numpy() == VALIDATION)):
            parts.append(entries(step, rows[mask], ws.region_names, ws.nomenclature, run))
    ledger = pd.concat([entries("series in the table", rows, ws.region_names, ws.nomenclature), *parts], ignore_index=True)
    ignored = len(labels) - len(kept)
    losses = [("label ignored by the configuration", ignored, "")] if ignored else []
    write_table(ws.path(paths.TABLE_SAMPLES), pd.concat([rows, pd.DataFrame(features, columns=list(ws.feature_names))], axis=1))
    write_csv(ws.path(paths.SPLIT), rows.drop(columns=["order"]))
    write_csv(ws.path(paths.LEDGER), ledger)
    write_csv(ws.path(paths.LOSSES), pd.DataFrame(losses, columns=["reason", "polygons", "ids"]))


def _features(ws: Workspace, frame: pd.DataFrame, columns: SeriesColumns) -> tuple[np.ndarray, np.ndarray]:
    """Names of the series in order, and their features int16 (series, feature), by the kernel that the map uses."""
    table = ws.config.samples.table
    assert table is not None
    source = ws.sources(ws.tiles[0])[0]
    bands = source.series.bands
    missing = [band for band in bands if band not in table.bands]
    if missing:
        text = f"the input has bands {', '.join(bands)}, the table gives {', '.join(table.bands)}"
        raise InputError(Fault("E-SAM-011", str(table.path), "samples.table.bands", text, "give a column for each band of the input"))
    start = dt.date(1970, 1, 1) + dt.timedelta(days=int(source.targets[0]))
    found = []
    for group in aligned_groups(frame, columns, bands, start, table.scale):
        values = optical_features(group.values, group.valid, group.days, source.targets, source.indices, source.recipe)
        found.append((group.series, values))
    names = np.concatenate([series for series, _ in found])
    order = np.argsort(names, kind="stable")
    return names[order], np.concatenate([values for _, values in found])[order]
