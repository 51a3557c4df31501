"""Samples in cells of those that lie together: the nearest one is looked for in the cells nearest to a point, and in no other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from iota_py.applicability.kernels import distance_sums, nearest, nearest_apart, nearest_cell
from iota_py.applicability.lanes import WIDTH

ROUNDS = 3  # of moving the centres of the cells to the mean of their samples
SMALLEST = 2 * WIDTH  # samples of a cell on average, at least
ALL_PAIRS = 2048  # rows whose distances to all samples are added up; all of them where there are no more


@dataclass(frozen=True, eq=False)
class Cells:
    """samples: float32 (sample, coordinate), cell after cell. ends: int64 (cell,), one past the last sample of each. middles: float32
    (cell, coordinate). rows: int64 (sample,), which of the points given each sample is."""

    samples: np.ndarray
    ends: np.ndarray
    middles: np.ndarray
    rows: np.ndarray

    @classmethod
    def of(cls, points: np.ndarray) -> Cells:
        """All of points float32 (sample, coordinate), at least one: k-means (Lloyd 1982) of a few rounds from samples evenly spaced in their order."""
        count = max(1, min(round(3 * np.sqrt(len(points))), len(points) // SMALLEST))
        middles = points[np.linspace(0, len(points) - 1, count).round().astype(np.int64)]
        cell = np.empty(len(points), np.int64)
        for _ in range(ROUNDS):
            nearest_cell(points, _steering(middles), cell)
            taken, cell = np.unique(cell, return_inverse=True)
            sums = np.zeros((len(taken), points.shape[1]))
            np.add.at(sums, cell, points)
            middles = (sums / np.bincount(cell)[:, None]).astype(np.float32)
        nearest_cell(points, _steering(middles), cell)
        taken, cell = np.unique(cell, return_inverse=True)
        rows = np.argsort(cell, kind="stable")
        return cls(points[rows], np.cumsum(np.bincount(cell)), middles[taken], rows)

    def distances(self, points: np.ndarray, visited: int) -> np.ndarray:
        """Distance float32 (point,) to the nearest sample of the `visited` cells nearest to each of points float32 (point, coordinate)."""
        out = np.empty(len(points), np.float32)
        groups, starts, centres, _ = self._layout
        nearest(points, groups, starts, centres, visited, out)
        return out

    def apart(self, points: np.ndarray, fold: np.ndarray, own_fold: np.ndarray, visited: int) -> np.ndarray:
        """The same, float64, of samples that are not of the fold of the point; infinite where all are. own_fold: of the points given to `of`."""
        out = np.empty(len(points), np.float32)
        groups, starts, centres, slots = self._layout
        nearest_apart(points, fold.astype(np.int64), (groups, starts, centres, visited), self.rows[slots], own_fold.astype(np.int64), out)
        return out.astype(np.float64)

    @cached_property
    def _layout(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """What the kernels take: groups, starts, centres; and the sample in each place of a group, the last of a cell again where it ends."""
        first, slots, starts = 0, [], [0]
        for end in self.ends.tolist():
            size = -(-(end - first) // WIDTH) * WIDTH
            slots.append(np.minimum(first + np.arange(size), end - 1).reshape(-1, WIDTH))
            starts.append(starts[-1] + len(slots[-1]))
            first = end
        slot = np.concatenate(slots)
        return np.ascontiguousarray(self.samples[slot].transpose(0, 2, 1)), np.array(starts), _steering(self.middles), slot


def _steering(middles: np.ndarray) -> np.ndarray:
    """Centres as the kernels take them, float32 (block, coordinate + 1, WIDTH); places beyond the last cell are infinitely far."""
    blocks = -(-len(middles) // WIDTH)
    out = np.zeros((blocks * WIDTH, middles.shape[1] + 1))
    out[:, -1] = np.inf
    out[: len(middles), :-1] = -2.0 * middles
    out[: len(middles), -1] = (middles.astype(np.float64) ** 2).sum(axis=1)
    return np.ascontiguousarray(out.reshape(blocks, WIDTH, -1).transpose(0, 2, 1), np.float32)


def mean_distance(points: np.ndarray) -> float:
    """Mean over samples of the mean distance to all others, of points float32 (sample, coordinate); over ALL_PAIRS of them, evenly spaced in
    their order, where there are more. At least two samples."""
    count = len(points)
    rows = np.unique(np.linspace(0, count - 1, min(count, ALL_PAIRS)).round().astype(np.int64))
    return float(distance_sums(points, rows)) / (len(rows) * (count - 1))
