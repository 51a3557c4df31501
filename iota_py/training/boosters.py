"""Gradient boosted trees: LightGBM, scikit-learn's on histograms, XGBoost."""

from __future__ import annotations

from typing import Any

import lightgbm
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from iota_py.training.learning import LearningSet
from iota_py.training.options import HistGradientBoostingOptions, LightGBMOptions, XGBoostOptions


def train_lightgbm(options: LightGBMOptions, samples: LearningSet, seed: int, threads: int) -> lightgbm.Booster:
    """A fitted booster whose class k is the k-th ascending label; any number of threads gives the same."""
    samples = samples.weighted(options.class_weight)
    classes, index = np.unique(samples.labels, return_inverse=True)
    objective = {"objective": "binary"} if len(classes) == 2 else {"objective": "multiclass", "num_class": len(classes)}
    parameters = objective | lightgbm_parameters(options) | {"seed": seed % 2**31, "num_threads": threads}
    data = lightgbm.Dataset(samples.matrix.astype(np.float32), label=index, weight=samples.weights, free_raw_data=True)
    booster = lightgbm.train(parameters, data, num_boost_round=options.rounds)
    return booster.free_dataset()


def lightgbm_parameters(options: LightGBMOptions) -> dict[str, Any]:
    """The options under LightGBM's own names, without objective, seed and threads."""
    return {
        "num_leaves": options.leaves,
        "learning_rate": options.learning_rate,
        "feature_fraction": options.feature_fraction,
        "feature_fraction_bynode": options.feature_fraction_by_node,
        "bagging_fraction": options.bagging_fraction,
        "bagging_freq": options.bagging_freq,
        "min_data_in_leaf": options.min_data_in_leaf,
        "min_sum_hessian_in_leaf": options.min_child_weight,
        "min_gain_to_split": options.min_gain,
        "max_depth": -1 if options.max_depth is None else options.max_depth,
        "max_bin": options.max_bin,
        "lambda_l1": options.lambda_l1,
        "lambda_l2": options.lambda_l2,
        "path_smooth": options.path_smooth,
        "extra_trees": options.extra_trees,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }


def train_hist(options: HistGradientBoostingOptions, samples: LearningSet, seed: int, threads: int) -> HistGradientBoostingClassifier:
    """A fitted booster of scikit-learn, on one thread: its sums depend on the number of threads."""
    samples = samples.weighted(options.class_weight)
    booster = HistGradientBoostingClassifier(
        max_iter=options.rounds,
        max_leaf_nodes=options.leaves,
        learning_rate=options.learning_rate,
        max_depth=options.max_depth,
        min_samples_leaf=options.min_samples_leaf,
        max_features=options.max_features,
        l2_regularization=options.lambda_l2,
        max_bins=options.max_bin,
        early_stopping=options.early_stopping,
        n_iter_no_change=options.patience,
        validation_fraction=options.validation_fraction,
        categorical_features=None,
        random_state=seed,
    )
    with threadpool_limits(1):
        return booster.fit(samples.matrix.astype(np.float32), samples.labels, samples.weights)


def train_xgboost(options: XGBoostOptions, samples: LearningSet, seed: int, threads: int) -> Any:
    """A fitted booster of XGBoost whose class k is the k-th ascending label, on one thread: its sums depend on the number of threads."""
    import xgboost

    samples = samples.weighted(options.class_weight)
    classes, index = np.unique(samples.labels, return_inverse=True)
    parameters = {
        "objective": "multi:softprob",
        "num_class": len(classes),
        "tree_method": "hist",
        "grow_policy": "depthwise" if options.leaves is None else "lossguide",
        "learning_rate": options.learning_rate,
        "max_depth": options.max_depth or 0,
        "max_leaves": options.leaves or 0,
        "min_child_weight": options.min_child_weight,
        "gamma": options.min_gain,
        "colsample_bytree": options.feature_fraction,
        "colsample_bynode": options.feature_fraction_by_node,
        "subsample": options.bagging_fraction,
        "alpha": options.lambda_l1,
        "lambda": options.lambda_l2,
        "max_bin": options.max_bin,
        "seed": seed % 2**31,
        "nthread": 1,
        "verbosity": 0,
    }
    data = xgboost.DMatrix(samples.matrix.astype(np.float32), label=index, weight=samples.weights, nthread=1)
    return xgboost.train(parameters, data, num_boost_round=options.rounds)
