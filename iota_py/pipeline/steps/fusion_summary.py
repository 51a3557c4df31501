"""What a late fusion brought: accuracy of the members beside that of the fusion, and how often each had the label."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from iota_py.assessment.metrics import interval, scores
from iota_py.io.publish import read_json
from iota_py.io.raster import count_values
from iota_py.mapping.fusion import choice_legend
from iota_py.pipeline import paths
from iota_py.pipeline.models.members import members
from iota_py.pipeline.workspace import Workspace

HEADLINE = ("overall_accuracy", "kappa", "f1_macro")


def fusion_summary(ws: Workspace, fused: Sequence[np.ndarray]) -> dict[str, Any]:
    """Content of `fusion` in metrics.json. fused: confusion matrix of each run, on the polygons held out.

    choice: pixels of the delivered choice map. Of each member: out_of_fold, its scores on the learning polygons, from the matrices that
    say how far it is trusted; untested, the classes that no fold could test, by region; and where its map is kept: held_out, its scores on
    the same polygons as the fusion, unclassified, their pixels that it gave no label, and gain, the fusion's accuracy less its own.
    """
    fusion = ws.config.fusion
    assert fusion is not None
    documents = [read_json(ws.path(paths.run_scores(run))) for run in range(ws.runs)]
    found = {}
    for one in members(ws):
        entry: dict[str, Any] = {"columns": len(one.names), **_out_of_fold(ws, one.name)}
        if fusion.keep_members:
            regions = [document["members"][one.name] for document in documents]
            held = [np.sum([region["confusion"] for region in by_region.values()], axis=0) for by_region in regions]
            entry["held_out"] = _scores(held)
            entry["unclassified"] = [sum(region["unclassified"] for region in by_region.values()) for by_region in regions]
            entry["gain"] = interval(scores(a).overall_accuracy - scores(b).overall_accuracy for a, b in zip(fused, held))
        found[one.name] = entry
    return {"measure": fusion.measure, "folds": fusion.folds, "choice": _choices(ws), "members": found}


def kept_members(ws: Workspace, confusions: Callable[[str], Mapping[str, Any]]) -> dict[str, Any]:
    """`members` of the scores of a run, where their maps are kept. confusions: from a member's name to its matrices by region."""
    fusion = ws.config.fusion
    return {"members": {name: confusions(name) for name in fusion.members}} if fusion is not None and fusion.keep_members else {}


def _choices(ws: Workspace) -> list[dict[str, Any]]:
    """Pixels that each choice has on the map, in the order of the legend."""
    counts = count_values(str(ws.path(paths.CHOICE)))
    legend = choice_legend([one.name for one in members(ws)])
    total = int(counts[1:].sum())
    found = [(entry, int(counts[entry.code])) for entry in legend.classes]
    return [
        {"value": entry.code, "label": entry.label(), "pixels": pixels, "share": pixels / total if total else None}
        for entry, pixels in found
    ]


def _out_of_fold(ws: Workspace, member: str) -> dict[str, Any]:
    """Scores over the runs on the learning polygons, and the classes that could not be tested."""
    by_run, untested = [], {}
    for run in range(ws.runs):
        confusion = np.zeros((256, 256), np.int64)
        for region, name in ws.region_names.items():
            document = read_json(ws.path(paths.trust(region, run, member)))
            codes, matrix = np.array(document["codes"], np.intp), np.array(document["confusion"], np.int64)
            confusion[np.ix_(codes, codes)] += matrix
            missing = [ws.nomenclature[int(code)].alias for code in codes[matrix.sum(axis=1) == 0]]
            if missing:
                untested[f"{name}, run {run}"] = missing
        by_run.append(confusion)
    return {"out_of_fold": _scores(by_run), "untested": untested}


def _scores(confusions: Sequence[np.ndarray]) -> dict[str, Any]:
    found = [scores(confusion) for confusion in confusions]
    return {key: interval(getattr(one, key) for one in found) for key in HEADLINE}
