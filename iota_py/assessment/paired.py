"""Two runs on the same held-out polygons: by how much their scores differ, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from iota_py.assessment.bootstrap import (
    HEADLINES,
    OF_A_CLASS,
    Clusters,
    clusters,
    drawn_scores,
    mean_of_defined,
    measured,
    percentiles,
)

FEW = 25  # discordant pixels below which McNemar's test counts exactly


@dataclass(frozen=True)
class Difference:
    """A measure of two runs on the polygons of both: means over runs, NaN where undefined.

    difference: other - baseline. low, high: its 95 % percentile interval. p_value: two-sided, of a difference of none. polygons: drawn from.
    """

    measure: str
    baseline: float
    other: float
    difference: float
    low: float
    high: float
    p_value: float
    polygons: int


def shared_polygons(baseline: pd.DataFrame, other: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of two tables of polygon scores whose run and polygon are in both. Raises ValueError when there are none."""
    keys = ["run", "polygon"]
    both = baseline[keys].drop_duplicates().merge(other[keys].drop_duplicates(), on=keys)
    if both.empty:
        raise ValueError("no run and polygon in common")
    found = tuple(table.merge(both, on=keys) for table in (baseline, other))
    return found[0], found[1]


def paired_bootstrap(
    baseline: pd.DataFrame,
    other: pd.DataFrame,
    codes: Sequence[int],
    measures: Sequence[str] = HEADLINES,
    draws: int = 2000,
    seed: int = 0,
) -> list[Difference]:
    """Differences of two runs on the polygons that both held out, by drawing these polygons again for both at once.

    Tables: `run`, `polygon`, `code`, `mapped`, `pixels`. measures: as `bootstrap.measures_of`. A polygon is drawn with all its runs. p_value:
    twice the smaller share of draws on either side of 0, draws and the observed one counted together (Davison and Hinkley 1997, section 4.2).
    A measure of a class with fewer than two polygons has neither interval nor p_value. Raises ValueError when they share no polygon.
    """
    pair = tuple(clusters(table, codes) for table in shared_polygons(baseline, other))
    before, after = (mean_of_defined(measured(found.matrices(), found.codes, measures)) for found in pair)
    drawn = _together(pair[0], pair[1], measures, draws, seed)
    return [_difference(name, float(a), float(b), row, pair[0]) for name, a, b, row in zip(measures, before, after, drawn, strict=True)]


def clustered_mcnemar(baseline: pd.DataFrame, other: pd.DataFrame) -> tuple[float, float]:
    """Test of equal overall accuracy for pixels in clusters: chi-square of one degree of freedom, and its p-value.

    Obuchowski 1998 (Statistics in Medicine 17, 1495-1507), variance under equal proportions: with d_k the pixels of polygon k that only
    `other` has right less those that only `baseline` has, over K polygons, (K - 1) / K × (sum d_k)² / sum d_k². Pixels that a map leaves
    without a class count as wrong. NaN for fewer than two polygons, and where polygons do not hold as many pixels in both, which are then other
    pixels; (0, 1) where no polygon tells them apart.
    """
    tables = shared_polygons(baseline, other)
    totals = [table.groupby(["run", "polygon"]).pixels.sum() for table in tables]
    if not totals[0].equals(totals[1]):
        return math.nan, math.nan
    right = [_right(table) for table in tables]
    return clustered_chi_square((right[1] - right[0]).to_numpy(np.float64))


def clustered_chi_square(differences: np.ndarray) -> tuple[float, float]:
    """The statistic of `clustered_mcnemar` and its p-value. differences: one d_k for each cluster."""
    size, spread = differences.size, float(np.square(differences).sum())
    if size < 2:
        return math.nan, math.nan
    if spread == 0:
        return 0.0, 1.0
    statistic = (size - 1) / size * float(differences.sum()) ** 2 / spread
    return statistic, float(stats.chi2.sf(statistic, 1))


def mcnemar(b: int, c: int) -> tuple[float, float]:
    """McNemar's test for independent pixels: b right in the first map alone, c in the second alone; (statistic, p-value).

    Below 25 of them together the exact two-sided binomial test, whose statistic is min(b, c); from there chi-square of one degree of freedom with
    the continuity correction, (|b - c| - 1)² / (b + c) (McNemar 1947, Psychometrika 12; Edwards 1948, Psychometrika 13).
    Raises ValueError for a count below 0.
    """
    if b < 0 or c < 0:
        raise ValueError(f"McNemar's test of {b} and {c} pixels: expected none below 0")
    if b + c < FEW:
        return float(min(b, c)), float(stats.binomtest(b, b + c, 0.5).pvalue) if b + c else 1.0
    statistic = max(abs(b - c) - 1, 0) ** 2 / (b + c)
    return statistic, float(stats.chi2.sf(statistic, 1))


def _together(baseline: Clusters, other: Clusters, measures: Sequence[str], draws: int, seed: int) -> np.ndarray:
    """Difference of every measure in every draw, float64 (measure, draw). Both hold the same polygons, so one seed draws the same ones."""
    if not np.array_equal(baseline.polygons, other.polygons) or not np.array_equal(baseline.strata, other.strata):
        raise ValueError("the polygons of both have other reference classes")
    return drawn_scores(other, measures, draws, seed) - drawn_scores(baseline, measures, draws, seed)


def _difference(measure: str, before: float, after: float, drawn: np.ndarray, found: Clusters) -> Difference:
    name, _, code = measure.partition(":")
    polygons = found.polygons_of(int(code)) if name in OF_A_CLASS and code else len(found.polygons)
    known = drawn[~np.isnan(drawn)]
    if polygons < 2 or not known.size or math.isnan(after - before):
        return Difference(measure, before, after, after - before, math.nan, math.nan, math.nan, polygons)
    low, high = percentiles(known)
    below, above = int(np.count_nonzero(known <= 0)), int(np.count_nonzero(known >= 0))
    p_value = min(1.0, 2 * (min(below, above) + 1) / (known.size + 1))
    return Difference(measure, before, after, after - before, low, high, p_value, polygons)


def _right(table: pd.DataFrame) -> pd.Series:
    """Pixels of each polygon that have the class of the reference, all runs together, in ascending order of polygons."""
    right = table.pixels.where(table.code == table.mapped, 0)
    return right.groupby(table.polygon).sum()
