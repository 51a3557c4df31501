"""Ready features of a table as 16-bit integers: an affine scale for each column, and a value for what is missing.

Both are fitted on learning rows only, and used on all. Stored value = round(value × scale + shift), half to even, cut to -32767…32767;
-32768 is kept for missing values. With a scale of its own a column is told apart in 60,000 steps between the least and the greatest
learning value, 0.0017 % of that range each.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from iota_py.errors import Fault, InputError

HIGHEST = 30_000  # what the learning values of a column fill, on both sides of 0
BELOW = -32_768
_LIMIT = 32_767
INDICATOR = "_missing"


@dataclass(frozen=True, eq=False)
class Storage:
    """How columns are stored. scale, shift: float64 (column,). fill: int16 (column,), what stands for a missing value."""

    scale: np.ndarray
    shift: np.ndarray
    fill: np.ndarray

    def document(self) -> dict[str, Any]:
        """As plain values, which give the same storage again."""
        return {name: getattr(self, name).tolist() for name in ("scale", "shift", "fill")}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Storage:
        """The inverse of `document`."""
        return cls(np.array(document["scale"], float), np.array(document["shift"], float), np.array(document["fill"], np.int16))


def chosen_columns(frame: pd.DataFrame, wanted: Sequence[str], source: str) -> tuple[str, ...]:
    """Columns asked for by name or with `*`, in the order of the request, each once.

    Raises InputError: E-TBL-001 none fits a name, E-TBL-005 one does not hold numbers.
    """
    found: dict[str, None] = {}
    faults = []
    for name in wanted:
        matches = [column for column in map(str, frame.columns) if column == name or ("*" in name and fnmatch.fnmatchcase(column, name))]
        if not matches:
            text = f"no column is like `{name}` (columns: {', '.join(map(str, frame.columns))})"
            faults.append(
                Fault("E-TBL-001", source, "samples.table.columns", text, "name columns of the table, or of the one joined to it")
            )
        found.update(dict.fromkeys(matches))
    for name in found:
        wrong = frame[name].notna() & pd.to_numeric(frame[name], errors="coerce").isna()
        if wrong.any():
            text = f"expected numbers, found `{frame[name][wrong].iloc[0]}` in {wrong.sum()} rows"
            faults.append(Fault("E-TBL-005", source, name, text, "leave the column out, or empty what is missing"))
    if faults:
        raise InputError(*faults)
    return tuple(found)


def feature_name(column: str) -> str:
    """Name of the feature that a column becomes: lower case, letters and digits joined by single underscores."""
    return re.sub(r"[^a-z0-9]+", "_", column.lower()).strip("_")


def numbers(frame: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    """float64 (row, column), NaN for what is missing or infinite."""
    values = np.column_stack([pd.to_numeric(frame[name], errors="coerce").to_numpy(np.float64, na_value=np.nan) for name in columns])
    values[~np.isfinite(values)] = np.nan
    return values


def fit_storage(learning: np.ndarray, declared: Mapping[int, tuple[float, float]], fill: str) -> Storage:
    """Storage of columns from their learning values, float64 (row, column), NaN where missing.

    declared: column number -> (scale, shift), in place of one that takes the learning values to -HIGHEST…HIGHEST. A column with one value
    is stored as 0. fill: `median` of the learning values, or `below`: BELOW. A column without a learning value has fill 0 and scale 1.
    """
    columns = learning.shape[1]
    scale, shift, stands = np.ones(columns), np.zeros(columns), np.zeros(columns)
    for column in range(columns):
        known = learning[:, column][np.isfinite(learning[:, column])]
        if known.size:
            low, high = float(known.min()), float(known.max())
            span = high - low
            if span > 0 and np.isfinite(2 * HIGHEST / span):  # else they are one value, but for the last digits of the smallest numbers
                scale[column] = 2 * HIGHEST / span
            shift[column] = -(low + high) / 2 * scale[column]
            stands[column] = np.median(known)
        if column in declared:
            scale[column], shift[column] = declared[column]
        stands[column] = stands[column] * scale[column] + shift[column] if known.size else 0
    codes = np.full(columns, BELOW) if fill == "below" else np.clip(np.rint(stands), -_LIMIT, _LIMIT)
    return Storage(scale, shift, codes.astype(np.int16))


def stored(values: np.ndarray, storage: Storage) -> np.ndarray:
    """int16 (row, column) of float64 (row, column), NaN where missing."""
    missing = ~np.isfinite(values)
    scaled = np.rint(np.where(missing, 0, values) * storage.scale + storage.shift)
    return np.where(missing, storage.fill, np.clip(scaled, -_LIMIT, _LIMIT)).astype(np.int16)
