"""The temporal convolution network as plain numbers: what is stored of it, and its answers, without the library that fitted it.

Layers as in Pelletier, Webb & Petitjean (2019), "Temporal convolutional neural network for the classification of satellite image time
series", Remote Sensing 11(5): three convolutions along the dates, a dense layer, and the scores of the classes. Batch normalisations
are folded into the layers before them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from iota_py.probabilities import softmax

BLOCK = 256  # pixels at a time: the unfolded series of 64 filters, 5 dates wide, over 40 dates take 13 MB


@dataclass(frozen=True, eq=False)
class TemporalNetwork:
    """A fitted network.

    columns: int64 (channel, date), positions of a band's values among the features. static: int64 (k,), positions of features without
    date, which join the series at the dense layer. low, high: float32 (channel + k,), of the channels, then of those: a value is taken
    as (value - low) / (high - low). kernels: float32 (filter, channel, width) each, width odd; biases: float32 (filter,) each.
    dense, scores: float32 weights (out, in) and biases (out,).
    """

    columns: np.ndarray
    static: np.ndarray
    low: np.ndarray
    high: np.ndarray
    kernels: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]
    dense: tuple[np.ndarray, np.ndarray]
    scores: tuple[np.ndarray, np.ndarray]

    def predict_proba(self, matrix: np.ndarray) -> np.ndarray:
        """Probabilities float32 (n, class) of matrix (n, feature) of any type of number."""
        parts = [self._block(matrix[first : first + BLOCK]) for first in range(0, len(matrix), BLOCK)]
        return np.concatenate([np.empty((0, len(self.scores[1])), np.float32), *parts])

    def _block(self, matrix: np.ndarray) -> np.ndarray:
        series, static = normalised(matrix, self.columns, self.static, self.low, self.high)
        for kernel, bias in zip(self.kernels, self.biases):
            series = np.maximum(convolved(series, kernel) + bias[:, None], 0)
        hidden = np.concatenate([series.reshape(len(series), -1), static], axis=1)
        for layer, (weights, bias) in enumerate((self.dense, self.scores)):
            hidden = hidden @ weights.T + bias
            hidden = np.maximum(hidden, 0) if layer == 0 else hidden
        return softmax(hidden)

    def arrays(self) -> dict[str, np.ndarray]:
        """The network as arrays by name, for a file."""
        layers = {f"kernel_{k}": kernel for k, kernel in enumerate(self.kernels)} | {
            f"bias_{k}": bias for k, bias in enumerate(self.biases)
        }
        ends = {"dense": self.dense[0], "dense_bias": self.dense[1], "scores": self.scores[0], "scores_bias": self.scores[1]}
        return {"columns": self.columns, "static": self.static, "low": self.low, "high": self.high, **layers, **ends}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> TemporalNetwork:
        """The inverse of `arrays`. KeyError: an array is missing."""
        count = sum(name.startswith("kernel_") for name in arrays)
        kernels, biases = (tuple(arrays[f"{word}_{k}"] for k in range(count)) for word in ("kernel", "bias"))
        dense, scores = ((arrays[name], arrays[f"{name}_bias"]) for name in ("dense", "scores"))
        return cls(arrays["columns"], arrays["static"], arrays["low"], arrays["high"], kernels, biases, dense, scores)


def normalised(
    matrix: np.ndarray, columns: np.ndarray, static: np.ndarray, low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Series float32 (n, channel, date) and features without date float32 (n, k) of a matrix, as `TemporalNetwork` says."""
    channels, span = len(columns), high - low
    series = (matrix[:, columns].astype(np.float32) - low[:channels, None]) / span[:channels, None]
    return series, (matrix[:, static].astype(np.float32) - low[channels:]) / span[channels:]


def convolved(series: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Correlation (n, filter, date) of series (n, channel, date) with kernel (filter, channel, width), zeros beyond both ends."""
    half = kernel.shape[2] // 2
    padded = np.pad(series, ((0, 0), (0, 0), (half, half)))
    views = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape[2], axis=2)  # (n, channel, date, width)
    unfolded = views.transpose(0, 2, 1, 3).reshape(len(series), series.shape[2], -1)
    return (unfolded @ kernel.reshape(len(kernel), -1).T).transpose(0, 2, 1)
