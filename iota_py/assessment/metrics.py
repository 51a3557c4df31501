"""Scores of confusion matrices, their variation between draws of polygons, and the document that keeps them.

An undefined score (0 / 0) is NaN in arrays and null in documents; it never enters a mean.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from iota_py.nomenclature import Nomenclature

LEVEL = 0.95
# Aliases are identifiers, so a heading with a space or an apostrophe cannot be taken for a class.
REFERENCE_TOTAL, MAP_TOTAL = "reference total", "map total"
PRODUCERS, USERS = "producer's accuracy", "user's accuracy"


@dataclass(frozen=True)
class Scores:
    """Scores of one matrix, 0 to 1 (kappa may be negative). Arrays are (class,) in the order of the matrix.

    precision is the user's accuracy, recall the producer's accuracy, support the reference pixels (int64) of each class.
    """

    overall_accuracy: float
    kappa: float
    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    support: np.ndarray
    f1_macro: float


def scores(confusion: np.ndarray) -> Scores:
    """Scores of a matrix (n, n) of counts, reference in rows.

    Kappa: Cohen 1960, (p_o - p_e) / (1 - p_e), NaN where p_e = 1. F1 of a class: 2 n_kk / (n_k. + n_.k), which is the harmonic mean
    of precision and recall wherever both are defined; a class that is only in the map, or only in the reference, has 0; a
    class that is in neither has NaN. f1_macro: mean of the defined F1.
    Raises ValueError when the matrix is not square or holds a negative count.
    """
    matrix = _checked(confusion)
    right = np.diagonal(matrix).astype(np.float64)
    in_reference, in_map, total = matrix.sum(axis=1), matrix.sum(axis=0), int(matrix.sum())
    f1 = _ratio(2 * right, in_reference + in_map)
    # Shares before products: products of counts of a national map would overflow int64.
    observed = float(right.sum() / total) if total else math.nan
    chance = float((in_reference / total) @ (in_map / total)) if total else math.nan
    single = np.count_nonzero(in_reference + in_map) == 1
    return Scores(
        overall_accuracy=observed,
        kappa=math.nan if single or not total else (observed - chance) / (1 - chance),
        precision=_ratio(right, in_map),
        recall=_ratio(right, in_reference),
        f1=f1,
        support=in_reference.astype(np.int64),
        f1_macro=_mean(f1[~np.isnan(f1)]),
    )


def interval(values: Iterable[float]) -> dict[str, Any]:
    """Mean of the values of several draws and its 95 % Student interval, `n - 1` degrees of freedom.

    NaN values are left out; `n` counts the others, `undefined` the NaN ones, `values` keeps all in order (None for NaN). std has
    `n - 1` in its denominator. With one value ci95, half_width and std are None; with none the mean is None too.
    The interval is not cut at 0 or 1.
    """
    given = np.array(list(values), dtype=np.float64)
    known = given[~np.isnan(given)]
    mean = _or_none(_mean(known))
    std = half_width = ci95 = None
    if known.size > 1:
        std = float(known.std(ddof=1))
        half_width = float(stats.t.ppf((1 + LEVEL) / 2, known.size - 1)) * std / math.sqrt(known.size)
        ci95 = [mean - half_width, mean + half_width]
    return {
        "mean": mean,
        "ci95": ci95,
        "half_width": half_width,
        "std": std,
        "values": [_or_none(v) for v in given.tolist()],
        "n": int(known.size),
        "undefined": int(given.size - known.size),
    }


def metrics_document(confusions: Sequence[np.ndarray], nomenclature: Nomenclature, unit: str = "polygons") -> dict[str, Any]:
    """Content of assessment/metrics.json (no NaN: null instead).

    confusions: one matrix per draw, in the order of the nomenclature. unit: what the draws are made of (`polygons`, `series`).
    """
    if not confusions:
        raise ValueError("metrics of no draw: expected at least one confusion matrix")
    runs = [scores(_checked(matrix, len(nomenclature.classes))) for matrix in confusions]
    per_class = {
        str(c.code): {
            "alias": c.alias,
            "name": c.label(),
            "precision": interval(run.precision[k] for run in runs),
            "recall": interval(run.recall[k] for run in runs),
            "f1": interval(run.f1[k] for run in runs),
            "support": float(np.mean([run.support[k] for run in runs])),
        }
        for k, c in enumerate(nomenclature.classes)
    }
    return {
        "runs": len(runs),
        "overall_accuracy": interval(run.overall_accuracy for run in runs),
        "kappa": interval(run.kappa for run in runs),
        "f1_macro": interval(run.f1_macro for run in runs),
        "per_class": per_class,
        "unit": unit,
        "interval": interval_sentence(len(runs), unit),
    }


def confusion_table(confusion: np.ndarray, nomenclature: Nomenclature) -> pd.DataFrame:
    """The matrix as a table: a row per reference alias, a column per map alias, then the totals and the accuracies.

    Last column: producer's accuracy of the row; last row: user's accuracy of the column; their corner: overall accuracy. Counts are
    ints, accuracies floats (NaN where undefined), cells without meaning empty strings.
    """
    matrix = _checked(confusion, len(nomenclature.classes))
    score = scores(matrix)
    rows = [[*counts, sum(counts), recall] for counts, recall in zip(matrix.tolist(), score.recall.tolist(), strict=True)]
    rows.append([*matrix.sum(axis=0).tolist(), int(matrix.sum()), ""])
    rows.append([*score.precision.tolist(), "", score.overall_accuracy])
    aliases = [c.alias for c in nomenclature.classes]
    index = pd.Index([*aliases, MAP_TOTAL, USERS], name="reference")
    return pd.DataFrame(rows, index=index, columns=[*aliases, REFERENCE_TOTAL, PRODUCERS], dtype=object)


def _checked(confusion: np.ndarray, size: int | None = None) -> np.ndarray:
    matrix = np.asarray(confusion)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or (size is not None and matrix.shape[0] != size):
        side = "n" if size is None else str(size)
        raise ValueError(f"confusion matrix has shape {matrix.shape}: expected ({side}, {side})")
    if matrix.dtype.kind not in "iu" or np.any(matrix < 0):
        raise ValueError("confusion matrix: expected whole counts, none negative")
    return matrix


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole, NaN where whole is 0."""
    return np.divide(part, whole, out=np.full(whole.shape, math.nan), where=whole > 0)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else math.nan


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def interval_sentence(runs: int, unit: str) -> str:
    """What the intervals over draws are, and what they are not."""
    meaning = f"the variation between draws of {unit}, not the accuracy of the map"
    if runs == 1:
        return f"One draw of {unit}: no interval, for it would describe {meaning}."
    return (
        f"95 % Student intervals over {runs} draws of {unit}, {runs - 1} degrees of freedom (one less than the defined values, "
        f"where a score is undefined in some draws). They describe {meaning}."
    )
