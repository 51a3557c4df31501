"""The samples of a table: one row each, with its label, its region and what it is split by, whatever the form of the table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from iota_py.config.schema import RunConfig
from iota_py.config.tables import SampleTable, SensorColumns
from iota_py.errors import Fault, InputError
from iota_py.io.tables import read_table, read_texts
from iota_py.nomenclature import Nomenclature, label_text
from iota_py.samples.labels import read_labels
from iota_py.samples.relabel import relabel_table, unknown_targets
from iota_py.samples.series import SeriesColumns, check_columns, long_form

WHOLE = "all"  # name of the one region of a table without regions


@dataclass(frozen=True, eq=False)
class TableRows:
    """frame: rows of the table that are kept, with what was joined to them. losses: reason, number."""

    frame: pd.DataFrame
    losses: tuple[tuple[str, int], ...]


def table_of(config: RunConfig) -> SampleTable:
    """The section of the table."""
    assert config.samples.table is not None
    return config.samples.table


def read_rows(table: SampleTable) -> TableRows:
    """Read a table, keep the rows asked for, and join what is to be joined. Raises InputError: E-TBL-006, E-TBL-007."""
    frame, losses = read_table(table.path), []
    if table.join is not None:
        whole, frame = frame, _joined(frame, table)
        losses.append((f"rows without a partner in {table.join.path.name}", len(whole) - len(frame)))
    for column, values in table.keep.items():
        _need(frame, [column], str(table.path), "samples.table.keep")
        whole, wanted = frame, {label_text(value) for value in values}
        frame = frame[frame[column].map(label_text).isin(wanted)]
        losses.append((f"rows with another {column} than those kept", len(whole) - len(frame)))
    if frame.empty:
        text = "no row is left: " + "; ".join(f"{count} {reason}" for reason, count in losses if count)
        raise InputError(Fault("E-TBL-006", str(table.path), "samples.table", text, "look at `join` and `keep`"))
    return TableRows(frame.reset_index(drop=True), tuple((reason, count) for reason, count in losses if count))


def _joined(frame: pd.DataFrame, table: SampleTable) -> pd.DataFrame:
    """Rows that have a partner, with its columns; those that both have are the table's."""
    assert table.join is not None
    on, other = table.join.on, read_table(table.join.path)
    for part, path in ((frame, table.path), (other, table.join.path)):
        _need(part, [on], str(path), "samples.table.join.on")
    if other[on].duplicated().any():
        text = f"{on} {other[on][other[on].duplicated()].iloc[0]} is there several times"
        raise InputError(Fault("E-TBL-007", str(table.join.path), on, text, "give each sample one row there"))
    fresh = [name for name in other.columns if name == on or name not in frame.columns]
    key = "__key"
    left, right = frame.assign(**{key: frame[on].map(label_text)}), other[fresh].assign(**{key: other[on].map(label_text)})
    return left.merge(right.drop(columns=on), on=key, how="inner", sort=False).drop(columns=key)


def _need(frame: pd.DataFrame, names: list[str], source: str, where: str) -> None:
    missing = [name for name in names if name not in frame.columns]
    if missing:
        text = f"no column {', '.join(missing)} (columns: {', '.join(map(str, frame.columns))})"
        raise InputError(Fault("E-TBL-001", source, where, text, "name columns of the table, or of the one joined to it"))


def columns_of(table: SampleTable, sensor: SensorColumns) -> SeriesColumns:
    """Columns of the series of a sensor."""
    return SeriesColumns(table.series, table.date, table.label, sensor.bands)


def series_frame(table: SampleTable, sensor: SensorColumns, frame: pd.DataFrame, year: int) -> pd.DataFrame:
    """The series of a sensor, one row per series and date, numbers that mean nothing left empty. Raises InputError as its parts do."""
    columns, source = columns_of(table, sensor), str(table.path)
    if table.wide:
        frame = long_form(frame, columns, year, source)
    check_columns(frame, columns, source)
    if sensor.nodata is None:
        return frame
    return frame.assign(**{name: frame[name].where(frame[name] != sensor.nodata) for name in sensor.bands.values()})


def sample_frame(config: RunConfig, nomenclature: Nomenclature, rows: TableRows) -> pd.DataFrame:
    """One row per sample that has a class, in the order of their names.

    Columns: `polygon` (from 0), `series` (its name, text), `key` (as in the table), `code`, `zone` (name of the region), `order`; `x` and `y`,
    and `group` (what it is split by), where the configuration names them. `row`: of the first row of the sample in the table.
    Raises InputError: E-SAM-001 to E-SAM-003 of labels, E-TBL-001 a column is missing, E-TBL-004 a sample has several values of what it
    can have one of, E-TBL-008 a value is missing.
    """
    table, source = table_of(config), str(table_of(config).path)
    wanted = {"zone": table.region, "x": table.x, "y": table.y, "group": config.samples.split.field}
    named = {ours: theirs for ours, theirs in wanted.items() if theirs is not None}
    _need(rows.frame, [*([table.key] if table.key else []), *named.values()], source, "samples.table")
    first = _first_rows(table, rows.frame, [table.label, *named.values()], source)
    codes = read_labels(first, table.label, nomenclature, config.samples.ignore, source, _relabelling(config, nomenclature)).to_numpy()
    first = first[codes > 0]
    key = first[table.key].to_numpy() if table.key else first.index.to_numpy()
    found = pd.DataFrame({"polygon": np.arange(len(first)), "series": [label_text(k) for k in key], "key": key, "code": codes[codes > 0]})
    found["zone"], found["row"] = WHOLE, first.index.to_numpy()
    for ours, theirs in named.items():
        _refuse_gaps(first, theirs, source)
        values = first[theirs]
        found[ours] = values.to_numpy(float) if ours in ("x", "y") else [label_text(value) for value in values]
    return found.assign(order=found.polygon)


def _relabelling(config: RunConfig, nomenclature: Nomenclature) -> dict[str, str] | None:
    """Label of the table -> class. Raises InputError E-SAM-020 to E-SAM-022."""
    given = config.samples.relabel
    if given is None:
        return None
    where = str(given) if isinstance(given, Path) else config.name
    table = relabel_table(read_texts(given), where) if isinstance(given, Path) else dict(given)
    faults = unknown_targets(table, nomenclature, where)
    if faults:
        raise InputError(*faults)
    return table


def _first_rows(table: SampleTable, frame: pd.DataFrame, constant: list[str], source: str) -> pd.DataFrame:
    """The first row of each sample, by name. What is one for a sample must be the same in all its rows."""
    _need(frame, [table.label], source, "samples.table.label")
    if table.key is None:
        return frame
    if table.kind == "features" and frame[table.key].duplicated().any():
        text = f"sample {frame[table.key][frame[table.key].duplicated()].iloc[0]} has several rows"
        raise InputError(Fault("E-TBL-003", source, table.key, text, "give each sample one row, or leave `id` out"))
    for column in dict.fromkeys(constant):
        several = frame.groupby(table.key, sort=True)[column].nunique(dropna=False)
        if (several > 1).any():
            names = ", ".join(map(str, several.index[several > 1][:5]))
            text = f"several values in one series: {names}"
            code = "E-SAM-010" if column == table.label else "E-TBL-004"
            raise InputError(Fault(code, source, column, "series with several labels: " + names if column == table.label else text))
    return frame.drop_duplicates(table.key).sort_values(table.key, kind="stable")


def _refuse_gaps(frame: pd.DataFrame, column: str, source: str) -> None:
    empty = frame[column].isna()
    if empty.any():
        text = f"{empty.sum()} samples have no value, the first in row {frame.index[empty][0]}"
        raise InputError(Fault("E-TBL-008", source, column, text, "fill it in, or keep other rows only (samples.table.keep)"))
