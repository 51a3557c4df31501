"""Labels of reference data: each is read as a class of the nomenclature, and what is none stops the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from iota_py.errors import Fault, InputError
from iota_py.nomenclature import Nomenclature, label_text
from iota_py.samples.relabel import some


def read_labels(
    frame: pd.DataFrame,
    label: str,
    nomenclature: Nomenclature,
    ignore: Sequence[object],
    source: str,
    relabel: Mapping[str, str] | None = None,
) -> pd.Series:
    """Class code of each row, 0 for labels to ignore. relabel: label of the file -> class; labels that it lacks are taken as they are.

    Raises InputError when the field is missing (the fields are listed), when a label is null, or when the nomenclature lacks one.
    """
    if label not in frame.columns:
        fields = ", ".join(c for c in frame.columns if c != "geometry")
        raise InputError(
            Fault("E-SAM-001", source, "samples.label", f"field `{label}` is not in the file (fields: {fields})", "name one of these")
        )
    ignored = {label_text(value) for value in ignore}
    values = frame[label]
    null = values[values.isna()].index.tolist()
    codes = {}
    for value in values.dropna().unique():
        text = label_text(value)
        codes[value] = 0 if text in ignored else nomenclature.code_of((relabel or {}).get(text.strip(), value))
    unknown = sorted(label_text(v) for v, code in codes.items() if code is None)
    faults = []
    if null:
        faults.append(Fault("E-SAM-002", source, label, f"{len(null)} rows have no label (rows {some(null)})", "label them or remove them"))
    if unknown:
        known = ", ".join(f"{c.code} {c.alias}" for c in nomenclature.classes)
        fix = f"add them to the nomenclature (it holds {known}), or list them under samples.ignore"
        faults.append(Fault("E-SAM-003", source, label, f"labels that are not in nomenclature {nomenclature.name}: {some(unknown)}", fix))
    if faults:
        raise InputError(*faults)
    return values.map(codes).astype(int)
