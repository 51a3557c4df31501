"""Scores of a cross-validation by polygon at random beside those by blocks of ground, and the gap between them.

Polygons drawn at random lie beside those that were learnt; blocks do not. The gap says how much of the first score is owed to neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from iota_py.assessment.language import marked, translator
from iota_py.assessment.metrics import Scores, interval, scores
from iota_py.assessment.wording import decimal, score, spread

RANDOM, SPATIAL = "polygon", "blocks"
MEASURES = {
    "overall_accuracy": marked("overall accuracy"),
    "balanced_accuracy": marked("balanced accuracy"),
    "f1_macro": marked("mean F1"),
}
ALL = marked("all")
SAMPLES = marked(
    "Fitted on the samples that learn in any run, region by region, without samples of buffers, borrowed or made ones; "
    "each region has folds of its own."
)


@dataclass(frozen=True, eq=False)
class FoldResult:
    """One fold of one region. confusion: (n, n), reference in rows, the same classes in every fold; None where it could not be, and why."""

    region: str
    kind: str
    fold: int
    confusion: np.ndarray | None
    why: str = ""


def balanced_accuracy(found: Scores) -> float:
    """Mean recall of the classes that the reference holds; NaN where it holds none."""
    there = found.support > 0
    return float(found.recall[there].mean()) if there.any() else math.nan


def gap_document(results: Sequence[FoldResult], folds: int, block: float) -> dict[str, Any]:
    """Content of assessment/cross_validation.json.

    Matrices of one kind and fold are added up over the regions, then scored; Student intervals over folds. gap: random minus spatial
    mean, null where one of them is missing. `regions` holds the same of each region where there are several.
    """
    kinds = [kind for kind in (RANDOM, SPATIAL) if any(result.kind == kind for result in results)]
    names = list(dict.fromkeys(result.region for result in results))
    document: dict[str, Any] = {"folds": folds, "block": block, "samples": SAMPLES, **_compared(results, kinds, folds)}
    document["regions"] = (
        {name: _compared([r for r in results if r.region == name], kinds, folds) for name in names} if len(names) > 1 else {}
    )
    document["left_out"] = [{"region": r.region, "kind": r.kind, "fold": r.fold, "why": r.why} for r in results if r.confusion is None]
    document["interval"] = marked(
        "95 % Student intervals over the folds, which share most of what they learn from: they describe the variation between folds, "
        "not the accuracy of the map."
    )
    return document


def _compared(results: Sequence[FoldResult], kinds: Iterable[str], folds: int) -> dict[str, Any]:
    by_kind = {kind: _scored([r for r in results if r.kind == kind], folds) for kind in kinds}
    gap: dict[str, float | None] | None = None
    if {RANDOM, SPATIAL} <= by_kind.keys():
        pairs = {key: (by_kind[RANDOM][key]["mean"], by_kind[SPATIAL][key]["mean"]) for key in MEASURES}
        gap = {key: None if None in pair else pair[0] - pair[1] for key, pair in pairs.items()}
    return {"kinds": by_kind, "gap": gap}


def _scored(results: Sequence[FoldResult], folds: int) -> dict[str, Any]:
    """Intervals of the scores over the folds that a region at least gave a matrix for."""
    found = []
    for fold in range(folds):
        matrices = [r.confusion for r in results if r.fold == fold and r.confusion is not None]
        if matrices:
            found.append(scores(np.sum(matrices, axis=0)))
    values = {
        "overall_accuracy": [one.overall_accuracy for one in found],
        "balanced_accuracy": [balanced_accuracy(one) for one in found],
        "f1_macro": [one.f1_macro for one in found],
    }
    return {key: interval(value) for key, value in values.items()} | {"folds": len(found)}


def gap_table(document: Mapping[str, Any]) -> pd.DataFrame:
    """One row for each region (all first), kind and the gap: columns region, folds by, and mean and ± of each measure."""
    rows = []
    for name, part in {ALL: document, **document["regions"]}.items():
        for kind, entry in _in_order(part["kinds"]):
            row: dict[str, Any] = {"region": name, "folds": kind_words(kind, document["block"])}
            for key, words in MEASURES.items():
                row[words], row[f"{words} ±"] = entry[key]["mean"], entry[key]["half_width"]
            rows.append(row)
        if part["gap"] is not None:
            rows.append({"region": name, "folds": "gap", **{words: part["gap"][key] for key, words in MEASURES.items()}})
    columns = ["region", "folds", *(name for words in MEASURES.values() for name in (words, f"{words} ±"))]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[2:], float))


def gap_rows(document: Mapping[str, Any], language: str = "en") -> list[dict[str, str]]:
    """The same table as texts, for the page: mean ± half-width."""
    _, rows = translator(language), []
    for name, part in {_(ALL): document, **document["regions"]}.items():
        for kind, entry in _in_order(part["kinds"]):
            texts = {key: spread(entry[key], language) for key in MEASURES}
            rows.append({"region": name, "folds": kind_words(kind, document["block"], language), **texts})
        if part["gap"] is not None:
            rows.append({"region": name, "folds": _("gap"), **{key: score(part["gap"][key], language) for key in MEASURES}})
    return rows


def gap_line(document: Mapping[str, Any]) -> str:
    """The result on one line, for the screen."""
    parts = [f"{spread(entry['overall_accuracy'])} {kind_words(kind, document['block'])}" for kind, entry in _in_order(document["kinds"])]
    gap = document["gap"]
    words = f", gap {score(gap['overall_accuracy'])} (mean F1 {score(gap['f1_macro'])})" if gap else ""
    left = f"; {len(document['left_out'])} folds left out" if document["left_out"] else ""
    return f"cross-validation, {document['folds']} folds: overall accuracy {', '.join(parts)}{words}{left}"


def _in_order(kinds: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Random first: a file keeps its keys in alphabetical order."""
    return [(kind, kinds[kind]) for kind in (RANDOM, SPATIAL) if kind in kinds]


def kind_words(kind: str, block: float, language: str = "en") -> str:
    """What the folds are made of."""
    _ = translator(language)
    if kind == RANDOM:
        return _("by polygon, at random")
    return _("by blocks of %(side)s m") % {"side": decimal(f"{block:g}", language)}
