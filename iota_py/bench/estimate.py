"""How long the map of a run will take on this machine, from the figures of the last benchmark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# What the rows of the benchmark were measured with; costs are taken as proportional to these.
_BANDS, _FILLED, _TREES, _ROUNDS, _CLASSES, _LEAVES = 10, 37 * 13, 100, 100, 19, 31


@dataclass(frozen=True)
class Work:
    """What decides the time of a map.

    pixels: to be mapped. readings: pixels × dates × bands to be read. features: columns. predictions: models that each pixel passes (one
    for each draw). model: the section `model` of the configuration. classes: of a model. workers: processes.
    """

    pixels: float
    readings: float
    features: int
    predictions: int
    model: Mapping[str, Any]
    classes: int
    workers: int


def map_seconds(work: Work, latest: Mapping[str, Any]) -> dict[str, float] | None:
    """Seconds of wall time to read, fill and predict; None when the benchmark lacks a row that is needed.

    latest: from `stored.read_latest`. Learning and writing are not in it.
    """
    rows = {row["name"]: row for row in latest["rows"]}
    predict = _predict_seconds(work, rows, latest["machine"]["cores_used"])
    if predict is None or not {"read-strips", "gapfill-35"} <= set(rows):
        return None
    read = work.readings / _BANDS / (rows["read-strips"]["ours"]["median"] * 1e6)
    fill = work.pixels * (work.features / _FILLED) / (rows["gapfill-35"]["ours"]["median"] * 1e6)
    return {name: seconds / work.workers for name, seconds in (("read", read), ("fill", fill), ("predict", predict))}


def _predict_seconds(work: Work, rows: Mapping[str, Any], cores: int) -> float | None:
    """Seconds of one core."""
    if work.model["kind"] == "random_forest":
        row, cost = rows.get("forest"), work.model["trees"] / _TREES
    else:
        trees = work.model["rounds"] / _ROUNDS * (1 if work.classes == 2 else work.classes) / _CLASSES
        row, cost = rows.get("lightgbm-31"), trees * work.model["leaves"] / _LEAVES
    if row is None:
        return None
    return work.pixels * work.predictions * cost * cores / (row["ours"]["median"] * 1e6)
