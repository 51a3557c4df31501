"""Where the models apply, in the report: how much of the map, how right they are there, and which folds are like mapping."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from iota_py.assessment.applicability_figures import dissimilarity_figure, distances_figure
from iota_py.assessment.topic import Topic
from iota_py.io.publish import read_json
from iota_py.io.raster import read_reduced
from iota_py.pipeline import paths
from iota_py.pipeline.models.applicability import NODATA
from iota_py.pipeline.workspace import Workspace

MAX_SIDE = 900
KINDS = ("polygon", "blocks")
ALTERNATIVES = {
    "applicability": "Map of the dissimilarity index, from dark (like the samples) to light; pixels outside the area of applicability are in grey stripes.",
    "distances": "Curves of the distances of pixels of the map and of held-out samples to the nearest sample; the table that follows says how far apart these are.",
}


def topic(ws: Workspace) -> Topic | None:
    """None where the map does not have these layers."""
    if ws.config.map is None or ws.config.map.applicability is None:
        return None
    document = read_json(ws.path(paths.APPLICABILITY))
    models, spaces = document["models"], {name: _compared(document["distances"][name]) for name in ("ground", "feature")}
    values = {
        "area": document["area"],
        "regions": [{**one, **_of_models(models, one["name"])} for one in document["area"]["regions"]],
        "classes": _classes(ws, document["area"]["classes"]),
        "accuracy": document["accuracy"],
        "folds": document["folds"],
        "block": document["block"],
        "spaces": {name: one for name, one in spaces.items() if one is not None},
        "runs": ws.runs,
        "excess": max(one["excess"] for one in models),
        "equal": any(one["weights"] == "equal" for one in models),
    }
    index = read_reduced(str(ws.path(paths.DISSIMILARITY)), MAX_SIDE)
    inside = read_reduced(str(ws.path(paths.APPLICABLE)), MAX_SIDE) == 1
    top = float(np.median([one["threshold"] for one in models]))
    known = np.where(index == NODATA, np.nan, index / 1000)
    return Topic(
        "Where the models apply",
        values,
        {"applicability": partial(dissimilarity_figure, known, inside, top), "distances": partial(distances_figure, document["distances"])},
        ALTERNATIVES,
    )


def _of_models(models: list[Mapping[str, Any]], region: str) -> dict[str, Any]:
    """Means over the draws of what is known of a region's models."""
    own = [one for one in models if one["region"] == region]
    return {key: float(np.mean([one[key] for one in own])) for key in ("samples", "components", "variance", "threshold")}


def _classes(ws: Workspace, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of the classes, the least share inside first, with the class itself."""
    named = {one.alias: one for one in ws.nomenclature.classes}
    return [{**one, "class": named[one["name"]]} for one in sorted(rows, key=lambda one: (one["share"], one["name"]))]


def _compared(found: Mapping[str, Any]) -> dict[str, Any] | None:
    """Which folds are like mapping; None where that cannot be told."""
    if found["like"] is None:
        return None
    medians = {name: one["quantiles"][len(one["quantiles"]) // 2] for name, one in found["distributions"].items() if one["number"]}
    return {"like": found["like"], "wasserstein": {kind: found["wasserstein"][kind] for kind in KINDS}, "medians": medians}
