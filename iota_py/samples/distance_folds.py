"""Folds whose validation polygons are as far from what is learnt as the map's pixels are from the reference polygons.

After the idea of kNNDM (Linnenbrink, Milà, Ludwig & Meyer 2024, Geoscientific Model Development 17, 5897-5912): points are clustered, the
clusters are merged into folds, and of several numbers of clusters the one is kept for which the distances met in cross-validation are
distributed most like those met in prediction. Here folds also balance the classes, and clusters come from Ward's criterion on at most
MOST_CELLS cells of points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import cut_tree, ward
from scipy.spatial import cKDTree
from scipy.stats import wasserstein_distance

from iota_py.samples.folds import share_out
from iota_py.samples.split import generator

MOST_CELLS = 3000  # Ward's criterion takes memory in their square
TRIALS = 20
DISTANCE_STREAM = (0, 0, 4)


@dataclass(frozen=True, eq=False)
class DistanceFolds:
    """Folds matched in distance.

    fold: int64 (point,), from 0. clusters: merged into the folds. difference: Wasserstein distance in metres between the distances of
    cross-validation and of prediction. at_random: the same with every point for itself. prediction, validation: median distances, metres.
    """

    fold: np.ndarray
    clusters: int
    difference: float
    at_random: float
    prediction: float
    validation: float


def distance_folds(points: np.ndarray, stratum: np.ndarray, prediction: np.ndarray, folds: int, seed: int) -> DistanceFolds:
    """Fold of each reference point.

    points: (point, axis) in metres, in an order that does not depend on the file; stratum: (point,) whole numbers, shared out evenly as
    far as clusters allow; prediction: (place, axis), where the map is made. Raises ValueError when the points are at fewer places than folds.
    """
    cells, cell = _cells(points)
    if len(cells) < folds or folds < 2 or not len(prediction):
        raise ValueError(f"points at {len(cells)} places, and {len(prediction)} places of the map, for {folds} folds")
    wanted = cKDTree(points).query(prediction)[0]
    trials = []
    for clusters, cluster in _clusterings(cells, folds):
        fold = _merged(cluster[cell], stratum, folds, seed)
        met = nearest_elsewhere(points, fold)
        trials.append((float(wasserstein_distance(met, wanted)), -clusters, fold, float(np.median(met))))
    difference, clusters, fold, validation = min(trials, key=lambda trial: trial[:2])
    return DistanceFolds(fold, -clusters, difference, trials[-1][0], float(np.median(wanted)), validation)


def nearest_elsewhere(points: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Distance of each point to the nearest one of another fold, float64 (point,), in the unit of the points."""
    distance = np.zeros(len(points))
    for one in np.unique(fold):
        inside = fold == one
        distance[inside] = cKDTree(points[~inside]).query(points[inside])[0]
    return distance


def _clusterings(cells: np.ndarray, folds: int) -> list[tuple[int, np.ndarray]]:
    """Numbers of clusters from as many as folds to every cell for itself, in equal ratios, with the cluster of each cell."""
    numbers = sorted({round(n) for n in np.geomspace(folds, len(cells), TRIALS)} - {len(cells)})
    found = list(zip(numbers, cut_tree(ward(cells), numbers).T)) if numbers else []
    return [*found, (len(cells), np.arange(len(cells)))]


def _merged(cluster: np.ndarray, stratum: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """Fold of each point: clusters shared out whole, the largest first."""
    _, position = np.unique(stratum, return_inverse=True)
    amounts = np.zeros((int(cluster.max()) + 1, int(position.max()) + 1))
    np.add.at(amounts, (cluster, position), 1)
    return share_out(amounts, [1 / folds] * folds, generator(seed, *DISTANCE_STREAM), largest_first=True)[cluster]


def _cells(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean place of each cell (cell, axis), and the cell of each point: the points themselves unless they are too many."""
    side = 0.0
    key = np.asarray(points, np.float64)
    while True:
        found, cell = np.unique(key, axis=0, return_inverse=True)
        cell = cell.ravel()
        if len(found) <= MOST_CELLS:
            break
        extent = float(np.ptp(points, axis=0).max())
        side = 2 * side if side else extent / MOST_CELLS
        key = np.floor(points / side)
    count = np.bincount(cell)
    means = np.column_stack([np.bincount(cell, weights=axis) / count for axis in np.asarray(points, np.float64).T])
    return means, cell
