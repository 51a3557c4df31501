"""Self-organising map of samples (Kohonen 1990, batch form), and what it says of their labels (Santos et al. 2021)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_WIDEST, _NARROWEST = 0.5, 0.5  # of the neighbourhood: at first in sides of the map, at last in neurons
_BLOCK = 4096


@dataclass(frozen=True, eq=False)
class SelfOrganisingMap:
    """Neurons on a square. weights: float32 (neuron, feature), row by row. side: neurons on a side. neuron: int64 (sample,), its winner."""

    weights: np.ndarray
    side: int
    neuron: np.ndarray


def organised(values: np.ndarray, side: int, passes: int, seed: int) -> SelfOrganisingMap:
    """A map of standardised samples float32 (sample, feature). Neurons begin as samples drawn from the seed."""
    stream = np.random.Generator(np.random.PCG64(seed))
    count = side * side
    weights = values[stream.choice(len(values), count, replace=len(values) < count)].copy()
    places = np.stack(np.divmod(np.arange(count), side), axis=1).astype(np.float64)
    apart = ((places[:, None] - places[None, :]) ** 2).sum(axis=2)
    for step in range(passes):
        width = _WIDEST * side * (_NARROWEST / (_WIDEST * side)) ** (step / max(passes - 1, 1))
        pull = np.exp(-apart / (2 * width**2))
        winner = winners(values, weights)
        held, sums = np.bincount(winner, minlength=count).astype(np.float64), np.zeros((count, values.shape[1]))
        np.add.at(sums, winner, values)
        weight = pull @ held
        weights = np.where(weight[:, None] > 1e-12, (pull @ sums) / np.maximum(weight[:, None], 1e-12), weights).astype(np.float32)
    return SelfOrganisingMap(weights, side, winners(values, weights))


def winners(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Neuron int64 (sample,) that each sample is nearest to, the first of equal ones."""
    squares = (weights.astype(np.float64) ** 2).sum(axis=1)
    found = [np.argmin(squares - 2 * (values[i : i + _BLOCK] @ weights.T), axis=1) for i in range(0, len(values), _BLOCK)]
    return np.concatenate(found) if found else np.empty(0, np.int64)


def label_shares(found: SelfOrganisingMap, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Prior and posterior float64 (sample,) of each sample's label in its neuron.

    Prior: share of the label among the samples of the neuron. Posterior: the mean of that share over the neuron and its up to eight
    neighbours that hold samples, each weighed by the inverse of the variance of the share among them (conjugate normal model).
    """
    classes, index = np.unique(labels, return_inverse=True)
    counts = np.zeros((found.side**2, len(classes)))
    np.add.at(counts, (found.neuron, index), 1)
    held = counts.sum(axis=1)
    prior = counts / np.maximum(held, 1)[:, None]
    posterior = np.array([_smoothed(prior, held, neuron, found.side) for neuron in range(found.side**2)])
    return prior[found.neuron, index], posterior[found.neuron, index]


def _smoothed(prior: np.ndarray, held: np.ndarray, neuron: int, side: int) -> np.ndarray:
    """Share of each class in a neuron, drawn towards the mean of its neighbourhood as far as the neighbourhood agrees."""
    row, col = divmod(neuron, side)
    rows, cols = np.arange(max(0, row - 1), min(side, row + 2)), np.arange(max(0, col - 1), min(side, col + 2))
    near = (rows[:, None] * side + cols[None, :]).ravel()
    near = near[held[near] > 0]
    if held[neuron] == 0 or len(near) < 2:
        return prior[neuron]
    mean, spread = prior[near].mean(axis=0), prior[near].var(axis=0)
    own = prior[neuron] * (1 - prior[neuron]) / held[neuron] + 1e-6  # variance of a share of so many samples
    return (prior[neuron] * spread + mean * own) / (spread + own)
