"""Fitting of regressors: a sample matrix and a number for each sample become a fitted model.

They learn from the codes that the classifiers of the same kind learn from. Forests take the split that lowers the squared error most,
LightGBM lowers the squared error round by round.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor

from iota_py.codes import CodeBook
from iota_py.errors import Fault, TaskError
from iota_py.training.boosters import lightgbm_parameters
from iota_py.training.fitted import Fitted, Target
from iota_py.training.options import ExtraTreesOptions, LightGBMOptions, Options, RandomForestOptions
from iota_py.training.trainers import SCIKIT_LEARN, choose_trainer


@dataclass(frozen=True, eq=False)
class ValueSet:
    """Samples of a regressor, in their order. matrix: (sample, feature), int16 values or uint8 codes. values: float64 (sample,). names: of
    the features. weights: float64 (sample,), above 0, None: all alike."""

    matrix: np.ndarray
    values: np.ndarray
    names: tuple[str, ...]
    weights: np.ndarray | None = None


def fit_regressor(options: Options, samples: ValueSet, target: Target, seed: int, threads: int = 1) -> Fitted:
    """Fit a regressor on samples of int16 values; target: what the numbers are.

    The same rows, options and seed (0 to 2**32 - 1) give the same model, byte for byte, with any number of threads. ValueError: a kind
    that is not in REGRESSORS, options of classes (class weights, another criterion, the Intel extension), or arrays of other shapes.
    TaskError E-TGT-020: all samples have one number.
    """
    _check(options, samples)
    if (samples.values == samples.values[0]).all():
        text = f"all {len(samples.values)} learning samples have the value {samples.values[0]:g}"
        raise TaskError(Fault("E-TGT-020", "samples", target.name, text, "give more reference polygons"))
    bins = getattr(options, "bins", None)
    book = CodeBook.fit(samples.matrix, bins) if bins else None
    matrix = (samples.matrix if book is None else book.encode(samples.matrix)).astype(np.float32)
    estimator = REGRESSORS[options.kind](options, ValueSet(matrix, samples.values, samples.names, samples.weights), seed, threads)
    empty = np.zeros(0, np.uint8)
    return Fitted(options.kind, estimator, book, empty, samples.names, options, seed, choose_trainer(options), target=target)


def _train_forest(options: RandomForestOptions, samples: ValueSet, seed: int, threads: int) -> RandomForestRegressor:
    return _grown(RandomForestRegressor(**_forest(options, seed), n_jobs=threads), samples)


def _train_extra_trees(options: ExtraTreesOptions, samples: ValueSet, seed: int, threads: int) -> ExtraTreesRegressor:
    return _grown(ExtraTreesRegressor(**_forest(options, seed), bootstrap=options.bootstrap, n_jobs=threads), samples)


def _grown(forest: Any, samples: ValueSet) -> Any:
    forest.fit(samples.matrix, samples.values, samples.weights)
    forest.n_jobs = 1  # with more threads scikit-learn adds the trees up in the order in which they end
    return forest


def _forest(options: RandomForestOptions | ExtraTreesOptions, seed: int) -> dict[str, Any]:
    return {
        "n_estimators": options.trees,
        "criterion": "squared_error",
        "max_depth": options.max_depth,
        "min_samples_leaf": options.min_samples_leaf,
        "max_features": options.max_features,
        "max_leaf_nodes": options.max_leaf_nodes,
        "min_impurity_decrease": options.min_impurity_decrease,
        "max_samples": options.max_samples,
        "random_state": seed,
    }


def _train_lightgbm(options: LightGBMOptions, samples: ValueSet, seed: int, threads: int) -> lightgbm.Booster:
    parameters = {"objective": "regression", **lightgbm_parameters(options), "seed": seed % 2**31, "num_threads": threads}
    data = lightgbm.Dataset(samples.matrix, label=samples.values, weight=samples.weights, free_raw_data=True)
    return lightgbm.train(parameters, data, num_boost_round=options.rounds).free_dataset()


REGRESSORS: Mapping[str, Callable[[Any, ValueSet, int, int], Any]] = {
    "random_forest": _train_forest,
    "extra_trees": _train_extra_trees,
    "lightgbm": _train_lightgbm,
}


def _check(options: Options, samples: ValueSet) -> None:
    if options.kind not in REGRESSORS:
        raise ValueError(f"{options.kind} predicts classes only; regressors are {', '.join(REGRESSORS)}")
    asked = getattr(options, "class_weight", None), getattr(options, "criterion", "gini"), getattr(options, "trainer", SCIKIT_LEARN)
    if asked != (None, "gini", SCIKIT_LEARN):
        raise ValueError(f"a regressor has no use for class weights, a criterion of classes or the Intel extension, found {asked}")
    matrix, values, names = samples.matrix, samples.values, samples.names
    if matrix.ndim != 2 or matrix.dtype != np.int16 or matrix.shape[1] != len(names) or len(set(names)) != len(names):
        raise ValueError(f"expected (sample, {len(names)}) int16 and distinct names, found {matrix.shape} {matrix.dtype}")
    for given in (values, samples.weights):
        if given is not None and (given.shape != (len(matrix),) or given.dtype != np.float64 or not np.isfinite(given).all()):
            raise ValueError(f"expected {len(matrix)} finite float64 numbers, found {given.shape} {given.dtype}")
    if len(matrix) == 0:
        raise ValueError("expected at least one sample")
