"""Fits the temporal convolution network of `iota_py.temporal` with PyTorch, and hands it over as plain numbers.

Pelletier, Webb & Petitjean (2019): three blocks of convolution, batch normalisation, ReLU and dropout, a dense block of the same kind,
softmax; values scaled by the 2nd and 98th percentiles of their band; Adam. Our own: features without date join at the dense block.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from iota_py.temporal import TemporalNetwork, normalised
from iota_py.training.layout import layout_of
from iota_py.training.learning import LearningSet
from iota_py.training.options import TempCNNOptions

if TYPE_CHECKING:
    import torch

BLOCKS = 3
_PERCENTILES = (2, 98)
_SAMPLED = 100_000  # samples whose percentiles are taken, at even steps


def train_tempcnn(options: TempCNNOptions, samples: LearningSet, seed: int, threads: int) -> TemporalNetwork:
    """A fitted network, on one thread: sums depend on their number. ConfigError as `training.layout`."""
    import torch

    samples = samples.weighted(options.class_weight)
    columns, static = layout_of(samples.names)
    low, high = _limits(samples.matrix, columns, static)
    classes, index = np.unique(samples.labels, return_inverse=True)
    with _repeatable(seed):
        network = _network(options, columns.shape, len(static), len(classes))
        weights = np.ones(len(index)) if samples.weights is None else samples.weights / samples.weights.mean()
        target, weight = torch.from_numpy(index.astype(np.int64)), torch.from_numpy(weights.astype(np.float32))
        adam = torch.optim.Adam(network.parameters(), lr=options.learning_rate, weight_decay=options.decay)
        network.train()
        for rows in _batches(len(index), options, seed):
            series, rest = normalised(samples.matrix[rows], columns, static, low, high)
            scores = _forward(network, torch.from_numpy(np.ascontiguousarray(series)), torch.from_numpy(rest))
            losses = torch.nn.functional.cross_entropy(scores, target[rows], reduction="none")
            adam.zero_grad()
            (losses * weight[rows]).mean().backward()
            adam.step()
    return _plain(network, columns, static, low, high)


def _limits(matrix: np.ndarray, columns: np.ndarray, static: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Percentiles float32 (channel + static,) of the values of each, at least 1 apart."""
    some = matrix[:: -(-len(matrix) // _SAMPLED)]
    parts = [some[:, row] for row in columns] + [some[:, place] for place in static]
    low, high = np.array([np.percentile(part, _PERCENTILES) for part in parts], np.float32).T
    return low.copy(), np.maximum(high, low + 1)


def _batches(count: int, options: TempCNNOptions, seed: int) -> Iterator[np.ndarray]:
    """Samples of each step: all of them in every epoch, in parts of about one size, as a batch of one has no variance."""
    rng = np.random.default_rng(seed)
    for _ in range(options.epochs):
        yield from np.array_split(rng.permutation(count), math.ceil(count / options.batch))


@contextmanager
def _repeatable(seed: int) -> Iterator[None]:
    """PyTorch on one thread, with this seed and fixed orders, then as it was."""
    import torch

    threads, fixed = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(True)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(fixed)


def _network(options: TempCNNOptions, shape: tuple[int, ...], static: int, classes: int) -> Any:
    """Modules by name: `along` the dates, then `dense` and `scores`."""
    from torch import nn

    channels, dates = shape
    along: list[nn.Module] = []
    for block in range(BLOCKS):
        taken = options.filters if block else channels
        conv = nn.Conv1d(taken, options.filters, options.width, padding=options.width // 2)
        along += [conv, nn.BatchNorm1d(options.filters), nn.ReLU(), nn.Dropout(options.dropout)]
    size = options.filters * dates + static
    dense = nn.Sequential(nn.Linear(size, options.dense), nn.BatchNorm1d(options.dense), nn.ReLU(), nn.Dropout(options.dropout))
    return nn.ModuleDict({"along": nn.Sequential(*along), "dense": dense, "scores": nn.Linear(options.dense, classes)})


def _forward(network: Any, series: torch.Tensor, static: torch.Tensor) -> torch.Tensor:
    """Scores (n, class) of series (n, channel, date) and features without date (n, k)."""
    import torch

    hidden = torch.cat([network["along"](series).flatten(1), static], dim=1)
    return network["scores"](network["dense"](hidden))


def _plain(network: Any, columns: np.ndarray, static: np.ndarray, low: np.ndarray, high: np.ndarray) -> TemporalNetwork:
    along = network["along"]
    layers = [_folded(along[4 * block], along[4 * block + 1]) for block in range(BLOCKS)]
    dense = _folded(network["dense"][0], network["dense"][1])
    scores = (_numbers(network["scores"].weight).astype(np.float32), _numbers(network["scores"].bias).astype(np.float32))
    return TemporalNetwork(columns, static, low, high, tuple(k for k, _ in layers), tuple(b for _, b in layers), dense, scores)


def _folded(layer: Any, norm: Any) -> tuple[np.ndarray, np.ndarray]:
    """Weights and biases float32 of a layer and the batch normalisation after it, as one."""
    factor = _numbers(norm.weight) / np.sqrt(_numbers(norm.running_var) + norm.eps)
    weights = _numbers(layer.weight)
    bias = (_numbers(layer.bias) - _numbers(norm.running_mean)) * factor + _numbers(norm.bias)
    return (weights * factor.reshape(-1, *[1] * (weights.ndim - 1))).astype(np.float32), bias.astype(np.float32)


def _numbers(tensor: Any) -> np.ndarray:
    return tensor.detach().numpy().astype(np.float64)
