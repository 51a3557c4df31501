"""Scores of doubt: how little a sample resembles its class, 0 to 1; and which polygons are suspicious.

Neighbours of the same polygon never count: pixels of one field are alike whatever its label.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

CHUNK = 512  # samples whose distances to all others are in memory at a time
FAR = 3.0  # robust standard deviations
_MAD = 1.4826  # of a normal distribution: standard deviation over median absolute deviation


def standardised(features: np.ndarray) -> np.ndarray:
    """Columns with mean 0 and standard deviation 1, float32 (sample, feature); constant ones are 0."""
    values = features.astype(np.float64)
    spread = values.std(axis=0)
    return ((values - values.mean(axis=0)) / np.where(spread > 0, spread, 1)).astype(np.float32)


def neighbours_elsewhere(values: np.ndarray, groups: np.ndarray, count: int) -> np.ndarray:
    """Positions int64 (sample, count) of the nearest samples of other groups, nearest first; -1 where there are fewer.

    values: float32 (sample, feature), Euclidean distance. groups: int (sample,).
    """
    total = len(values)
    count = min(count, total)
    squares = (values.astype(np.float64) ** 2).sum(axis=1)
    out = np.full((total, count), -1, np.int64)
    for start in range(0, total, CHUNK):
        stop = min(start + CHUNK, total)
        distance = squares[start:stop, None] + squares[None, :] - 2 * (values[start:stop] @ values.T).astype(np.float64)
        distance[groups[start:stop, None] == groups[None, :]] = np.inf
        nearest = np.argpartition(distance, count - 1, axis=1)[:, :count]
        found = np.take_along_axis(distance, nearest, axis=1)
        order = np.lexsort((nearest, found), axis=1)
        nearest, found = np.take_along_axis(nearest, order, axis=1), np.take_along_axis(found, order, axis=1)
        out[start:stop] = np.where(np.isfinite(found), nearest, -1)
    return out


def neighbour_doubt(labels: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    """Share float64 (sample,) of the neighbours that have another label; 0 without neighbours. neighbours: as neighbours_elsewhere."""
    there = neighbours >= 0
    other = (labels[np.maximum(neighbours, 0)] != labels[:, None]) & there
    return other.sum(axis=1) / np.maximum(there.sum(axis=1), 1)


def outlier_doubt(features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Share float64 (sample,) of the columns further than FAR robust standard deviations from the median of the class.

    A column without any spread in the class counts for those that differ from its median.
    """
    out = np.zeros(len(features))
    for label in np.unique(labels):
        own = labels == label
        gaps = np.abs(features[own] - np.median(features[own], axis=0))
        out[own] = (gaps > FAR * _MAD * np.median(gaps, axis=0)).mean(axis=1)
    return out


def polygon_scores(samples: pd.DataFrame, keys: list[str], doubts: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """A row for each polygon: keys, code, samples, and the mean of each doubt. keys: columns that tell polygons apart, `polygon` among them."""
    table = samples[[*keys, "code"]].reset_index(drop=True).assign(**doubts)
    grouped = table.groupby(keys, sort=True)
    found = grouped.agg(code=("code", "first"), samples=("code", "size"), **{name: (name, "mean") for name in doubts})
    return found.reset_index()


def suspicious(scores: pd.DataFrame, thresholds: Mapping[str, float], agree: int, most: float) -> np.ndarray:
    """Bool per polygon: so many methods give it their threshold or more; of each class at most a share, the worst by mean score.

    A class keeps one polygon at least. scores: polygon_scores with a column for each method of thresholds.
    """
    over = np.stack([scores[name].to_numpy() >= limit for name, limit in thresholds.items()]).sum(axis=0) >= agree
    doubt = scores[list(thresholds)].mean(axis=1).to_numpy()
    chosen = np.zeros(len(scores), bool)
    for code in np.unique(scores.code):
        own = np.flatnonzero(scores.code.to_numpy() == code)
        room = min(int(most * len(own)), len(own) - 1)
        doubtful = own[over[own]]
        chosen[doubtful[np.argsort(-doubt[doubtful], kind="stable")][:room]] = True
    return chosen
