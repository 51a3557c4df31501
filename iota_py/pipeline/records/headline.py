"""The few metrics that runs are compared by: mean over draws, deviation and half of the interval."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from iota_py.io.documents import read_yaml
from iota_py.io.publish import read_json
from iota_py.pipeline import paths
from iota_py.pipeline.accuracy.headline import map_accuracy_metrics
from iota_py.pipeline.target_record import headline_values

HEADLINE = ("overall_accuracy", "kappa", "f1_macro")
_SUFFIXES = {"": "mean", "_sd": "std", "_half_width": "half_width"}


def headline_metrics(root: Path, of_classes: bool) -> dict[str, float]:
    """Metrics of the parent run: model skill, that of the members of a fusion, and what a map says of itself where that was asked for."""
    metrics = read_json(root / paths.METRICS)
    if not of_classes:
        return headline_values(metrics)
    values = {f"{name}{suffix}": number_of(metrics[name][key]) for name in HEADLINE for suffix, key in _SUFFIXES.items()}
    return values | _members(metrics) | _applicability(root) | map_accuracy_metrics(root)


def number_of(value: float | None) -> float:
    """A number of a JSON document; NaN where it is undefined."""
    return math.nan if value is None else float(value)


def _members(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Accuracy of the members of a fusion, where it is known."""
    members = metrics.get("fusion", {}).get("members", {})
    held_out = {name: one["held_out"]["overall_accuracy"] for name, one in members.items() if "held_out" in one}
    return {f"{name}_overall_accuracy": number_of(accuracy["mean"]) for name, accuracy in held_out.items()}


def _applicability(root: Path) -> dict[str, float]:
    """Share of the map where the models apply, where that was asked for."""
    path, wish = root / paths.APPLICABILITY, read_yaml(root / paths.CONFIG).get("map") or {}
    if not path.exists() or wish.get("applicability") is None:
        return {}  # a file of an earlier wish may still lie there
    share = read_json(path)["area"]["map"]["share"]
    return {} if share is None else {"area_inside_applicability": float(share)}
