"""Fitting: same rows, options and seed, same model."""

from __future__ import annotations

import numpy as np
import pytest

from iota_py.errors import TaskError
from iota_py.training.estimators import ESTIMATORS, LightGBMOptions, RandomForestOptions
from iota_py.training.fit import fit

NAMES = ("a", "b", "c", "d")


def samples(n: int = 300) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(8)
    features = rng.integers(-2000, 9000, (n, 4)).astype(np.int16)
    return features, np.where(features[:, 0] > 4000, 211, np.where(features[:, 1] > 3000, 31, 12)).astype(np.uint8)


OPTIONS = [("random_forest", RandomForestOptions(trees=6)), ("lightgbm", LightGBMOptions(rounds=6, bagging_fraction=0.7, bagging_freq=1))]


@pytest.mark.parametrize(("kind", "options"), OPTIONS)
def test_fitted_says_what_it_is_and_learns(kind, options):
    features, labels = samples()
    fitted = fit(kind, options, features, labels, NAMES, seed=5)
    assert fitted.classes.tolist() == [12, 31, 211]
    assert (fitted.kind, fitted.names, fitted.options, fitted.seed) == (kind, NAMES, options, 5)
    matrix = features if fitted.book is None else fitted.book.encode(features)
    predict = getattr(fitted.estimator, "predict_proba", fitted.estimator.predict)
    shares = predict(matrix.astype(np.float32))
    assert (fitted.classes[shares.argmax(axis=1)] == labels).mean() > 0.95


@pytest.mark.parametrize("seed", [0, 2**32 - 1])
@pytest.mark.parametrize(("kind", "options"), OPTIONS)
def test_threads_do_not_change_the_model_and_the_row_order_does(kind, options, seed):
    features, labels = samples()

    def trees(rows: np.ndarray, threads: int) -> object:
        estimator = fit(kind, options, features[rows], labels[rows], NAMES, seed, threads).estimator
        if kind == "lightgbm":
            return estimator.model_to_string().split("end of trees")[0]
        return [(tree.tree_.feature.tolist(), tree.tree_.threshold.tolist()) for tree in estimator.estimators_]

    order = np.arange(len(labels))
    assert trees(order, 1) == trees(order, 2)
    assert trees(order, 1) != trees(order[::-1], 1)


def test_forest_without_bins_is_fitted_on_values():
    features, labels = samples()
    for bins in (None, 0):
        fitted = fit("random_forest", RandomForestOptions(trees=2, bins=bins), features, labels, NAMES, 1)
        assert fitted.book is None
        assert max(tree.tree_.threshold.max() for tree in fitted.estimator.estimators_) > 255
    assert fit("random_forest", RandomForestOptions(trees=2, bins=8), features, labels, NAMES, 1).book.of_feature(0).size == 7


def test_one_class_is_named():
    features, labels = samples()
    with pytest.raises(TaskError, match=r"E-TRN-001 samples: label: expected at least two classes .* found only class 42 \(300 samples\)"):
        fit("random_forest", RandomForestOptions(), features, np.full_like(labels, 42), NAMES, 1)


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("random_forest", {"options": LightGBMOptions()}, "takes RandomForestOptions"),
        ("lightgbm", {"features": np.zeros((300, 4), np.float32)}, "int16"),
        ("lightgbm", {"names": ("a", "b", "c", "a")}, "distinct names"),
        ("lightgbm", {"names": ("a", "b")}, "expected \\(sample, 2\\)"),
        ("lightgbm", {"labels": np.zeros(300, np.uint8)}, "from 1 to 255"),
        ("lightgbm", {"labels": np.ones(299, np.uint8)}, "300 uint8 labels"),
    ],
)
def test_wrong_arguments_are_refused(kind, change, message):
    features, labels = samples()
    arguments = {"options": ESTIMATORS[kind].options(), "features": features, "labels": labels, "names": NAMES, "seed": 1} | change
    with pytest.raises((ValueError, TypeError), match=message):
        fit(kind, **arguments)
