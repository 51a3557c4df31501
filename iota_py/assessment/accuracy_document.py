"""What is written of a probability sample: the document `accuracy.json` and the tables beside it. Undefined numbers are None there, empty in tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from iota_py.assessment.area import LEVEL, Estimate, MapAccuracy
from iota_py.assessment.change_area import TREND, ChangeAccuracy
from iota_py.assessment.disagreement import disagreement
from iota_py.nomenclature import Nomenclature

Entry = dict[str, float | None]
BOUNDS = ("value", "standard_error", "low", "high")


def entry(estimate: Estimate) -> Entry:
    """An estimate with its standard error and the ends of its 95 % interval."""
    low, high = estimate.interval(LEVEL)
    return {name: _or_none(number) for name, number in zip(BOUNDS, (estimate.value, estimate.standard_error, low, high))}


def accuracy_entry(found: MapAccuracy, classes: Nomenclature, pixel_hectares: float) -> dict[str, Any]:
    """Accuracy and areas of one map. classes: those of the matrix, in its order. found: with areas in pixels. pixel_hectares: NaN where pixels
    have no known area, and hectares are then None."""
    gap = disagreement(found.proportions)
    pixels = float(found.mapped_area.sum())
    per_class = [
        {
            "code": c.code,
            "alias": c.alias,
            "name": c.label(),
            "users_accuracy": entry(found.users_accuracy[k]),
            "producers_accuracy": entry(found.producers_accuracy[k]),
            "area_share": entry(found.area_share[k]),
            "mapped_share": _or_none(found.mapped_area[k] / pixels),
            "mapped_pixels": int(found.mapped_area[k]),
            "pixels": entry(found.area[k]),
            "mapped_hectares": _or_none(found.mapped_area[k] * pixel_hectares),
            "hectares": entry(found.area[k].scaled(pixel_hectares)),
            "quantity_disagreement": _or_none(gap.quantity_by_class[k]),
            "allocation_disagreement": _or_none(gap.allocation_by_class[k]),
            "reference_points": int(found.counts[k].sum()),
            "mapped_points": int(found.counts[:, k].sum()),
        }
        for k, c in enumerate(classes.classes)
    ]
    return {
        "overall_accuracy": entry(found.overall_accuracy),
        "quantity_disagreement": _or_none(gap.quantity),
        "allocation_disagreement": _or_none(gap.allocation),
        "per_class": per_class,
        "counts": found.counts.tolist(),
        "proportions": [[_or_none(value) for value in row] for row in found.proportions.tolist()],
    }


def change_entry(found: ChangeAccuracy, classes: Nomenclature, pixels: float, pixel_hectares: float) -> dict[str, Any]:
    """Change between two maps. pixels: of the population."""
    transitions = [
        {
            "from_code": one.before,
            "from_alias": classes[one.before].alias,
            "to_code": one.after,
            "to_alias": classes[one.after].alias,
            "share": entry(one.share),
            "hectares": entry(one.share.scaled(pixels * pixel_hectares)),
            "users_accuracy": entry(one.users_accuracy),
            "producers_accuracy": entry(one.producers_accuracy),
            "reference_points": one.reference_points,
            "mapped_points": one.mapped_points,
        }
        for one in found.transitions
    ]
    trends = [
        {
            "code": code,
            "alias": classes[code].alias,
            "name": classes[code].label(),
            **{name: entry(trend[name]) for name in TREND},
            **{f"{name}_hectares": entry(trend[name].scaled(pixels * pixel_hectares)) for name in TREND},
        }
        for code, trend in found.classes.items()
    ]
    return {
        "overall_accuracy": entry(found.overall_accuracy),
        "changed": entry(found.changed),
        "changed_hectares": entry(found.changed.scaled(pixels * pixel_hectares)),
        "users_accuracy": entry(found.users_accuracy),
        "producers_accuracy": entry(found.producers_accuracy),
        "transitions": transitions,
        "classes": trends,
    }


def accuracy_table(document: dict[str, Any]) -> pd.DataFrame:
    """One row for each number, the map first (code 0), then each class: code, alias, name, measure, labels (`primary`, or `either` where an
    alternative label counts too), value, standard error and ends of the 95 % interval. document: of `accuracy_entry`, with `either`."""
    rows = []
    for labels, one in (("primary", document), ("either", document["either"])):
        rows.append((0, "", "", "overall_accuracy", labels, *one["overall_accuracy"].values()))
        for entry_of, full in zip(one["per_class"], document["per_class"]):
            for what in ("users_accuracy", "producers_accuracy"):
                rows.append((full["code"], full["alias"], full["name"], what, labels, *entry_of[what].values()))
    for what in ("quantity_disagreement", "allocation_disagreement"):
        for one in ({"code": 0, "alias": "", "name": "", what: document[what]}, *document["per_class"]):
            rows.append((one["code"], one["alias"], one["name"], what, "primary", one[what], None, None, None))
    return pd.DataFrame(rows, columns=["code", "alias", "name", "measure", "labels", *BOUNDS])


def area_table(document: dict[str, Any]) -> pd.DataFrame:
    """One row for each class: pixels and hectares of the map, and the estimated area with standard error and 95 % interval."""
    rows = []
    for one in document["per_class"]:
        row = {name: one[name] for name in ("code", "alias", "name", "mapped_pixels", "mapped_hectares", "mapped_share")}
        for what in ("area_share", "hectares", "pixels"):
            row |= _columns(what, one[what])
        rows.append(row)
    return pd.DataFrame(rows)


def matrix_table(document: dict[str, Any]) -> pd.DataFrame:
    """One row for each pair of classes: sample points and estimated share of the area."""
    aliases = [(one["code"], one["alias"]) for one in document["per_class"]]
    rows = [
        (*reference, *shown, document["counts"][i][j], document["proportions"][i][j])
        for i, reference in enumerate(aliases)
        for j, shown in enumerate(aliases)
    ]
    return pd.DataFrame(rows, columns=["reference_code", "reference", "map_code", "map", "points", "area_share"])


def change_tables(document: dict[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Transitions, and gain, loss, net and gross change of each class, with standard errors and 95 % intervals. document: of `change_entry`."""
    return _flat(document["transitions"]), _flat(document["classes"])


def _flat(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    flat = []
    for row in rows:
        plain: dict[str, Any] = {}
        for name, value in row.items():
            plain |= _columns(name, value) if isinstance(value, dict) else {name: value}
        flat.append(plain)
    return pd.DataFrame(flat)


def _columns(name: str, value: Entry) -> Entry:
    return {name if part == "value" else f"{name}_{part}": value[part] for part in BOUNDS}


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
