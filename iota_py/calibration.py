"""Calibrations: what turns the probabilities of a model into ones that can be believed. Training fits them, prediction applies them.

Each pixel is treated alone, so that it gets the same probabilities in any block of pixels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Calibration:
    """Applied in this order, each step followed by a division by the sum over classes.

    temperature: p becomes p ** (1 / temperature) (Guo et al. 2017, written for probabilities); 1 changes nothing. curves: for each class
    float64 (knot,), (knot,), ascending: probabilities and what they are worth (isotonic regression, Zadrozny and Elkan 2002); none for no
    curves. ratios: float64 (class,), prior shares of the classes where the model is used, over those that it learnt from (Saerens et al.
    2002, eq. 4).
    """

    temperature: float
    curves: tuple[tuple[np.ndarray, np.ndarray], ...]
    ratios: np.ndarray

    def __post_init__(self) -> None:
        if not (np.isfinite(self.temperature) and self.temperature > 0):
            raise ValueError(f"expected a temperature above 0, found {self.temperature}")
        if self.ratios.ndim != 1 or not np.isfinite(self.ratios).all() or (self.ratios < 0).any() or not self.ratios.any():
            raise ValueError("expected a ratio for each class, none below 0 and one above")
        if self.curves and len(self.curves) != len(self.ratios):
            raise ValueError(f"expected {len(self.ratios)} curves, found {len(self.curves)}")

    def apply(self, probabilities: np.ndarray) -> np.ndarray:
        """Calibrated probabilities float32 (pixel, class) of float32 (pixel, class); rows that a step would leave empty stay as they were."""
        if probabilities.ndim != 2 or probabilities.shape[1] != len(self.ratios):
            raise ValueError(f"expected (pixel, {len(self.ratios)}) probabilities, found {probabilities.shape}")
        shares = probabilities.astype(np.float64)
        if self.temperature != 1:
            shares = _shared_out(shares ** (1 / self.temperature), shares)
        if self.curves:
            worth = np.stack([np.interp(shares[:, k], *curve) for k, curve in enumerate(self.curves)], axis=1)
            shares = _shared_out(worth, shares)
        if (self.ratios != 1).any():
            shares = _shared_out(shares * self.ratios, shares)
        return shares.astype(np.float32)

    def arrays(self) -> dict[str, np.ndarray]:
        """All of it as arrays by name, for a file."""
        knots = [len(x) for x, _ in self.curves]
        x, y = (np.concatenate([curve[side] for curve in self.curves]) if self.curves else np.empty(0) for side in (0, 1))
        return {"temperature": np.array([self.temperature]), "ratios": self.ratios, "knots": np.array(knots, np.int64), "x": x, "y": y}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Calibration:
        """The inverse of `arrays`."""
        ends = np.cumsum(arrays["knots"])[:-1] if len(arrays["knots"]) else []
        x, y = (np.split(arrays[name], ends) if len(arrays["knots"]) else [] for name in ("x", "y"))
        return cls(float(arrays["temperature"][0]), tuple(zip(x, y)), arrays["ratios"])


def _shared_out(values: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Values (pixel, class) divided by their sum; `before` where that is 0."""
    total = values.sum(axis=1, keepdims=True)
    return np.where(total > 0, values / np.where(total > 0, total, 1), before)
