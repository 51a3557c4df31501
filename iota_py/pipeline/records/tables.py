"""The tables that a record adds to those of the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from iota_py.io.publish import read_json
from iota_py.io.tables import write_csv
from iota_py.pipeline import paths

_SCORES = {"f1": "f1", "user's accuracy": "precision", "producer's accuracy": "recall"}
_SUFFIXES = {"": "mean", " sd": "std", " ±": "half_width"}


def write_per_class(root: Path) -> Path | None:
    """`tracking/per_class.csv`: skill of each class, mean over draws, deviation and half of the interval; None where there are no classes."""
    found = read_json(root / paths.METRICS).get("per_class")
    if not found:
        return None
    path = root / paths.PER_CLASS
    write_csv(path, pd.DataFrame([_row(code, entry) for code, entry in sorted(found.items(), key=lambda item: int(item[0]))]))
    return path


def _row(code: str, entry: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {"class": entry.get("name", ""), "code": int(code)}
    for title, key in _SCORES.items():
        row |= {f"{title}{suffix}": _shown(entry[key].get(what)) for suffix, what in _SUFFIXES.items()}
    return row


def _shown(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
