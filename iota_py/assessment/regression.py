"""Scores of predicted numbers against those of the reference, and the document that keeps them.

An undefined score is NaN in values and null in documents; it never enters a mean.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from iota_py.assessment.language import marked, translator
from iota_py.assessment.metrics import interval, interval_sentence
from iota_py.assessment.wording import count, decimal, draws_counted, over_draws, undefined, verdict_line
from iota_py.nomenclature import Nomenclature

KIND = "regression"  # `kind` of the document
SCORES = ("rmse", "mae", "r2", "bias")
LEVELS = ("polygons", "pixels")
MEANING = marked(
    "Polygons: the mean of the pixels of a validation polygon against its number, each polygon counting once. "
    "Pixels: every pixel against the number of its polygon. Bias: predicted less reference."
)


@dataclass(frozen=True)
class ValueScores:
    """Scores of n pairs. rmse, mae, bias: in the unit of the numbers; r2: at most 1."""

    rmse: float
    mae: float
    r2: float
    bias: float
    n: int


def value_scores(reference: np.ndarray, predicted: np.ndarray) -> ValueScores:
    """Scores of predicted against reference, float (n,), without NaN.

    With e = predicted - reference: rmse = sqrt(mean e²), mae = mean |e|, bias = mean e, r2 = 1 - sum e² / sum (reference - its mean)²,
    the share of the variance that is told (the coefficient of determination, not the square of a correlation); r2 is NaN where all
    references are equal, everything where there is no pair.
    """
    reference, predicted = np.asarray(reference, np.float64), np.asarray(predicted, np.float64)
    if reference.shape != predicted.shape or reference.ndim != 1:
        raise ValueError(f"expected as many predicted as reference numbers, found {predicted.shape} and {reference.shape}")
    if not len(reference):
        return ValueScores(math.nan, math.nan, math.nan, math.nan, 0)
    error = predicted - reference
    squares, total = float((error**2).sum()), float(((reference - reference.mean()) ** 2).sum())
    flat = reference.min() == reference.max() or total == 0
    return ValueScores(
        rmse=math.sqrt(squares / len(error)),
        mae=float(np.abs(error).mean()),
        r2=math.nan if flat else 1 - squares / total,
        bias=float(error.mean()),
        n=len(error),
    )


def polygon_means(pixels: pd.DataFrame) -> pd.DataFrame:
    """One row for each polygon of pixels (`polygon`, `region`, `code`, `target`, `value` float, NaN where the map has none).

    `polygon`, `code`, `target`, `region` (the one where most of its pixels lie), `value` (their mean), `pixels` (number). Pixels without a
    value count for nothing.
    """
    known = pixels[pixels.value.notna()].astype({"value": np.float64})
    grouped = known.groupby("polygon", sort=True)
    counts = known.groupby(["polygon", "region"], sort=True).size().rename("inside").reset_index()
    home = counts.sort_values(["polygon", "inside", "region"], ascending=[True, False, True]).drop_duplicates("polygon")
    found = grouped.agg(code=("code", "first"), target=("target", "first"), value=("value", "mean"), pixels=("value", "size")).reset_index()
    return found.merge(home[["polygon", "region"]], on="polygon")


def regression_document(
    by_run: Sequence[pd.DataFrame], strata: Nomenclature, target: Mapping[str, Any], regions: Mapping[int, str], unit: str = "polygons"
) -> dict[str, Any]:
    """Content of assessment/metrics.json of a run that predicts a number (no NaN: null instead).

    by_run: for each draw its validation pixels, as `polygon_means` takes them. target: `name`, `unit` and what else is to be said of it.
    regions: index -> name.
    """
    if not by_run:
        raise ValueError("scores of no draw: expected at least one")
    levels = {"polygons": [polygon_means(pixels) for pixels in by_run], "pixels": [pixels[pixels.value.notna()] for pixels in by_run]}
    return {
        "kind": KIND,
        "runs": len(by_run),
        "unit": unit,
        "target": dict(target),
        **{level: summary_of(tables) for level, tables in levels.items()},
        "unmapped_pixels": float(np.mean([pixels.value.isna().sum() for pixels in by_run])),
        "regions": _by(levels, regions, "region"),
        "strata": _by(levels, {c.code: c.alias for c in strata.classes}, "code"),
        "meaning": MEANING,
        "interval": interval_sentence(len(by_run), unit),
    }


def summary_of(tables: Sequence[pd.DataFrame]) -> dict[str, Any]:
    """Interval of each score over draws, and the mean number of pairs. tables: `target`, `value` without NaN."""
    found = [value_scores(table.target.to_numpy(), table.value.to_numpy()) for table in tables]
    scores = {name: interval(getattr(one, name) for one in found) for name in SCORES}
    return {**scores, "n": float(np.mean([one.n for one in found]))}


def _by(levels: Mapping[str, Sequence[pd.DataFrame]], names: Mapping[int, str], column: str) -> dict[str, Any]:
    """The scores of each value of a column that some draw has, by its name."""
    found = {}
    for value, name in names.items():
        parts = {level: [table[table[column] == value] for table in tables] for level, tables in levels.items()}
        if any(len(table) for tables in parts.values() for table in tables):
            found[name] = {level: summary_of(tables) for level, tables in parts.items()}
    return found


def score_table(entries: Mapping[str, Any], heading: str) -> pd.DataFrame:
    """`regions` or `strata` of the document as a table: mean and half of the 95 % interval of each score, for polygons and pixels."""
    rows = []
    for name, entry in entries.items():
        for level in LEVELS:
            row: dict[str, Any] = {heading: name, "level": level, "n": entry[level]["n"]}
            for score in SCORES:
                row[score], row[f"{score} ±"] = entry[level][score]["mean"], entry[level][score]["half_width"]
            rows.append(row)
    columns = [heading, "level", "n", *(name for score in SCORES for name in (score, f"{score} ±"))]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[2:], float))


def regression_line(metrics: Mapping[str, Any], language: str = "en") -> str:
    """The result in one line: scores per polygon."""
    _, entry = translator(language), metrics["polygons"]
    symbol = f" {metrics['target']['unit']}" if metrics["target"]["unit"] else ""
    texts = {score: figures(entry[score], language) + (symbol if score != "r2" else "") for score in SCORES}
    values = {**texts, "target": metrics["target"]["name"], "n": count(entry["n"], language), "over": over_draws(metrics, language)}
    return _("%(target)s: RMSE %(rmse)s, MAE %(mae)s, R² %(r2)s, bias %(bias)s over %(n)s validation polygons, %(over)s") % values


def result_line(metrics: Mapping[str, Any]) -> str:
    """The result in one line, of classes or of numbers, from the content of metrics.json."""
    return regression_line(metrics) if metrics.get("kind") == KIND else verdict_line(metrics)


def figures(entry: Mapping[str, Any], language: str = "en") -> str:
    """Mean ± half-width of an `interval`, both with the decimals that give the larger one three figures; the mean alone where there is no
    interval."""
    mean, half = entry["mean"], entry["half_width"]
    if mean is None:
        return undefined(language)
    largest = max(abs(mean), half or 0.0)
    decimals = min(6, max(0, 2 - math.floor(math.log10(largest)))) if largest > 0 else 2
    text = f"{mean:.{decimals}f}" if half is None else f"{mean:.{decimals}f} ± {half:.{decimals}f}"
    return decimal(text, language) + draws_counted(entry, language)
