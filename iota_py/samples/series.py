"""Ready series in a table become arrays: one row per series and date in, series that share their days together out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from iota_py.errors import Fault, InputError

DAYS_PER_YEAR = 365.25


@dataclass(frozen=True)
class SeriesColumns:
    """Columns of the table. bands: band of the input -> column."""

    series: str
    date: str
    label: str
    bands: Mapping[str, str]


@dataclass(frozen=True)
class SeriesGroup:
    """Series with the same days. series: their names; values: int16 (date, band, series); valid: bool (date, series); days: int32."""

    series: np.ndarray
    values: np.ndarray
    valid: np.ndarray
    days: np.ndarray


def check_columns(frame: pd.DataFrame, columns: SeriesColumns, source: str) -> None:
    """Raise InputError when a column is missing, or holds what is no name, no date or no number."""
    wanted = [columns.series, columns.date, columns.label, *columns.bands.values()]
    missing = [name for name in wanted if name not in frame.columns]
    if missing:
        text = f"no column {', '.join(missing)} (columns: {', '.join(map(str, frame.columns))})"
        raise InputError(Fault("E-SAM-009", source, "samples.table", text, "name the columns of the table"))
    dates = frame[columns.date]
    bad = {columns.series: frame[columns.series].isna(), columns.date: pd.to_datetime(dates, errors="coerce").isna()}
    if pd.api.types.is_numeric_dtype(dates):  # pandas would take them for nanoseconds since 1970
        bad[columns.date] = dates.notna()
    for name in columns.bands.values():
        bad[name] = pd.to_numeric(frame[name], errors="coerce").isna() & frame[name].notna()
    kinds = {columns.series: "names of series", columns.date: "dates"}
    faults = [
        Fault(
            "E-SAM-012", source, name, f"expected {kinds.get(name, 'numbers')}, found `{frame[name][wrong].iloc[0]}` in {wrong.sum()} rows"
        )
        for name, wrong in bad.items()
        if wrong.any()
    ]
    if faults:
        raise InputError(*faults)


def labels_of(frame: pd.DataFrame, columns: SeriesColumns, source: str) -> pd.Series:
    """Label of each series, in order of the series' names. Raises InputError when one series has several."""
    labels = frame.groupby(columns.series, sort=True)[columns.label]
    several = labels.nunique(dropna=False)
    if (several > 1).any():
        names = ", ".join(map(str, several.index[several > 1][:5]))
        raise InputError(Fault("E-SAM-010", source, columns.label, f"series with several labels: {names}", "give each series one label"))
    return labels.first()


def aligned_groups(
    frame: pd.DataFrame, columns: SeriesColumns, bands: Sequence[str], start: dt.date, scale: float
) -> Iterator[SeriesGroup]:
    """Series moved by whole years (of 365.25 days, rounded to the day) to the one that begins nearest to `start`, grouped by days.

    Stored value = round(value × scale), half to even; a missing value makes its date unusable.
    """
    names = [columns.bands[band] for band in bands]
    ordered = frame[[columns.series, columns.date, *names]].copy()
    ordered[columns.date] = pd.to_datetime(ordered[columns.date])
    ordered = ordered.sort_values([columns.series, columns.date], kind="stable", ignore_index=True)
    day = (ordered[columns.date] - pd.Timestamp("1970-01-01")).dt.days.to_numpy()
    first = pd.Series(day).groupby(ordered[columns.series].to_numpy()).transform("first").to_numpy()
    origin = (start - dt.date(1970, 1, 1)).days
    years = np.rint((origin - first) / DAYS_PER_YEAR)
    ordered["day"] = (day + np.rint(years * DAYS_PER_YEAR)).astype(np.int32)
    pattern = ordered.groupby(columns.series, sort=True)["day"].agg(tuple)
    for days, members in sorted(pattern.groupby(pattern).groups.items()):
        rows = ordered[ordered[columns.series].isin(members)]
        raw = rows[names].to_numpy(np.float64).reshape(len(members), len(days), len(bands))
        valid = np.isfinite(raw).all(axis=2)
        stored = np.clip(np.rint(np.where(np.isfinite(raw), raw, 0) * scale), -32768, 32767).astype(np.int16)
        yield SeriesGroup(np.array(members), stored.transpose(1, 2, 0).copy(), valid.T.copy(), np.array(days, np.int32))
