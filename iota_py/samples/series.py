"""Ready series in a table become arrays: one row per series and date in, series that share their days together out."""

from __future__ import annotations

import datetime as dt
import re
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
        raise InputError(_no_column(frame, missing, source))
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


def long_form(frame: pd.DataFrame, columns: SeriesColumns, year: int, source: str) -> pd.DataFrame:
    """One row per series and date, from one row per series whose bands have a column for each date.

    columns: its bands are patterns, which hold `{date}` (2018-01-31, 20180131), `{doy}` (day of `year`, from 1) or `{month}` (its 15th day
    in `year`). The bands of the result are columns of these names. A date that a band lacks is missing there. Raises InputError:
    E-TBL-002 no column fits a pattern, or one names no day; E-TBL-003 a series in several rows.
    """
    if columns.series not in frame.columns:
        raise InputError(_no_column(frame, [columns.series], source))
    twice = frame[columns.series][frame[columns.series].duplicated()]
    if len(twice):
        text = f"{twice.nunique()} series have several rows, the first {twice.iloc[0]}"
        raise InputError(Fault("E-TBL-003", source, columns.series, text, "where columns are dates, give each series one row"))
    dated = {pattern: _dated_columns(frame, pattern, year, source) for pattern in columns.bands.values()}
    kept = [columns.series, columns.label]
    parts = []
    for day in sorted({day for found in dated.values() for day in found}):
        values = {pattern: frame[found[day]] if day in found else np.nan for pattern, found in dated.items()}
        parts.append(frame[[name for name in kept if name in frame.columns]].assign(**{columns.date: pd.Timestamp(day), **values}))
    return pd.concat(parts, ignore_index=True)


def _dated_columns(frame: pd.DataFrame, pattern: str, year: int, source: str) -> dict[dt.date, str]:
    """Day -> column, of the columns that fit a pattern."""
    mark = next(name for name in _MARKS if f"{{{name}}}" in pattern)
    before, after = pattern.split(f"{{{mark}}}")
    expression = re.compile(re.escape(before) + f"({_MARKS[mark]})" + re.escape(after))
    found: dict[dt.date, str] = {}
    for name in map(str, frame.columns):
        match = expression.fullmatch(name)
        if match is None:
            continue
        try:
            day = _day_of(mark, match[1], year)
        except ValueError as error:
            raise InputError(Fault("E-TBL-002", source, name, f"`{match[1]}` is no {mark}", f"the pattern is {pattern}")) from error
        found[day] = name
    if not found:
        text = f"no column is like `{pattern}` (columns: {_some(frame.columns)})"
        raise InputError(
            Fault("E-TBL-002", source, "samples.table.bands", text, "name the columns, with their date as {date}, {doy} or {month}")
        )
    return found


_MARKS = {"date": r"\d{4}-?\d{2}-?\d{2}", "doy": r"\d{1,3}", "month": r"\d{1,2}"}


def _day_of(mark: str, text: str, year: int) -> dt.date:
    if mark == "date":
        return dt.date.fromisoformat(text)
    if mark == "month":
        return dt.date(year, int(text), 15)
    day = dt.date(year, 1, 1) + dt.timedelta(days=int(text) - 1)
    if day.year != year and int(text) != 366:
        raise ValueError(text)
    return day


def common_days(frame: pd.DataFrame, columns: SeriesColumns, start: dt.date | None) -> np.ndarray:
    """Days int32 (date,) that most series have once they are moved to begin nearest to `start` (None: the first day of the table).

    Of several sets of days as frequent, the earliest.
    """
    counts = _days_by_series(_aligned(frame, columns, start)).value_counts()
    best = min((-count, days) for days, count in counts.items())[1]
    return np.array(best, np.int32)


def aligned_groups(
    frame: pd.DataFrame, columns: SeriesColumns, bands: Sequence[str], start: dt.date | None, scale: float
) -> Iterator[SeriesGroup]:
    """Series moved by whole years (of 365.25 days, rounded to the day) to the one that begins nearest to `start`, grouped by days.

    Stored value = round(value × scale), half to even; a missing value makes its date unusable.
    """
    names = [columns.bands[band] for band in bands]
    ordered = _aligned(frame, columns, start)
    pattern = _days_by_series(ordered)
    by_series = ordered.set_index(columns.series)[names]
    for days, members in sorted(pattern.groupby(pattern).groups.items()):
        raw = by_series.loc[members].to_numpy(np.float64).reshape(len(members), len(days), len(bands))
        valid = np.isfinite(raw).all(axis=2)
        stored = np.clip(np.rint(np.where(np.isfinite(raw), raw, 0) * scale), -32768, 32767).astype(np.int16)
        yield SeriesGroup(np.array(members), stored.transpose(1, 2, 0).copy(), valid.T.copy(), np.array(days, np.int32))


def _aligned(frame: pd.DataFrame, columns: SeriesColumns, start: dt.date | None) -> pd.DataFrame:
    """Series, `day` (days since 1970-01-01, after the move) and bands, in order of series and date."""
    ordered = frame[[columns.series, columns.date, *columns.bands.values()]].copy()
    ordered[columns.date] = pd.to_datetime(ordered[columns.date])
    ordered = ordered.sort_values([columns.series, columns.date], kind="stable", ignore_index=True)
    day = (ordered[columns.date] - pd.Timestamp("1970-01-01")).dt.days.to_numpy()
    first = pd.Series(day).groupby(ordered[columns.series].to_numpy()).transform("first").to_numpy()
    origin = int(day.min()) if start is None else (start - dt.date(1970, 1, 1)).days
    years = np.rint((origin - first) / DAYS_PER_YEAR)
    ordered["day"] = (day + np.rint(years * DAYS_PER_YEAR)).astype(np.int32)
    return ordered


def _days_by_series(aligned: pd.DataFrame) -> pd.Series:
    series = aligned.columns[0]
    return aligned.groupby(series, sort=True)["day"].agg(tuple)


def _no_column(frame: pd.DataFrame, names: Sequence[str], source: str) -> Fault:
    text = f"no column {', '.join(names)} (columns: {_some(frame.columns)})"
    return Fault("E-SAM-009", source, "samples.table", text, "name the columns of the table")


def _some(names: Sequence[object], shown: int = 40) -> str:
    more = f", … ({len(names)} in all)" if len(names) > shown else ""
    return ", ".join(map(str, list(names)[:shown])) + more
