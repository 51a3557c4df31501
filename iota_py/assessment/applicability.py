"""What is said of where the models apply: how much of the map, and whether models are right where they say that they apply."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from iota_py.nomenclature import Nomenclature

EDGES = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0)  # upper ends of classes of the index over its threshold; the last class has none
AREA_COLUMNS = ["region", "code", "class", "pixels", "inside", "share", "hectares", "hectares_inside"]
FOLD_COLUMNS = ["region", "kind", "fold", "samples", "median", "upper_decile", "inside", "distance", "overall_accuracy"]


def area_table(counts: np.ndarray, regions: Mapping[int, str], nomenclature: Nomenclature, hectare: float) -> pd.DataFrame:
    """A row for each region and class on the map, AREA_COLUMNS. counts: pixels (region, code, outside or inside). hectare: hectares of a
    pixel."""
    rows = []
    for region, name in sorted(regions.items()):
        for one in nomenclature.classes:
            outside, inside = counts[region, one.code].tolist()
            if outside + inside:
                pixels = outside + inside
                rows.append((name, one.code, one.alias, pixels, inside, inside / pixels, pixels * hectare, inside * hectare))
    return pd.DataFrame(rows, columns=AREA_COLUMNS)


def area_document(table: pd.DataFrame) -> dict[str, Any]:
    """Pixels and the share of them inside: of the map, and of each region and class."""
    return {"map": _share(table), "regions": _shares(table, "region"), "classes": _shares(table, "class")}


def _shares(table: pd.DataFrame, column: str) -> list[dict[str, Any]]:
    return [{"name": str(name), **_share(group)} for name, group in table.groupby(column, sort=False)]


def _share(table: pd.DataFrame) -> dict[str, Any]:
    pixels, inside = int(table.pixels.sum()), int(table.inside.sum())
    return {"pixels": pixels, "inside": inside, "share": inside / pixels if pixels else None, "hectares": float(table.hectares.sum())}


def accuracy_document(ratio: np.ndarray, right: np.ndarray) -> dict[str, Any]:
    """How often models are right inside and outside, and by classes of the index. ratio: index over threshold, float64 (sample,); right: bool."""
    edges = [0.0, *EDGES, np.inf]
    classes = [
        {"low": low, "high": None if np.isinf(high) else high, **_right(right[_between(ratio, low, high)])} for low, high in pairwise(edges)
    ]
    return {"inside": _right(right[ratio <= 1]), "outside": _right(right[ratio > 1]), "classes": classes}


def _between(ratio: np.ndarray, low: float, high: float) -> np.ndarray:
    """Above low, up to high; 0 is in the first."""
    return ((ratio > low) | (low == 0)) & (ratio <= high)


def _right(right: np.ndarray) -> dict[str, Any]:
    return {"samples": len(right), "overall_accuracy": float(right.mean()) if len(right) else None}


def fold_row(
    place: tuple[str, str, int], index: np.ndarray, threshold: float, distance: np.ndarray, accuracy: float | None
) -> tuple[Any, ...]:
    """A row of FOLD_COLUMNS. place: region, kind and number of the fold. index, distance: of its held-out samples from those learnt, distance in
    metres, empty where samples have no place. accuracy: of the cross-validation, None without."""
    known, near = index[np.isfinite(index)], distance[np.isfinite(distance)]
    numbers = np.quantile(known, [0.5, 0.9]).tolist() if len(known) else [None, None]
    inside = float((known <= threshold).mean()) if len(known) else None
    return (*place, len(index), *numbers, inside, float(np.median(near)) if len(near) else None, accuracy)


def fold_means(table: pd.DataFrame) -> list[dict[str, Any]]:
    """For each kind of folds, means over all its samples: share inside, and median of the medians of the index and of the distance."""
    found = []
    for kind, group in table.groupby("kind", sort=False):
        known, scored = group[group.inside.notna()], group[group.overall_accuracy.notna()]
        found.append(
            {
                "kind": str(kind),
                "folds": len(group),
                "median": float(known["median"].median()) if len(known) else None,
                "distance": None if group.distance.isna().all() else float(group.distance.median()),
                "inside": float(np.average(known.inside, weights=known.samples)) if len(known) else None,
                "overall_accuracy": float(np.average(scored.overall_accuracy, weights=scored.samples)) if len(scored) else None,
            }
        )
    return found
