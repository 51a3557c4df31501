"""How numbers and tables are written in the report. A value that is not defined is written in words, never as a number."""

from __future__ import annotations

import datetime
import math
import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

UNDEFINED = "undefined"
_THIN_SPACE = "\u202f"
_GROUPED_FROM = 10_000


@dataclass(frozen=True)
class Cell:
    """One cell of a table: its text, and whether it is a number (set on the right)."""

    text: str
    number: bool


@dataclass(frozen=True)
class Cells:
    """A table ready for the page. headings: (text, whether the column holds numbers)."""

    headings: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[Cell, ...], ...]


def score(value: float | None) -> str:
    """A score with three decimals."""
    return UNDEFINED if _missing(value) else f"{value:.3f}"


def spread(entry: Mapping[str, Any]) -> str:
    """Mean ± half-width of an `interval`, the mean alone where there is none; says how many draws count where some are undefined."""
    text = score(entry["mean"])
    if not _missing(entry["half_width"]):
        text += f" ± {score(entry['half_width'])}"
    if entry["undefined"] and entry["n"]:
        text += f" ({entry['n']} of {entry['n'] + entry['undefined']} draws)"
    return text


def count(value: float | None) -> str:
    """A whole number, its thousands apart from 10 000 on (so that years stay years)."""
    if _missing(value):
        return UNDEFINED
    whole = round(value)
    return f"{whole:,}".replace(",", _THIN_SPACE) if abs(whole) >= _GROUPED_FROM else str(whole)


def short_count(value: int) -> str:
    """A count on at most five characters, three digits where it is shortened: 950, 8431, 12.3k, 123k, 1.23M."""
    if value < _GROUPED_FROM:
        return str(value)
    rounded = float(f"{value:.2e}")
    unit, suffix = next((unit, suffix) for unit, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")) if rounded >= unit)
    return f"{rounded / unit:.3g}{suffix}"


def hectares(value: float | None) -> str:
    """An area, with one decimal below 100 ha."""
    return f"{value:.1f}" if not _missing(value) and abs(value) < 100 else count(value)


def signed_hectares(value: float) -> str:
    """A gain or a loss of area with its sign; one that would be written 0.0 without being it, as smaller than 0.1."""
    text = hectares(abs(value))
    if value == 0 or text == UNDEFINED:
        return text
    if text == "0.0":
        return "<0.1" if value > 0 else ">−0.1"
    return f"{'+' if value > 0 else '−'}{text}"


def percent(value: float | None) -> str:
    """A share 0-1 as a percentage."""
    return UNDEFINED if _missing(value) else f"{100 * value:.1f}{_THIN_SPACE}%"


def duration(seconds: float | None) -> str:
    """Seconds as a person says them."""
    if _missing(seconds):
        return UNDEFINED
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def verdict_line(metrics: Mapping[str, Any] | None) -> str:
    """The result in one line, from the content of metrics.json."""
    if metrics is None:
        return "not assessed: nothing was held out for validation"
    runs, unit = metrics["runs"], metrics.get("unit", "polygons")
    draws = metrics.get("draws") or (f"one draw of {unit}" if runs == 1 else f"{runs} draws of {unit}")
    over = f"{draws}, without interval" if runs == 1 else draws
    rest = f"kappa {spread(metrics['kappa'])}, mean F1 {spread(metrics['f1_macro'])}"
    return f"overall accuracy {spread(metrics['overall_accuracy'])} over {over}, {rest}"


def frame_cells(frame: pd.DataFrame) -> Cells:
    """Any table as texts. Missing numbers are "undefined"; missing texts are empty."""
    series = [frame.iloc[:, k] for k in range(frame.shape[1])]
    columns = [[write(value) for value in column.tolist()] for column, write in ((column, _format_of(column)) for column in series)]
    headings = tuple((str(name).replace("_", " "), _is_numeric(column)) for name, column in zip(frame.columns, series, strict=True))
    return Cells(headings, tuple(zip(*columns, strict=True)))


def _is_numeric(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _format_of(column: pd.Series) -> Callable[[Any], Cell]:
    """How the values of a column are written. Floats that are all whole are counts with gaps: they stay whole."""
    known = column.dropna()
    if _is_numeric(column):
        whole = len(known) > 0 and bool((known == known.round()).all())
        return lambda value: Cell((count if whole else score)(value), number=True)
    if all(isinstance(value, str) for value in known):
        return lambda value: Cell(value if isinstance(value, str) else "", number=False)
    return _any_value


def _any_value(value: Any) -> Cell:
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        return Cell((count if isinstance(value, numbers.Integral) else score)(value), number=True)
    if value is None or value is pd.NaT or value is pd.NA:
        return Cell("", number=False)
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return Cell(value.date().isoformat(), number=False)
    return Cell(str(value), number=False)


def _missing(value: Any) -> bool:
    return value is None or value is pd.NA or math.isnan(value)
