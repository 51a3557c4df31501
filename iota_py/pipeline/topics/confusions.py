"""Confused classes and what their series say of it, in the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from iota_py.assessment.confusion_figure import Explained, Series, confusion_series_figure
from iota_py.assessment.topic import Topic
from iota_py.io.publish import read_json
from iota_py.pipeline import paths
from iota_py.pipeline.workspace import Workspace

ALTERNATIVES = {
    "confusion_series": "Mean series of confused classes and of the pixels that are confused; the text of each pair says where they differ."
}


def topic(ws: Workspace) -> Topic | None:
    """None where nobody asked why classes are confused."""
    if ws.config.assessment.confusions is None:
        return None
    document = read_json(ws.path(paths.CONFUSION_SERIES))
    pairs = [_pair(ws, entry) for entry in document["pairs"]]
    drawn = [_explained(pair, entry) for pair, entry in zip(pairs, document["pairs"]) if entry["series"]]
    values = {"pairs": pairs, "runs": document["runs"], "pixels": document["pixels"]}
    if not drawn:
        return Topic("Confusions explained", values)
    return Topic(
        "Confusions explained", values, {"confusion_series": lambda language: confusion_series_figure(drawn, language)}, ALTERNATIVES
    )


def _pair(ws: Workspace, entry: Mapping[str, Any]) -> dict[str, Any]:
    """What the page says of a pair: names, amounts, where it is nearer to the other class, the worst polygons."""
    told = [f"{band} {date}".strip() for _, band, date, _ in entry["telling"]]
    return {
        "own": ws.nomenclature[entry["code"]].label(),
        "other": ws.nomenclature[entry["mapped"]].label(),
        **{key: entry[key] for key in ("pixels", "share", "polygons", "compared")},
        "told": ", ".join(told),
        "nearest": max((near for *_, near in entry["telling"]), default=0.0),
        "worst": ", ".join(str(polygon) for polygon, _ in entry["worst"]),
        "worst_share": sum(share for _, share in entry["worst"]),
    }


def _explained(pair: Mapping[str, Any], entry: Mapping[str, Any]) -> Explained:
    series = [Series(one["what"].upper(), one["dates"], np.array(one["values"], np.float64)) for one in entry["series"]]
    return Explained(pair["own"], pair["other"], series)
