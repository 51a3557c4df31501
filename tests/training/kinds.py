"""One small case of every kind of estimator, and samples to learn from."""

from __future__ import annotations

import numpy as np
import pytest

from iota_py.training.options import (
    ExtraTreesOptions,
    HistGradientBoostingOptions,
    KNNOptions,
    LightGBMOptions,
    LogisticRegressionOptions,
    MemberOptions,
    Options,
    RandomForestOptions,
    StackingOptions,
    SVMOptions,
    TempCNNOptions,
    VotingOptions,
    XGBoostOptions,
)
from iota_py.training.trainers import installed

NAMES = ("s2_b2_20180101", "s2_b3_20180101", "s2_b2_20180201", "s2_b3_20180201", "dem_slope")
MEMBERS = (
    MemberOptions("boost", "lightgbm", LightGBMOptions(rounds=4)),
    MemberOptions("line", "logistic_regression", LogisticRegressionOptions(), 2.0),
    MemberOptions("trees", "random_forest", RandomForestOptions(trees=4)),
)
SMALL: dict[str, Options] = {
    "random_forest": RandomForestOptions(trees=6),
    "extra_trees": ExtraTreesOptions(trees=6),
    "lightgbm": LightGBMOptions(rounds=6, bagging_fraction=0.7, bagging_freq=1),
    "hist_gradient_boosting": HistGradientBoostingOptions(rounds=6, max_features=0.8, early_stopping=True),
    "xgboost": XGBoostOptions(rounds=6, bagging_fraction=0.7),
    "svm": SVMOptions(),
    "knn": KNNOptions(),
    "logistic_regression": LogisticRegressionOptions(),
    "tempcnn": TempCNNOptions(filters=8, width=3, dense=16, epochs=30, dropout=0.1, learning_rate=5e-3, batch=64),
    "voting": VotingOptions(MEMBERS),
    "stacking": StackingOptions(MEMBERS, folds=3),
}
OPTIONAL = {"xgboost": "xgboost", "tempcnn": "torch"}
KINDS = [
    pytest.param(
        kind,
        marks=pytest.mark.skipif(
            kind in OPTIONAL and installed(OPTIONAL[kind]) is None,
            reason=f"{OPTIONAL.get(kind)} is not installed (pip install 'iota-py[{OPTIONAL.get(kind)}]')",
        ),
    )
    for kind in SMALL
]


def samples(n: int = 300, seed: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Features (n, 5) int16 and labels 12, 31, 211 that the first two features decide."""
    features = np.random.default_rng(seed).integers(-2000, 9000, (n, 5)).astype(np.int16)
    return features, np.where(features[:, 0] > 4000, 211, np.where(features[:, 1] > 3000, 31, 12)).astype(np.uint8)
