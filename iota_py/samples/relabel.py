"""Tables that give labels of a file another class: checked before use, with an account of the entries that nothing matched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from iota_py.errors import Fault, InputError
from iota_py.nomenclature import Nomenclature, label_text

COLUMNS = ("from", "to")
_SHOWN = 8


def relabel_table(frame: pd.DataFrame, source: str) -> dict[str, str]:
    """Old label -> new one, from a table of texts with columns `from` and `to`.

    Raises InputError with every fault: E-SAM-020 a column is missing, E-SAM-021 cells that are empty, or one label twice.
    """
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        text = f"no column {', '.join(missing)} (columns: {', '.join(map(str, frame.columns))})"
        raise InputError(Fault("E-SAM-020", source, "samples.relabel", text, "expected columns from, to"))
    table = frame[list(COLUMNS)].apply(lambda column: column.str.strip())
    faults = []
    empty = (table == "").any(axis=1)
    if empty.any():
        lines = some(int(row) + 2 for row in table.index[empty])
        faults.append(Fault("E-SAM-021", source, "from, to", f"expected a label and a class, found an empty cell (line {lines})"))
    twice = table["from"][table["from"].duplicated() & ~empty]
    if len(twice):
        faults.append(Fault("E-SAM-021", source, "from", f"labels that stand twice: {some(twice.unique())}", "keep one line for each"))
    if faults:
        raise InputError(*faults)
    return dict(zip(table["from"], table["to"]))


def unknown_targets(table: Mapping[str, str], nomenclature: Nomenclature, source: str) -> list[Fault]:
    """One fault E-SAM-022 for the classes that a table gives and the nomenclature lacks."""
    wrong = [f"{new} (for {old})" for old, new in table.items() if nomenclature.code_of(new) is None]
    if not wrong:
        return []
    known = ", ".join(f"{c.code} {c.alias}" for c in nomenclature.classes)
    text = f"classes that are not in nomenclature {nomenclature.name}: {some(wrong)}"
    return [Fault("E-SAM-022", source, "samples.relabel", text, f"the nomenclature holds {known}")]


def unused_entries(table: Mapping[str, str], values: pd.Series, ignored: Iterable[object]) -> list[str]:
    """Labels of a table that no row has, or that are ignored: most often misspelt."""
    found = {label_text(value).strip() for value in values.dropna().unique()} - {label_text(value) for value in ignored}
    return [old for old in table if old not in found]


def some(values: Iterable[object]) -> str:
    """The first values of a list, as text."""
    texts = [str(value) for value in values]
    shown = ", ".join(texts[:_SHOWN])
    return f"{shown}, …" if len(texts) > _SHOWN else shown
