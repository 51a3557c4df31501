"""The estimators by name: their options, and the one function that fits each of them.

A new estimator is an entry of ESTIMATORS. Row order, seed and options decide every byte of the result; the thread count does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
from sklearn.ensemble import RandomForestClassifier

from iota_py.codes import BINS
from iota_py.training.intel import grow_forest
from iota_py.training.trainers import INTEL, SCIKIT_LEARN


@dataclass(frozen=True)
class RandomForestOptions:
    """Options of scikit-learn's RandomForestClassifier, `bins` and `trainer`.

    bins: codes per feature (2–256); None or 0 fits on the int16 values. trainer: `scikit-learn`, or `intel` for its Intel extension, which
    knows neither class weights nor int16 values, and counts `min_samples_leaf` otherwise (`training.intel`).
    """

    trees: int = 100
    max_depth: int | None = 25
    min_samples_leaf: int = 5
    max_features: str | int | float | None = "sqrt"
    class_weight: str | None = None
    bins: int | None = BINS
    trainer: str = SCIKIT_LEARN

    def __post_init__(self) -> None:
        if self.trainer not in (SCIKIT_LEARN, INTEL):
            raise ValueError(f"options name the library that fits: expected {SCIKIT_LEARN} or {INTEL}, found {self.trainer!r}")


@dataclass(frozen=True)
class LightGBMOptions:
    """Options of LightGBM; `rounds` trees per class (one per round when there are two classes), of at most `leaves` leaves."""

    rounds: int = 100
    leaves: int = 31
    learning_rate: float = 0.1
    feature_fraction: float = 1.0
    bagging_fraction: float = 1.0
    bagging_freq: int = 0
    min_data_in_leaf: int = 20
    max_bin: int = 255
    lambda_l2: float = 0.0


Options = RandomForestOptions | LightGBMOptions


@dataclass(frozen=True)
class Estimator:
    """One kind of estimator.

    options: its class of options. train: (options, matrix (sample, feature), labels uint8, seed, threads) -> the library's fitted
    object. The matrix is uint8 codes or int16 values.
    """

    options: type
    train: Callable[[Any, np.ndarray, np.ndarray, int, int], Any]


def train_forest(options: RandomForestOptions, matrix: np.ndarray, labels: np.ndarray, seed: int, threads: int) -> RandomForestClassifier:
    """A fitted random forest; any number of threads gives the same trees."""
    parameters = {
        "n_estimators": options.trees,
        "max_depth": options.max_depth,
        "min_samples_leaf": options.min_samples_leaf,
        "max_features": options.max_features,
        "class_weight": options.class_weight,
        "random_state": seed,
    }
    if options.trainer == INTEL:
        forest = grow_forest(parameters, matrix.astype(np.float32), labels, threads)
    else:
        forest = RandomForestClassifier(**parameters, n_jobs=threads).fit(matrix.astype(np.float32), labels)
    forest.n_jobs = 1  # with more threads scikit-learn adds the trees up in the order in which they end: ties would vary
    return forest


def train_lightgbm(options: LightGBMOptions, matrix: np.ndarray, labels: np.ndarray, seed: int, threads: int) -> lightgbm.Booster:
    """A fitted booster whose class k is the k-th ascending label."""
    classes, index = np.unique(labels, return_inverse=True)
    parameters = _parameters(options, len(classes)) | {"seed": seed % 2**31, "num_threads": threads}
    data = lightgbm.Dataset(matrix.astype(np.float32), label=index, free_raw_data=True)
    booster = lightgbm.train(parameters, data, num_boost_round=options.rounds)
    return booster.free_dataset()


def _parameters(options: LightGBMOptions, classes: int) -> dict[str, Any]:
    objective = {"objective": "binary"} if classes == 2 else {"objective": "multiclass", "num_class": classes}
    return objective | {
        "num_leaves": options.leaves,
        "learning_rate": options.learning_rate,
        "feature_fraction": options.feature_fraction,
        "bagging_fraction": options.bagging_fraction,
        "bagging_freq": options.bagging_freq,
        "min_data_in_leaf": options.min_data_in_leaf,
        "max_bin": options.max_bin,
        "lambda_l2": options.lambda_l2,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }


ESTIMATORS: Mapping[str, Estimator] = {
    "random_forest": Estimator(RandomForestOptions, train_forest),
    "lightgbm": Estimator(LightGBMOptions, train_lightgbm),
}
