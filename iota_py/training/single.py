"""The kinds of estimator that are not made of others, and fitting one of them on values or on codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from iota_py.codes import CodeBook
from iota_py.errors import Fault, TaskError
from iota_py.training.boosters import train_hist, train_lightgbm, train_xgboost
from iota_py.training.fitted import Fitted
from iota_py.training.forests import train_extra_trees, train_forest
from iota_py.training.learning import Estimator, LearningSet
from iota_py.training.options import (
    ExtraTreesOptions,
    HistGradientBoostingOptions,
    KNNOptions,
    LightGBMOptions,
    LogisticRegressionOptions,
    Options,
    RandomForestOptions,
    SVMOptions,
    TempCNNOptions,
    XGBoostOptions,
)
from iota_py.training.scaled import train_knn, train_logistic, train_svm
from iota_py.training.tempcnn import train_tempcnn
from iota_py.training.trainers import choose_trainer

SINGLE: Mapping[str, Estimator] = {
    "random_forest": Estimator(RandomForestOptions, train_forest),
    "extra_trees": Estimator(ExtraTreesOptions, train_extra_trees),
    "lightgbm": Estimator(LightGBMOptions, train_lightgbm),
    "hist_gradient_boosting": Estimator(HistGradientBoostingOptions, train_hist),
    "xgboost": Estimator(XGBoostOptions, train_xgboost),
    "svm": Estimator(SVMOptions, train_svm),
    "knn": Estimator(KNNOptions, train_knn, weights=False),
    "logistic_regression": Estimator(LogisticRegressionOptions, train_logistic),
    "tempcnn": Estimator(TempCNNOptions, train_tempcnn),
}


def fit_single(options: Options, samples: LearningSet, seed: int, threads: int) -> Fitted:
    """A fitted model of one of these kinds; samples of int16 values and two classes at least. TaskError E-TRN-010: it takes no weights."""
    kind = options.kind
    if samples.weights is not None and not SINGLE[kind].weights:
        text = f"{kind} takes no weights of samples"
        raise TaskError(Fault("E-TRN-010", "training", "model.kind", text, "leave the weights out, or use another kind"))
    trainer, bins = choose_trainer(options), getattr(options, "bins", None)
    book = CodeBook.fit(samples.matrix, bins) if bins else None
    seen = samples if book is None else replace(samples, matrix=book.encode(samples.matrix))
    estimator = SINGLE[kind].train(options, seen, seed, threads)
    return Fitted(kind, estimator, book, np.unique(samples.labels), samples.names, options, seed, trainer)
