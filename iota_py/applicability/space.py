"""The space in which a model's samples and pixels are compared, and the dissimilarity of pixels in it.

Features less their mean, divided by their standard deviation, times their importance to the model (Meyer and Pebesma 2021), turned onto
their first principal components; one coordinate more is the length of what these leave. Distances there are never larger than in
the whole space, and the threshold is of the same distances. Nothing is drawn at random.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from threadpoolctl import threadpool_limits

from iota_py.applicability.cells import Cells, mean_distance
from iota_py.applicability.kernels import BLOCK, project
from iota_py.moments import moments

CHECKED = 512  # samples whose nearest one is looked for in all cells too
_NO_VARIANCE = 1e-9  # of a component, as a share of all


@dataclass(frozen=True)
class Wish:
    """components: at most so many. share: of the weighted variance that is enough. visited: cells in which the nearest sample is looked for.
    samples: at most so many are kept, evenly spaced in their order."""

    components: int = 31
    share: float = 0.99
    visited: int = 8
    samples: int = 100_000


@dataclass(frozen=True, eq=False)
class Axes:
    """From features to coordinates. features: number taken. columns: int64, those that count.

    lines: float32 (2, column), factor and offset. axes: float32 (column, component). share: of the weighted variance that they keep.
    """

    features: int
    columns: np.ndarray
    lines: np.ndarray
    axes: np.ndarray
    share: float

    @property
    def width(self) -> int:
        """Number of coordinates."""
        return -(-(self.axes.shape[1] + 1) // 4) * 4

    def points(self, features: np.ndarray) -> np.ndarray:
        """Coordinates float32 (pixel, coordinate) of features int16 (pixel, feature): the components, the length of what they leave, and zeros up to a
        multiple of four."""
        if features.dtype != np.int16 or features.ndim != 2 or features.shape[1] != self.features:
            raise ValueError(f"expected (pixel, {self.features}) int16, found {features.shape} {features.dtype}")
        out = np.zeros((len(features), self.width), np.float32)
        project(np.ascontiguousarray(features), self.columns, self.lines, self._blocks, out[:, : self.axes.shape[1] + 1])
        return out

    @cached_property
    def _blocks(self) -> np.ndarray:
        """The axes as the kernel takes them."""
        columns, count = self.axes.shape
        padded = np.pad(self.axes, ((0, 0), (0, -count % BLOCK)))
        return np.ascontiguousarray(padded.reshape(columns, -1, BLOCK).transpose(1, 0, 2))


@dataclass(frozen=True, eq=False)
class Space:
    """Where a model applies. cells: its samples. visited: cells that are looked at. mean_distance: d̄. threshold: of the index."""

    axes: Axes
    cells: Cells
    visited: int
    mean_distance: float
    threshold: float

    def index(self, features: np.ndarray) -> np.ndarray:
        """Dissimilarity float32 (pixel,) of features int16 (pixel, feature), 0 for a sample."""
        return self.cells.distances(self.axes.points(features), self.visited) / np.float32(self.mean_distance)

    def arrays(self) -> dict[str, np.ndarray]:
        """What a file keeps of it."""
        numbers = np.array([self.axes.features, self.axes.share, self.visited, self.mean_distance, self.threshold])
        own, cells = self.axes, self.cells
        found = {"columns": own.columns, "lines": own.lines, "axes": own.axes, "numbers": numbers}
        return {**found, "samples": cells.samples, "ends": cells.ends, "middles": cells.middles, "rows": cells.rows}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Space:
        """The inverse of `arrays`. ValueError or KeyError for others."""
        features, share, visited, between, threshold = arrays["numbers"].tolist()
        axes = Axes(int(features), arrays["columns"], arrays["lines"], arrays["axes"], share)
        cells = Cells(*(arrays[name] for name in ("samples", "ends", "middles", "rows")))
        width = axes.width
        shapes = axes.lines.shape, axes.axes.shape[0], cells.samples.shape, cells.middles.shape, len(cells.rows)
        count = len(cells.samples)
        wanted = (2, len(axes.columns)), len(axes.columns), (count, width), (len(cells.ends), width), count
        if shapes != wanted or cells.ends[-1] != count:
            raise ValueError(f"arrays that do not go together: {shapes}")
        return cls(axes, cells, int(visited), between, threshold)


def fit_axes(features: np.ndarray, importance: np.ndarray, wish: Wish) -> Axes:
    """The space of learning samples int16 (sample, feature) whose features have this importance, float64 (feature,), not negative.

    Columns that do not vary, or are of no importance, are left out. ValueError where none is left, or for fewer than two samples.
    """
    if len(features) < 2:
        raise ValueError(f"{len(features)} learning samples: expected at least two")
    mean, covariance = moments(features)
    deviation = np.sqrt(np.diagonal(covariance))
    factor = np.divide(importance, deviation, out=np.zeros(len(deviation)), where=deviation > 0)
    columns = np.flatnonzero(factor > 0)
    if not len(columns):
        raise ValueError("no column varies that is of any importance")
    factor = factor[columns] / np.sqrt((importance[columns] ** 2).sum())  # all columns together have variance 1
    with threadpool_limits(1):
        variances, vectors = np.linalg.eigh(covariance[np.ix_(columns, columns)] * np.outer(factor, factor))
    variances, vectors = variances[::-1].clip(0), vectors.T[::-1]
    shares = np.cumsum(variances) / variances.sum()
    enough = int((shares < wish.share - _NO_VARIANCE).sum()) + 1
    count = max(1, min(enough, wish.components, int((variances > _NO_VARIANCE * variances.sum()).sum())))
    place = np.abs(vectors[:count]).round(9).argmax(axis=1)  # rounded: of loadings that are equal but for the last bits, the first
    signs = np.where(vectors[np.arange(count), place] < 0, -1.0, 1.0)
    lines = np.stack([factor, -factor * mean[columns]]).astype(np.float32)
    axes = np.ascontiguousarray((vectors[:count] * signs[:, None]).T, np.float32)
    return Axes(features.shape[1], columns.astype(np.int64), lines, axes, float(shares[count - 1]))


@dataclass(frozen=True, eq=False)
class Training:
    """Learning samples in their space. kept: int64 (sample,), those of the samples given that it holds. index: float64 (sample,), against those of
    other folds, infinite where there are none. found: share of some samples whose nearest one was found. excess: mean of their
    distances over those of the nearest, less 1."""

    kept: np.ndarray
    index: np.ndarray
    found: float
    excess: float


def fit_space(features: np.ndarray, importance: np.ndarray, fold: np.ndarray, wish: Wish) -> tuple[Space, Training]:
    """Where a model applies that learnt from features int16 (sample, feature). fold: whole numbers (sample,).

    ValueError as `fit_axes`, and where all samples are equal or of one fold.
    """
    axes = fit_axes(features, importance, wish)
    kept = np.unique(np.linspace(0, len(features) - 1, min(wish.samples, len(features))).round().astype(np.int64))
    points, fold = axes.points(features[kept]), fold[kept]
    between = mean_distance(points)
    if not between > 0:
        raise ValueError("all learning samples are equal")
    cells = Cells.of(points)
    distances = cells.apart(points, fold, fold, wish.visited)
    index = distances / between
    space = Space(axes, cells, wish.visited, between, upper_whisker(index[np.isfinite(index)]))
    return space, Training(kept, index, *_search(cells, points, fold, distances))


def _search(cells: Cells, points: np.ndarray, fold: np.ndarray, found: np.ndarray) -> tuple[float, float]:
    """Share of CHECKED samples whose nearest one of another fold was found in the cells visited, and how much farther the one found is in the mean."""
    rows = np.unique(np.linspace(0, len(points) - 1, min(CHECKED, len(points))).round().astype(np.int64))
    rows = rows[np.isfinite(found[rows]) & (found[rows] > 0)]
    if not len(rows):
        return 1.0, 0.0
    nearest = cells.apart(points[rows], fold[rows], fold, len(cells.ends))
    ratio = np.divide(found[rows], nearest, out=np.ones(len(rows)), where=nearest > 0)
    return float((ratio == 1).mean()), float(ratio.mean() - 1)


def upper_whisker(index: np.ndarray) -> float:
    """Q75 + 1.5 × (Q75 - Q25) of the index of learning samples, at most their largest. ValueError for none."""
    if not len(index):
        raise ValueError("no learning sample has another fold to be compared with")
    low, high = np.quantile(index, [0.25, 0.75])
    return float(min(high + 1.5 * (high - low), index.max()))
