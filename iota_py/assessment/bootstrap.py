"""Intervals of held-out scores: whole polygons are drawn again, with replacement, for the pixels of one polygon are not independent.

Polygons are drawn inside their class, as the split draws them: how many polygons a class has was decided by who collected them, and is
no chance. Regions are no strata: most classes have but one or two polygons in a region. A stratum of n polygons gives n - 1 draws
of weight n / (n - 1), without which small strata would vary too little (Rao and Wu 1988, Journal of the American Statistical
Association 83). Intervals are percentiles. The models stay as they are: nothing is learnt anew.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

LEVEL, DRAWS = 0.95, 1000
HEADLINES = ("overall_accuracy", "kappa", "f1_macro")
OF_A_CLASS = ("precision", "recall", "f1")
_CELLS = 1 << 22  # weights, or counts of drawn matrices, in memory at once


@dataclass(frozen=True)
class Clusters:
    """Polygons with what was counted in each.

    polygons: their numbers, int64, ascending. runs: numbers of the runs, ascending. codes: classes of the matrices. counts: pixels, sparse
    float64 (polygon, run × reference × map). strata: class of each polygon, that of most of its pixels.
    """

    polygons: np.ndarray
    runs: tuple[int, ...]
    codes: tuple[int, ...]
    counts: sparse.csr_array
    strata: np.ndarray

    def matrices(self) -> np.ndarray:
        """Pixels of each run, float64 (run, reference, map)."""
        return self._shaped(np.asarray(self.counts.sum(axis=0), dtype=np.float64))

    def drawn(self, draws: int, seed: int) -> Iterator[np.ndarray]:
        """Matrices of the runs in each draw, float64 (some draws, run, reference, map), until all draws are given."""
        cells = sparse.csr_array(self.counts.T)
        for weights in _weights(self.strata, draws, seed, max(1, _CELLS // max(cells.shape))):
            yield self._shaped(np.ascontiguousarray((cells @ weights).T))

    def polygons_of(self, code: int) -> int:
        """Number of polygons of a class."""
        return int(np.count_nonzero(self.strata == code))

    def _shaped(self, counts: np.ndarray) -> np.ndarray:
        size = len(self.codes)
        return counts.reshape(*counts.shape[:-1], len(self.runs), size, size)


def clusters(table: pd.DataFrame, codes: Sequence[int]) -> Clusters:
    """The polygons of a table `run`, `polygon`, `code` (reference), `mapped`, `pixels`. codes: ascending.

    Pixels whose map class is not among the codes (0: not classified) are in no matrix, as everywhere. Raises ValueError for an empty table
    and for a reference class that is not among the codes.
    """
    order = np.asarray(codes, np.int64)
    strangers = sorted(set(table.code.tolist()) - set(order.tolist()))
    if table.empty or strangers:
        raise ValueError(f"reference classes {strangers} are not among the codes {order.tolist()}" if strangers else "no polygon")
    polygons, place = np.unique(table.polygon.to_numpy(np.int64), return_inverse=True)
    runs, run = np.unique(table.run.to_numpy(np.int64), return_inverse=True)
    reference, mapped = table.code.to_numpy(np.int64), table.mapped.to_numpy(np.int64)
    pixels, known = table.pixels.to_numpy(np.float64), np.isin(mapped, order)
    cell = (run * order.size + np.searchsorted(order, reference)) * order.size + np.searchsorted(order, np.where(known, mapped, order[0]))
    shape = len(polygons), len(runs) * order.size**2
    counts = sparse.csr_array(sparse.coo_array((pixels[known], (place[known], cell[known])), shape=shape))
    return Clusters(polygons, tuple(runs.tolist()), tuple(order.tolist()), counts, _majority(place, reference, pixels))


def measures_of(codes: Sequence[int]) -> tuple[str, ...]:
    """Every measure: those of the whole, then `precision:<code>`, `recall:<code>` and `f1:<code>` of each class."""
    return *HEADLINES, *(f"{name}:{code}" for code in codes for name in OF_A_CLASS)


def measured(matrices: np.ndarray, codes: Sequence[int], measures: Sequence[str]) -> np.ndarray:
    """Measures of matrices (…, n, n) of counts or weighted counts, float64 (measure, …); NaN where one is undefined.

    As `metrics.scores` has them. Raises ValueError for a measure that does not exist.
    """
    unknown = [name for name in measures if name not in measures_of(codes)]
    if unknown:
        raise ValueError(f"no such measure: {', '.join(unknown)}")
    right = np.diagonal(matrices, axis1=-2, axis2=-1)
    rows, cols, total = matrices.sum(axis=-1), matrices.sum(axis=-2), matrices.sum(axis=(-2, -1))
    f1 = _ratio(2 * right, rows + cols)
    agreed = _ratio(right.sum(axis=-1), total)
    chance = _ratio((rows * cols).sum(axis=-1), total * total)
    whole = {
        "overall_accuracy": agreed,
        "kappa": np.where(np.count_nonzero(rows + cols, axis=-1) > 1, _ratio(agreed - chance, 1 - chance), np.nan),
        "f1_macro": mean_of_defined(f1),
    }
    per_class = {"precision": _ratio(right, cols), "recall": _ratio(right, rows), "f1": f1}
    found = []
    for name in measures:
        measure, _, code = name.partition(":")
        found.append(per_class[measure][..., list(codes).index(int(code))] if code else whole[measure])
    return np.stack(found)


def mean_of_defined(values: np.ndarray) -> np.ndarray:
    """Mean over the last axis of what is not NaN; NaN where nothing is."""
    known = ~np.isnan(values)
    return _ratio(np.where(known, values, 0.0).sum(axis=-1), known.sum(axis=-1).astype(np.float64))


def drawn_scores(found: Clusters, measures: Sequence[str], draws: int, seed: int) -> np.ndarray:
    """Measures of every draw, each the mean over the runs where it is defined, float64 (measure, draw)."""
    parts = [mean_of_defined(measured(matrices, found.codes, measures)) for matrices in found.drawn(draws, seed)]
    return np.concatenate(parts, axis=1)


def percentiles(values: np.ndarray, level: float = LEVEL) -> tuple[float, float]:
    """Interval that holds this share of the defined values, as many left out below as above; NaN without any."""
    known = values[~np.isnan(values)]
    if not known.size:
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


@dataclass(frozen=True)
class Scored:
    """Measures of some polygons. by_run: (measure, run), NaN where undefined. limits: (measure, 2), of their means over runs, NaN where there are none."""

    clusters: Clusters
    measures: tuple[str, ...]
    by_run: np.ndarray
    limits: np.ndarray
    draws: int


def scored(table: pd.DataFrame, codes: Sequence[int], draws: int = DRAWS, seed: int = 0) -> Scored:
    """Every measure of the polygons of a table (as `clusters`) and its 95 % interval.

    Several runs: of the mean over runs, where a polygon is drawn with all its runs. A class of fewer than two polygons has no interval, and neither
    has the whole of fewer than two.
    """
    found, measures = clusters(table, codes), measures_of(codes)
    limits = np.array([percentiles(row) for row in drawn_scores(found, measures, draws, seed)])
    for place, name in enumerate(measures):
        _, _, code = name.partition(":")
        if (found.polygons_of(int(code)) if code else len(found.polygons)) < 2:
            limits[place] = np.nan
    return Scored(found, measures, measured(found.matrices(), found.codes, measures), limits, draws)


def bootstrap_document(found: Scored, unit: str) -> dict[str, Any]:
    """Entry `bootstrap` of metrics.json: `values` measure -> [low, high], None where there is no interval. unit: what is drawn (`polygons`, `series`)."""
    numbered = {str(code): found.clusters.polygons_of(code) for code in found.clusters.codes}
    return {
        "level": LEVEL,
        "draws": found.draws,
        "unit": unit,
        "units": len(found.clusters.polygons),
        "units_of_class": numbered,
        "meaning": meaning(unit, len(found.clusters.runs)),
        "values": {
            name: None if np.isnan(low) else [low, high] for name, (low, high) in zip(found.measures, found.limits.tolist(), strict=True)
        },
    }


def meaning(unit: str, runs: int) -> str:
    """What these intervals are, and what they are not."""
    several = f", of the mean over {runs} runs where a unit is drawn with all its runs" if runs > 1 else ""
    return (
        f"95 % intervals by drawing held-out {unit} again with replacement inside their class{several}: how far the scores of these models "
        f"would vary on other {unit} like these. They are not the accuracy of the map."
    )


def _weights(strata: np.ndarray, draws: int, seed: int, block: int) -> Iterator[np.ndarray]:
    """Weights of the polygons in each draw, float64 (polygon, some draws). A stratum of one polygon keeps it."""
    stream = np.random.default_rng([zlib.crc32(b"polygon bootstrap"), seed])
    members = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
    for start in range(0, draws, block):
        width = min(block, draws - start)
        weights = np.ones((strata.size, width))
        for rows in members:
            size = rows.size
            if size > 1:
                picks = stream.integers(0, size, (size - 1, width)) * width + np.arange(width)
                weights[rows] = np.bincount(picks.ravel(), minlength=size * width).reshape(size, width) * (size / (size - 1))
        yield weights


def _majority(place: np.ndarray, reference: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """Class of most pixels of each polygon, the lowest code of several."""
    totals = pd.DataFrame({"place": place, "code": reference, "pixels": pixels}).groupby(["place", "code"])["pixels"].sum().reset_index()
    order = np.lexsort((totals["code"], -totals["pixels"], totals["place"]))
    largest = totals.iloc[order].drop_duplicates("place")
    return largest["code"].to_numpy(np.int64)


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole, NaN where whole is not above 0."""
    return np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0)
