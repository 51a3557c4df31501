"""Model skill in the report: scores of held-out polygons with two kinds of intervals, by class, region and tile."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from iota_py.assessment.bootstrap import HEADLINES, OF_A_CLASS
from iota_py.assessment.matrix_figure import share_figure
from iota_py.assessment.page import Image
from iota_py.assessment.skill import PLACES, shares_of
from iota_py.assessment.topic import Topic
from iota_py.io.publish import read_json
from iota_py.io.tables import read_table
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline import paths
from iota_py.pipeline.steps.assessment import read_confusions, reference_classes
from iota_py.pipeline.workspace import Workspace

MEASURES = {"overall_accuracy": "overall accuracy", "kappa": "kappa", "f1_macro": "mean F1"}
FIGURES = {"shares_by_row": 1, "shares_by_column": 0}
ALTERNATIVES = {
    "shares_by_row": "Confusion matrix in percent of the reference pixels of each class; assessment/confusion_by_row.csv holds the shares.",
    "shares_by_column": "Confusion matrix in percent of the map pixels of each class; assessment/confusion_by_column.csv holds the shares.",
}


def topic(ws: Workspace) -> Topic | None:
    """None where the run predicts numbers, held nothing out, or was made before its polygons were kept."""
    if ws.config.samples.target is not None:
        return None
    metrics = read_json(ws.path(paths.METRICS))
    if "bootstrap" not in metrics:
        return None
    classes = reference_classes(ws)
    scores = read_table(ws.path(paths.LEVEL_SCORES)).fillna({"place": "", "class": ""})
    values = {
        "unit": metrics["unit"],
        "runs": metrics["runs"],
        "drawn": metrics["bootstrap"],
        "whole": [{"name": MEASURES[name], "spread": metrics[name], **_limits(metrics["bootstrap"], name)} for name in HEADLINES],
        "classes": _class_rows(metrics, classes),
        **{f"{level}s": _place_rows(scores, level) for level in PLACES},
    }
    confusion = np.sum([matrix for by_region in read_confusions(ws) for matrix in by_region.values()], axis=0)
    return Topic("Model skill", values, {name: _image(shares_of(confusion, axis), classes) for name, axis in FIGURES.items()}, ALTERNATIVES)


def _image(shares: np.ndarray, classes: Nomenclature) -> Image:
    return lambda language: share_figure(shares, [c.label(language) for c in classes.classes])


def _limits(bootstrap: Mapping[str, Any], measure: str) -> dict[str, float | None]:
    low, high = bootstrap["values"][measure] or (None, None)
    return {"low": low, "high": high}


def _class_rows(metrics: Mapping[str, Any], classes: Nomenclature) -> list[dict[str, Any]]:
    """A row for each class: its units, and for each score its mean over runs and its limits."""
    bootstrap, rows = metrics["bootstrap"], []
    for c in classes.classes:
        entry = metrics["per_class"][str(c.code)]
        measures = {name: {"mean": entry[name]["mean"], **_limits(bootstrap, f"{name}:{c.code}")} for name in OF_A_CLASS}
        rows.append({"class": c, "units": bootstrap["units_of_class"][str(c.code)], **measures})
    return rows


def _place_rows(scores: pd.DataFrame, level: str) -> list[dict[str, Any]]:
    """A row for each region or tile, the lowest overall accuracy first; none where there is but one."""
    whole = scores[(scores.level == level) & (scores["class"] == "")]
    rows: list[dict[str, Any]] = []
    for place, found in whole.groupby("place", sort=True):
        named = found.set_index("measure")
        first = named.iloc[0]
        measures = {name: {key: _or_none(named.loc[name, key]) for key in ("mean", "half_width", "low", "high")} for name in HEADLINES}
        rows.append({"place": str(place), "units": int(first.polygons), "pixels": float(first.pixels), **measures})
    rows.sort(key=lambda row: (row["overall_accuracy"]["mean"] is None, row["overall_accuracy"]["mean"] or 0.0, row["place"]))
    return rows if len(rows) > 1 else []


def _or_none(value: Any) -> float | None:
    return None if math.isnan(value) else float(value)
