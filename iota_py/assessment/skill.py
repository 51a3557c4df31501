"""Scores and matrices of held-out polygons at every level: all, by run, region and tile. Model skill, not the accuracy of the map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from iota_py.assessment.bootstrap import DRAWS, LEVEL, Scored, scored
from iota_py.nomenclature import Nomenclature

PLACES = ("region", "tile")
UNCLASSIFIED = "(none)"  # no alias of a class: these are identifiers
COLUMNS = ["level", "place", "run", "class", "measure", "mean", "half_width", "low", "high", "runs", "polygons", "pixels"]


def level_scores(table: pd.DataFrame, classes: Nomenclature, whole: Scored, draws: int = DRAWS) -> pd.DataFrame:
    """Table `COLUMNS`, a row for each level, place, class (alias; empty: all of them) and measure.

    table: polygon scores. classes: of the matrices. whole: scores of all the polygons. level: all, run, region, region_run, tile; `place` names the
    region or tile, `run` is empty over all runs. mean, half_width: over runs, 95 % Student. low, high: by drawing polygons again. runs:
    where the measure is defined. polygons: different ones, of all runs. pixels: of the reference, mean over runs. Undefined numbers are NaN.
    """
    parts = [_rows("all", "", "", whole, classes)]
    parts += [_scored_rows("run", "", str(run), rows, classes, draws) for run, rows in table.groupby("run", sort=True)]
    for level in PLACES:
        for place, rows in _places(table, level):
            parts.append(_scored_rows(level, place, "", rows, classes, draws))
            if level == "region":  # tiles are many: their matrices of each run are in `level_matrices`
                parts += [_scored_rows("region_run", place, str(run), own, classes, draws) for run, own in rows.groupby("run", sort=True)]
    return pd.concat(parts, ignore_index=True)


def level_matrices(table: pd.DataFrame, aliases: Mapping[int, str]) -> pd.DataFrame:
    """Confusion matrices as rows `level` (all, region, tile), `place`, `run`, `reference`, `map` (aliases), `pixels` above 0.

    aliases: code -> alias of every class. Pixels that the map left unclassified have `(none)`.
    """
    cells = ["run", "code", "mapped"]
    parts = [table.groupby(cells, as_index=False).pixels.sum().assign(level="all", place="")]
    for level in PLACES:
        named = table[table[level] != ""].assign(level=level, place=table[level])
        parts.append(named.groupby(["level", "place", *cells], as_index=False, observed=True).pixels.sum())
    found, names = pd.concat(parts, ignore_index=True), {0: UNCLASSIFIED, **aliases}
    found = found.assign(reference=found.code.map(names), map=found.mapped.map(names))
    return found[["level", "place", "run", "reference", "map", "pixels"]]


def shares_of(confusion: np.ndarray, axis: int) -> np.ndarray:
    """A matrix (n, n) with each row (axis 1) or each column (axis 0) as shares of its total; NaN where that is 0.

    By row the diagonal holds the producer's accuracies, by column the user's.
    """
    totals = np.broadcast_to(confusion.sum(axis=axis, keepdims=True), confusion.shape)
    return np.divide(confusion, totals, out=np.full(confusion.shape, np.nan), where=totals > 0)


def share_table(confusion: np.ndarray, classes: Nomenclature, axis: int) -> pd.DataFrame:
    """`shares_of` with a row for each reference alias and a column for each map alias."""
    aliases = [c.alias for c in classes.classes]
    return pd.DataFrame(shares_of(confusion, axis), index=pd.Index(aliases, name="reference"), columns=aliases)


def _places(table: pd.DataFrame, level: str) -> Iterator[tuple[str, pd.DataFrame]]:
    for place, rows in table.groupby(level, sort=True, observed=True):
        if place != "":
            yield str(place), rows


def _scored_rows(level: str, place: str, run: str, rows: pd.DataFrame, classes: Nomenclature, draws: int) -> pd.DataFrame:
    seen = {*rows.code.tolist(), *rows.mapped.tolist()}
    return _rows(level, place, run, scored(rows, [code for code in classes.codes if code in seen], draws), classes)


def _rows(level: str, place: str, run: str, found: Scored, classes: Nomenclature) -> pd.DataFrame:
    mean, half_width, defined = over_runs(found.by_run)
    codes = [int(name.partition(":")[2] or 0) for name in found.measures]
    support = found.clusters.matrices().sum(axis=-1).mean(axis=0)
    pixels = {0: float(support.sum()), **dict(zip(found.clusters.codes, support.tolist(), strict=True))}
    polygons = {0: len(found.clusters.polygons), **{code: found.clusters.polygons_of(code) for code in found.clusters.codes}}
    columns: dict[str, Sequence[object] | np.ndarray | str] = {
        "level": level,
        "place": place,
        "run": run,
        "class": [classes[code].alias if code else "" for code in codes],
        "measure": [name.partition(":")[0] for name in found.measures],
        "mean": mean,
        "half_width": half_width,
        "low": found.limits[:, 0],
        "high": found.limits[:, 1],
        "runs": defined,
        "polygons": [polygons[code] for code in codes],
        "pixels": [pixels[code] for code in codes],
    }
    return pd.DataFrame(columns)[COLUMNS]


def over_runs(by_run: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and half of the 95 % Student interval of each row of (measure, run), as `metrics.interval`, and in how many runs it is defined."""
    known = ~np.isnan(by_run)
    number = known.sum(axis=1)
    mean = _ratio(np.where(known, by_run, 0.0).sum(axis=1), number)
    squares = np.where(known, np.square(by_run - mean[:, None]), 0.0).sum(axis=1)
    std = np.sqrt(_ratio(squares, number - 1))
    factor = stats.t.ppf((1 + LEVEL) / 2, np.maximum(number - 1, 1))
    return mean, factor * std / np.sqrt(np.maximum(number, 1)), number


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
