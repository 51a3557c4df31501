"""How far probabilities can be believed: Brier score, expected calibration error, and the table behind a reliability diagram."""

from __future__ import annotations

import numpy as np
import pandas as pd

BINS = 15


def brier_score(probabilities: np.ndarray, index: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Mean over samples of the sum over classes of (p - 1 where true) ** 2, 0–2 (Brier 1950); NaN without samples.

    probabilities: (sample, class). index: int (sample,), place of the true class, -1 for a class that the model does not know. weights:
    (sample,), how many each stands for; None: one.
    """
    if len(index) == 0:
        return float("nan")
    truth = np.zeros(probabilities.shape)
    known = index >= 0
    truth[np.flatnonzero(known), index[known]] = 1
    return float(np.average(((probabilities - truth) ** 2).sum(axis=1) + ~known, weights=weights))


def reliability_table(confidence: np.ndarray, right: np.ndarray, bins: int = BINS, weights: np.ndarray | None = None) -> pd.DataFrame:
    """Samples by confidence, in bins of equal width over 0–1: columns low, high, samples, confidence (mean), accuracy; NaN in empty bins.

    confidence: (sample,), probability of the label given. right: bool (sample,). weights: (sample,), how many each stands for; None: one.
    """
    edges = np.linspace(0, 1, bins + 1)
    place = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    count = np.bincount(place, weights, minlength=bins)
    weights = np.ones(len(confidence)) if weights is None else weights
    with np.errstate(invalid="ignore"):
        mean = np.bincount(place, confidence * weights, bins) / count
        accuracy = np.bincount(place, right * weights, bins) / count
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "samples": count, "confidence": mean, "accuracy": accuracy})


def expected_calibration_error(table: pd.DataFrame) -> float:
    """Mean over samples of |accuracy - confidence| of their bin, 0–1 (Naeini et al. 2015); NaN without samples. table: reliability_table."""
    filled = table[table.samples > 0]
    if filled.empty:
        return float("nan")
    return float(((filled.accuracy - filled.confidence).abs() * filled.samples).sum() / filled.samples.sum())
