"""Features of the samples of a table: from series by the kernels that a map uses, or ready ones, stored by a scale of each run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from iota_py.config.tables import SensorColumns
from iota_py.errors import Fault, InputError
from iota_py.features.indices import IndexPlan, resolve
from iota_py.io.publish import read_json
from iota_py.pipeline import paths
from iota_py.pipeline.inputs.reading import optical_features
from iota_py.pipeline.inputs.recipe import Recipe, recipe_from_document
from iota_py.pipeline.reference.table_inventory import ready_columns, start_of, year_of
from iota_py.pipeline.reference.table_rows import TableRows, columns_of, series_frame, table_of
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.feature_table import BELOW, Storage, fit_storage, numbers, stored
from iota_py.samples.series import aligned_groups
from iota_py.samples.split import LEARNING
from iota_py.timeseries.dates import days


@dataclass(frozen=True, eq=False)
class TableSource:
    """Columns of one sensor of the table, and what is made of its series on these targets (int32 days)."""

    sensor: SensorColumns
    bands: tuple[str, ...]
    targets: np.ndarray
    indices: IndexPlan
    recipe: Recipe | None


def table_sources(ws: Workspace) -> list[TableSource]:
    """The sensors of the table, in order; with inputs, the one input of the map. E-SAM-011: a band of that input has no column."""
    table = table_of(ws.config)
    if not ws.tiles:
        return [_source(ws, layer) for layer in ws.summary["layers"]]
    source = ws.sources(ws.tiles[0])[0]
    (sensor,) = table.by_sensor.values()
    bands = source.series.bands
    if any(band not in sensor.bands for band in bands):
        text = f"the input has bands {', '.join(bands)}, the table gives {', '.join(sensor.bands)}"
        raise InputError(Fault("E-SAM-011", str(table.path), "samples.table.bands", text, "give a column for each band of the input"))
    return [TableSource(sensor, bands, source.targets, source.indices, source.recipe)]


def _source(ws: Workspace, layer: Mapping[str, Any]) -> TableSource:
    plan = resolve(layer["indices"], layer["roles"], tuple(layer["bands"]), wavelengths=layer["wavelengths"])
    targets = days([dt.date.fromisoformat(day) for day in layer["dates"]])
    sensor = table_of(ws.config).by_sensor[layer["input"]]
    return TableSource(sensor, tuple(layer["bands"]), targets, plan, recipe_from_document(layer["recipe"]))


def series_features(ws: Workspace, rows: TableRows, samples: pd.DataFrame) -> np.ndarray:
    """int16 (sample, feature), samples in the order of `samples` (`key`)."""
    return np.concatenate([_sensor_features(ws, source, rows, samples.key.to_numpy()) for source in table_sources(ws)], axis=1)


def _sensor_features(ws: Workspace, source: TableSource, rows: TableRows, keys: np.ndarray) -> np.ndarray:
    table, columns = table_of(ws.config), columns_of(table_of(ws.config), source.sensor)
    frame = series_frame(table, source.sensor, rows.frame, year_of(ws.config))
    frame = frame[frame[table.series].isin(keys)]
    names, values = [], []
    for group in aligned_groups(frame, columns, source.bands, start_of(ws.config, source.targets), source.sensor.scale):
        names.append(group.series)
        values.append(optical_features(group.values, group.valid, group.days, source.targets, source.indices, source.recipe))
    every = pd.Index(np.concatenate(names))
    return np.concatenate(values)[every.get_indexer(keys)]


def ready_features(ws: Workspace, rows: TableRows, samples: pd.DataFrame) -> np.ndarray:
    """float64 (sample, feature) as the table gives them, NaN where missing; of an indicator, 0 or 1."""
    columns = list(ready_columns(table_of(ws.config), rows).values())
    values = numbers(rows.frame.iloc[samples.row.to_numpy()], [name for name, _ in columns])
    indicators = [indicator for _, indicator in columns]
    values[:, indicators] = np.isnan(values[:, indicators])
    return values


def storage_document(ws: Workspace, rows: TableRows, samples: pd.DataFrame, values: np.ndarray) -> dict[str, Any]:
    """Storage of the columns in each run, fitted on its learning samples of all regions: name of the run -> scale, shift, fill."""
    table = table_of(ws.config)
    columns = list(ready_columns(table, rows).values())
    declared = {i: (1.0, 0.0) for i, (_, indicator) in enumerate(columns) if indicator}
    for i, (name, indicator) in enumerate(columns):
        if name in table.scales and not indicator:
            declared[i] = table.scales[name].scale, table.scales[name].shift
    found = {}
    for run in range(ws.runs):
        learning = values[(samples[f"run_{run}"] == LEARNING).to_numpy()]
        found[f"run_{run}"] = fit_storage(learning, declared, table.missing.fill).document()
    return found


def stored_table(ws: Workspace, table: pd.DataFrame, run: int) -> pd.DataFrame:
    """Samples of the table with their features as int16, as the model of a run takes them."""
    if table_of(ws.config).kind == "series":
        return table
    names = list(ws.feature_names)
    storage = Storage.from_document(read_json(ws.path(paths.TABLE_STORAGE))[f"run_{run}"])
    features = pd.DataFrame(stored(table[names].to_numpy(np.float64), storage), columns=names, index=table.index)
    return pd.concat([table.drop(columns=names), features], axis=1)


def missing_entries(names: list[str], values: np.ndarray, fill: str) -> list[tuple[str, int, str]]:
    """What the account of losses says of missing numbers, which are filled."""
    gaps = np.isnan(values).sum(axis=0)
    if not gaps.any():
        return []
    listed = ", ".join(f"{name} {count}" for name, count in zip(names, gaps) if count)
    how = "the median of the learning samples" if fill == "median" else f"a value below all ({BELOW})"
    return [(f"missing numbers, filled by {how}, kept", int(np.isnan(values).any(axis=1).sum()), listed)]
