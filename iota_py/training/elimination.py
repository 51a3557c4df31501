"""Backward elimination: columns leave by rising importance, and a score says how far that may go (Guyon et al. 2002)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

Evaluate = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, eq=False)
class Trial:
    """One step. columns: int64 positions left, ascending. scores: float64 (fold, score). dropped: those that leave after it, the least
    important first; empty at the last step."""

    columns: np.ndarray
    scores: np.ndarray
    dropped: np.ndarray


def eliminate(columns: int, evaluate: Evaluate, drop: float, smallest: int) -> tuple[Trial, ...]:
    """The steps from all of `columns` down to `smallest` of them.

    evaluate: positions left -> (importance of each, float64 (column,); scores, float64 (fold, score)). drop: share of the columns left
    that goes at each step, rounded down, at least one. Of columns of one importance the first goes first.
    """
    left, trials = np.arange(columns), []
    while True:
        importance, scores = evaluate(left)
        count = min(max(1, int(len(left) * drop)), len(left) - smallest)
        if count <= 0:
            trials.append(Trial(left, scores, left[:0]))
            return tuple(trials)
        dropped = left[np.argsort(importance, kind="stable")[:count]]
        trials.append(Trial(left, scores, dropped))
        left = np.setdiff1d(left, dropped)


def chosen(trials: Sequence[Trial], score: int, tolerance: float) -> Trial:
    """The trial of fewest columns whose mean score over the folds is within `tolerance` of the best one. score: its position."""
    means = [float(trial.scores[:, score].mean()) for trial in trials]
    best = max(means)
    return min((trial for trial, mean in zip(trials, means) if mean >= best - tolerance), key=lambda trial: len(trial.columns))
