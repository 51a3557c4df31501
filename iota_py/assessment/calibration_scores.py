"""Scores of probabilities on samples that stand for others: Brier score and its parts, log loss, calibration errors."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from iota_py.assessment.reliability import BINS, brier_score, expected_calibration_error, reliability_table

LEAST = 0.0005  # probability that a true class has at least in the log loss: half of the thousandth that a map keeps


@dataclass(frozen=True, eq=False)
class Probabilities:
    """Samples with what was said of them. shares: (sample, class), 0-1. index: int (sample,), place of the true class, -1 for one that is not
    among the classes. weights: float64 (sample,), how many samples each stands for."""

    shares: np.ndarray
    index: np.ndarray
    weights: np.ndarray

    @property
    def confidence(self) -> np.ndarray:
        """Probability of the label given, float64 (sample,)."""
        return self.shares.max(axis=1, initial=0).astype(np.float64)

    @property
    def right(self) -> np.ndarray:
        """Whether the label given is the true one, bool (sample,)."""
        return self.shares.argmax(axis=1) == self.index


@dataclass(frozen=True)
class Scores:
    """samples, classes: looked at. brier: multi-class, 0-2. log_loss: of the natural logarithm. accuracy, confidence: means of the label given.
    ece: of the label given (Guo et al. 2017). ece_classwise: mean over classes. top_brier: of the label given alone, 0-1, and its parts:
    reliability - resolution + uncertainty + within (Murphy 1973; `within`: what the width of the bins leaves, Stephenson et al. 2008)."""

    samples: int
    accuracy: float
    confidence: float
    brier: float
    log_loss: float
    ece: float
    ece_classwise: float
    top_brier: float
    reliability: float
    resolution: float
    uncertainty: float
    within: float

    def row(self) -> dict[str, float]:
        """As a row of a table."""
        return asdict(self)


def probability_scores(found: Probabilities, bins: int = BINS) -> Scores:
    """All the scores; NaN without samples. bins: intervals of equal width over 0-1 of the calibration errors and of the parts."""
    if len(found.index) == 0:
        return Scores(0, *[float("nan")] * 11)
    top = top_table(found, bins)
    mean = lambda values: float(np.average(values, weights=found.weights))
    return Scores(
        len(found.index),
        mean(found.right),
        mean(found.confidence),
        brier_score(found.shares, found.index, found.weights),
        log_loss(found),
        expected_calibration_error(top),
        classwise_error(found, bins),
        *brier_parts(found, top),
    )


def log_loss(found: Probabilities) -> float:
    """Mean of -log p(true class), with p at least LEAST, for a forest says 0 of what none of its leaves held."""
    own = found.shares[np.arange(len(found.index)), np.maximum(found.index, 0)].astype(np.float64)
    return float(np.average(-np.log(np.maximum(np.where(found.index >= 0, own, 0), LEAST)), weights=found.weights))


def top_table(found: Probabilities, bins: int = BINS) -> pd.DataFrame:
    """Reliability of the label given, as `reliability_table`."""
    return reliability_table(found.confidence, found.right, bins, found.weights)


def class_table(found: Probabilities, place: int, bins: int = BINS) -> pd.DataFrame:
    """Reliability of the probability of one class, against how often it is the true one, as `reliability_table`."""
    return reliability_table(found.shares[:, place].astype(np.float64), found.index == place, bins, found.weights)


def classwise_error(found: Probabilities, bins: int = BINS) -> float:
    """Mean over classes of the calibration error of their own probability (Kull et al. 2019, classwise ECE)."""
    return float(np.mean([expected_calibration_error(class_table(found, k, bins)) for k in range(found.shares.shape[1])]))


def brier_parts(found: Probabilities, table: pd.DataFrame) -> tuple[float, float, float, float, float]:
    """Brier score of "the label given is right", then reliability, resolution, uncertainty and what is left within the bins.

    Murphy 1973, with bins in place of distinct forecasts: score = reliability - resolution + uncertainty + within; within is 0 where all
    samples of a bin have the same confidence. table: `top_table` of the same samples.
    """
    right = found.right
    score = float(np.average((found.confidence - right) ** 2, weights=found.weights))
    base = float(np.average(right, weights=found.weights))
    filled = table[table.samples > 0]
    share = filled.samples / filled.samples.sum()
    reliability = float((share * (filled.confidence - filled.accuracy) ** 2).sum())
    resolution = float((share * (filled.accuracy - base) ** 2).sum())
    uncertainty = base * (1 - base)
    return score, reliability, resolution, uncertainty, score - (reliability - resolution + uncertainty)
