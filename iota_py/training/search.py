"""Search of an estimator's parameters with Optuna's tree-structured Parzen estimator (Bergstra et al. 2011).

Trials follow one another and draw from one seed: the same scores give the same trials, on every machine.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from iota_py.errors import ConfigError, Fault


@dataclass(frozen=True)
class Numbers:
    """Numbers from low to high, both included. log: evenly spread in their logarithm. whole: whole ones only."""

    low: float
    high: float
    log: bool = False
    whole: bool = False


Space = Mapping[str, Numbers | tuple[Any, ...]]

_LEAVES, _RATE = Numbers(7, 127, log=True, whole=True), Numbers(0.02, 0.3, log=True)
_PENALTY, _COST = Numbers(1e-3, 30, log=True), Numbers(0.1, 1000, log=True)
_TREES: Space = {
    "min_samples_leaf": Numbers(1, 20, log=True, whole=True),
    "max_features": ("sqrt", 0.1, 0.2, 0.3, 0.5),
    "max_depth": (None, 10, 15, 20, 25, 30),
}
SPACES: Mapping[str, Space] = {
    "random_forest": _TREES,
    "extra_trees": _TREES,
    "lightgbm": {
        "leaves": _LEAVES,
        "learning_rate": _RATE,
        "rounds": Numbers(50, 400, whole=True),
        "min_samples_leaf": Numbers(5, 100, log=True, whole=True),
        "feature_fraction": Numbers(0.1, 1.0),
        "lambda_l2": _PENALTY,
    },
    "hist_gradient_boosting": {"leaves": _LEAVES, "learning_rate": _RATE, "rounds": Numbers(50, 400, whole=True), "lambda_l2": _PENALTY},
    "xgboost": {
        "max_depth": Numbers(3, 10, whole=True),
        "learning_rate": _RATE,
        "rounds": Numbers(50, 400, whole=True),
        "feature_fraction": Numbers(0.1, 1.0),
        "lambda_l2": _PENALTY,
    },
    "svm": {"c": _COST, "gamma": Numbers(1e-4, 1, log=True)},
    "knn": {"neighbours": Numbers(1, 50, log=True, whole=True), "weights": ("uniform", "distance")},
    "logistic_regression": {"c": Numbers(1e-3, 100, log=True), "l1_ratio": (0.0, 0.5, 1.0)},
    "tempcnn": {"filters": (32, 64, 128), "dropout": Numbers(0.1, 0.6), "learning_rate": Numbers(3e-4, 3e-3, log=True)},
}


@dataclass(frozen=True)
class Trial:
    """One set of parameters. values: by name. folds: its score on each fold, NaN where there is none. score: their mean, NaN: never best."""

    number: int
    values: Mapping[str, Any]
    folds: tuple[float, ...]

    @property
    def score(self) -> float:
        """Mean over the folds that have a score."""
        known = [score for score in self.folds if math.isfinite(score)]
        return sum(known) / len(known) if known else math.nan


def require_optuna() -> None:
    """Raise ConfigError E-SRC-001 where Optuna is not installed."""
    if find_spec("optuna") is None:
        text = "Optuna is not installed"
        raise ConfigError(Fault("E-SRC-001", "config", "search", text, "pip install 'iota-py[search]', or leave `search` out"))


def search(
    space: Space, first: Mapping[str, Any], trials: int, seed: int, judge: Callable[[Mapping[str, Any]], Sequence[float]]
) -> tuple[Trial, ...]:
    """Trials in their order. first: values of the first trial, those of `space` where it has them. judge: values -> score on each fold."""
    require_optuna()
    import optuna

    logging.getLogger("optuna").setLevel(logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    start = {name: first[name] for name, values in space.items() if name in first and _holds(values, first[name])}
    study.enqueue_trial(start)
    found = []
    for number in range(trials):
        asked = study.ask()
        values = {name: _suggested(asked, name, room) for name, room in space.items()}
        if number == 0:  # the parameters as they are given, even those that lie outside the space
            values |= {name: first[name] for name in space if name in first}
        trial = Trial(number, values, tuple(float(score) for score in judge(values)))
        failed = not math.isfinite(trial.score)
        study.tell(asked, None if failed else trial.score, state=optuna.trial.TrialState.FAIL if failed else None)
        found.append(trial)
    return tuple(found)


def best_of(trials: Sequence[Trial]) -> Trial:
    """The trial with the largest score, the earliest of equal ones; ValueError when none has a score."""
    scored = [trial for trial in trials if math.isfinite(trial.score)]
    if not scored:
        raise ValueError("no trial has a score")
    return max(scored, key=lambda trial: (trial.score, -trial.number))


def _holds(room: Numbers | tuple[Any, ...], value: Any) -> bool:
    if isinstance(room, Numbers):
        return isinstance(value, int | float) and not isinstance(value, bool) and room.low <= value <= room.high
    return value in room


def _suggested(trial: Any, name: str, room: Numbers | tuple[Any, ...]) -> Any:
    if not isinstance(room, Numbers):
        return trial.suggest_categorical(name, list(room))
    if room.whole:
        return trial.suggest_int(name, int(room.low), int(room.high), log=room.log)
    return float(f"{trial.suggest_float(name, room.low, room.high, log=room.log):.6g}")  # as it is written in a configuration
