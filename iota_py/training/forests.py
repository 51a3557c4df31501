"""Random forests and extra trees of scikit-learn. Any number of threads grows the same trees."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

from iota_py.errors import Fault, TaskError
from iota_py.training.intel import grow_forest
from iota_py.training.learning import LearningSet
from iota_py.training.options import ExtraTreesOptions, RandomForestOptions
from iota_py.training.trainers import INTEL


def train_forest(options: RandomForestOptions, samples: LearningSet, seed: int, threads: int) -> RandomForestClassifier:
    """A fitted random forest. TaskError E-TRN-011: weights of samples for the Intel extension, others as `training.intel`."""
    parameters, samples = _parameters(options, samples, seed)
    matrix = samples.matrix.astype(np.float32)
    if options.trainer == INTEL:
        if samples.weights is not None:
            text = "random_forest grown by the Intel extension takes no weights of samples"
            raise TaskError(Fault("E-TRN-011", "training", "model.trainer", text, "set model.trainer: scikit-learn"))
        forest = grow_forest(parameters, matrix, samples.labels, threads)
    else:
        forest = RandomForestClassifier(**parameters, n_jobs=threads).fit(matrix, samples.labels, samples.weights)
    forest.n_jobs = 1  # with more threads scikit-learn adds the trees up in the order in which they end: ties would vary
    return forest


def train_extra_trees(options: ExtraTreesOptions, samples: LearningSet, seed: int, threads: int) -> ExtraTreesClassifier:
    """Fitted extra trees: thresholds drawn at random, the best of them taken."""
    parameters, samples = _parameters(options, samples, seed)
    forest = ExtraTreesClassifier(**parameters, bootstrap=options.bootstrap, n_jobs=threads)
    forest.fit(samples.matrix.astype(np.float32), samples.labels, samples.weights)
    forest.n_jobs = 1
    return forest


def _parameters(options: RandomForestOptions | ExtraTreesOptions, samples: LearningSet, seed: int) -> tuple[dict[str, Any], LearningSet]:
    """What both take, and the samples: `balanced` is left to scikit-learn, a table of classes becomes weights of samples."""
    balanced = options.class_weight == "balanced"
    parameters = {
        "n_estimators": options.trees,
        "max_depth": options.max_depth,
        "min_samples_leaf": options.min_samples_leaf,
        "max_features": options.max_features,
        "class_weight": "balanced" if balanced else None,
        "random_state": seed,
    }
    rest = {
        "criterion": options.criterion,
        "max_leaf_nodes": options.max_leaf_nodes,
        "min_impurity_decrease": options.min_impurity_decrease,
        "max_samples": options.max_samples,
    }
    return parameters | rest, samples if balanced else samples.weighted(options.class_weight)
