"""dBASE tables of numbers, as they lie beside shapefiles: GDAL can neither be told the widths of fields nor leave the day of writing out.

Layout: dBASE III, as in "ESRI Shapefile Technical Description" (1998) and the description of dBASE files by the Library of Congress (fdd000325).
"""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

NAME_LENGTH = 10
_DATE = (100, 1, 1)  # years since 1900, month, day: fixed, so that equal tables give equal bytes
_CHUNK = 65_536  # rows that are turned into text together

Widths = Mapping[str, tuple[int, int]]  # column -> characters, decimals among them


def field_names(columns: Iterable[str]) -> dict[str, str]:
    """Column -> name of its field: letters without accents, ten of them at most, each another one whatever the case.

    A name that is cut is told from an earlier one by `_1`, `_2`, … at its end.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for column in columns:
        plain = unicodedata.normalize("NFKD", column).encode("ascii", "ignore").decode() or "field"
        name, number = plain[:NAME_LENGTH], 0
        while name.upper() in taken:
            number += 1
            name = f"{plain[: NAME_LENGTH - len(str(number)) - 1]}_{number}"
        taken.add(name.upper())
        names[column] = name
    return names


def table_size(rows: int, widths: Widths) -> int:
    """Bytes of the file."""
    return 32 + 32 * len(widths) + 1 + rows * _record(widths) + 1


def write_dbf(path: Path, table: pd.DataFrame, widths: Widths) -> None:
    """Write columns of numbers; missing ones are blank. widths: of each column, in the order of the fields.

    Raises ValueError when a number has more characters than its field.
    """
    with open(path, "wb") as stream:
        stream.write(struct.pack("<4B I 2H 20x", 3, *_DATE, len(table), 32 + 32 * len(widths) + 1, _record(widths)))
        for name, (width, decimals) in zip(field_names(widths).values(), widths.values()):
            stream.write(struct.pack("<11s c 4x 2B 14x", name.encode("ascii"), b"N", width, decimals))
        stream.write(b"\r")
        for start in range(0, len(table), _CHUNK):
            stream.write(_records(table.iloc[start : start + _CHUNK], widths).tobytes())
        stream.write(b"\x1a")


def _record(widths: Widths) -> int:
    return 1 + sum(width for width, _ in widths.values())


def _records(rows: pd.DataFrame, widths: Widths) -> np.ndarray:
    fields = [("deleted", "S1"), *((f"f{number}", f"S{width}") for number, (width, _) in enumerate(widths.values()))]
    records = np.empty(len(rows), np.dtype(fields))
    records["deleted"] = b" "
    for number, (column, (width, decimals)) in enumerate(widths.items()):
        records[f"f{number}"] = _texts(rows[column], width, decimals)
    return records


def _texts(values: pd.Series, width: int, decimals: int) -> np.ndarray:
    numbers = values.to_numpy(float, na_value=np.nan)
    texts = np.where(np.isnan(numbers), " " * width, np.char.mod(f"%{width}.{decimals}f", np.nan_to_num(numbers)))
    if np.char.str_len(texts).max(initial=0) > width:
        raise ValueError(f"{values.name}: a number does not fit in {width} characters, {decimals} of them decimals")
    return texts.astype(f"S{width}")
