"""How numbers and tables are written in the report. A value that is not defined is written in words, never as a number."""

from __future__ import annotations

import datetime
import math
import numbers
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from iota_py.assessment.language import marked, said, translator

UNDEFINED = marked("undefined")
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


def undefined(language: str = "en") -> str:
    """What is written where there is no number."""
    return translator(language)(UNDEFINED)


def decimal(text: str, language: str = "en") -> str:
    """A number as the language writes it: a comma for the decimals in French."""
    return text.replace(".", ",") if language == "fr" else text


def score(value: float | None, language: str = "en") -> str:
    """A score with three decimals."""
    return undefined(language) if _missing(value) else decimal(f"{value:.3f}", language)


def p_value(value: float | None, language: str = "en") -> str:
    """A p-value with three decimals, or as smaller than the least of them."""
    return score(value, language) if _missing(value) or value >= 0.001 else f"< {score(0.001, language)}"


def spread(entry: Mapping[str, Any], language: str = "en") -> str:
    """Mean ± half-width of an `interval`, the mean alone where there is none; says how many draws count where some are undefined."""
    text = score(entry["mean"], language)
    if not _missing(entry["half_width"]):
        text += f" ± {score(entry['half_width'], language)}"
    return text + (draws_counted(entry, language) if entry["n"] else "")


def draws_counted(entry: Mapping[str, Any], language: str = "en") -> str:
    """How many draws of an `interval` count, where some are undefined: ` (2 of 3 draws)`."""
    _ = translator(language)
    if not entry["undefined"]:
        return ""
    return " " + _("(%(known)s of %(all)s draws)") % {"known": entry["n"], "all": entry["n"] + entry["undefined"]}


def count(value: float | None, language: str = "en") -> str:
    """A whole number, its thousands apart from 10 000 on (so that years stay years)."""
    if _missing(value):
        return undefined(language)
    whole = round(value)
    return f"{whole:,}".replace(",", _THIN_SPACE) if abs(whole) >= _GROUPED_FROM else str(whole)


def short_count(value: int, language: str = "en") -> str:
    """A count on at most five characters, three digits where it is shortened: 950, 8431, 12.3k, 123k, 1.23M."""
    if value < _GROUPED_FROM:
        return str(value)
    rounded = float(f"{value:.2e}")
    unit, suffix = next((unit, suffix) for unit, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")) if rounded >= unit)
    return decimal(f"{rounded / unit:.3g}{suffix}", language)


def hectares(value: float | None, language: str = "en") -> str:
    """An area, with one decimal below 100 ha."""
    return decimal(f"{value:.1f}", language) if not _missing(value) and abs(value) < 100 else count(value, language)


def signed_hectares(value: float, language: str = "en") -> str:
    """A gain or a loss of area with its sign; one that would be written 0.0 without being it, as smaller than 0.1."""
    text = hectares(abs(value), language)
    if value == 0 or text == undefined(language):
        return text
    if text == decimal("0.0", language):
        return decimal("<0.1" if value > 0 else ">−0.1", language)
    return f"{'+' if value > 0 else '−'}{text}"


def signed(value: float | None, language: str = "en") -> str:
    """A difference of scores with its sign and three decimals."""
    if _missing(value):
        return undefined(language)
    text = f"{value:+.3f}".replace("-", "−")
    return decimal(text if float(f"{value:.3f}") else "0.000", language)


def percent(value: float | None, language: str = "en") -> str:
    """A share 0-1 as a percentage."""
    return undefined(language) if _missing(value) else decimal(f"{100 * value:.1f}{_THIN_SPACE}%", language)


def change(percents: float, language: str = "en") -> str:
    """A change in percent with its sign."""
    return decimal(f"{percents:+.1f}{_THIN_SPACE}%".replace("-", "−"), language)


def duration(seconds: float | None, language: str = "en") -> str:
    """Seconds as a person says them."""
    if _missing(seconds):
        return undefined(language)
    if seconds < 60:
        return decimal(f"{seconds:.1f} s", language)
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def bytes_text(size: float, language: str = "en") -> str:
    """A size on disk, in units of thousands."""
    unit, name = next((unit, name) for unit, name in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (0, "k")) if size >= unit)
    return decimal(f"{size / (unit or 1e3):.3g}", language) + f" {name}{'o' if language == 'fr' else 'B'}"


def moment(text: str, language: str = "en") -> str:
    """A date and an hour, `2026-01-15 08:30 UTC`, as the language writes them; another text stays as it is."""
    found = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d) UTC", text)
    if language != "fr" or found is None:
        return text
    year, month, day, hour, minute = found.groups()
    return f"{day}/{month}/{year} à {int(hour)} h {minute} (UTC)"


def verdict_line(metrics: Mapping[str, Any] | None, language: str = "en") -> str:
    """The result in one line, from the content of metrics.json."""
    _ = translator(language)
    if metrics is None:
        return _("not assessed: nothing was held out for validation")
    values = {
        "accuracy": spread(metrics["overall_accuracy"], language),
        "over": over_draws(metrics, language),
        "kappa": spread(metrics["kappa"], language),
        "f1": spread(metrics["f1_macro"], language),
    }
    return _("overall accuracy %(accuracy)s over %(over)s, kappa %(kappa)s, mean F1 %(f1)s") % values


def over_draws(metrics: Mapping[str, Any], language: str = "en") -> str:
    """What the scores are averaged over: `3 draws of polygons`."""
    runs, unit = metrics["runs"], metrics.get("unit", "polygons")
    draws = said(metrics.get("draws") or (f"one draw of {unit}" if runs == 1 else f"{runs} draws of {unit}"), language)
    return translator(language)("%(draws)s, without interval") % {"draws": draws} if runs == 1 else draws


SAID = ("step", "reason", "status")  # columns whose texts are those of the program, not of the user


def frame_cells(frame: pd.DataFrame, language: str = "en") -> Cells:
    """Any table as texts, headings and the columns SAID in the language. Missing numbers are "undefined"; missing texts are empty."""
    series = [frame.iloc[:, k] for k in range(frame.shape[1])]
    columns = [
        [write(value) for value in column.tolist()] for column, write in ((column, _format_of(column, language)) for column in series)
    ]
    names = [_heading(str(name).replace("_", " "), language) for name in frame.columns]
    headings = tuple((name, _is_numeric(column)) for name, column in zip(names, series, strict=True))
    return Cells(headings, tuple(zip(*columns, strict=True)))


def _heading(name: str, language: str) -> str:
    """Heading of a column, that of half-widths too."""
    bare = name.removesuffix(" ±")
    return said(bare, language) + name[len(bare) :]


def _is_numeric(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _format_of(column: pd.Series, language: str) -> Callable[[Any], Cell]:
    """How the values of a column are written. Floats that are all whole are counts with gaps: they stay whole."""
    known = column.dropna()
    if _is_numeric(column):
        whole = len(known) > 0 and bool((known == known.round()).all())
        return lambda value: Cell((count if whole else score)(value, language), number=True)
    if all(isinstance(value, str) for value in known):
        write = (lambda text: said(text, language)) if column.name in SAID else str
        return lambda value: Cell(write(value) if isinstance(value, str) else "", number=False)
    return lambda value: _any_value(value, language)


def _any_value(value: Any, language: str) -> Cell:
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        return Cell((count if isinstance(value, numbers.Integral) else score)(value, language), number=True)
    if value is None or value is pd.NaT or value is pd.NA:
        return Cell("", number=False)
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return Cell(value.date().isoformat(), number=False)
    return Cell(str(value), number=False)


def _missing(value: Any) -> bool:
    return value is None or value is pd.NA or math.isnan(value)
