"""Estimators behind a scaler."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from iota_py.prediction.loading import load_engine
from iota_py.training.fit import fit
from iota_py.training.options import KNNOptions, LogisticRegressionOptions, SVMOptions
from iota_py.training.scaled import _curve

from .kinds import NAMES, samples


def test_scale_of_a_feature_does_not_matter():
    """Neighbours and vectors are found on standardised features: one that is a hundred times larger counts no more."""
    rng = np.random.default_rng(4)
    features = rng.integers(-100, 100, (200, 5)).astype(np.int16)
    labels = np.where(features[:, 0] > 0, 2, 1).astype(np.uint8)
    large = features * np.array([1, 1, 1, 1, 100], np.int16)
    for kind, options in (("knn", KNNOptions()), ("svm", SVMOptions()), ("logistic_regression", LogisticRegressionOptions())):
        plain = load_engine(fit(kind, options, features, labels, NAMES, 1)).predict(features, probabilities=True)
        other = load_engine(fit(kind, options, large, labels, NAMES, 1)).predict(large, probabilities=True)
        np.testing.assert_allclose(plain.probabilities, other.probabilities, atol=2e-3)


def test_logistic_regression_is_scikit_learns():
    features, labels = samples()
    model = fit("logistic_regression", LogisticRegressionOptions(c=0.3), features, labels, NAMES, 1)
    scaled = StandardScaler().fit_transform(features.astype(np.float64))
    expected = LogisticRegression(C=0.3, max_iter=1000).fit(scaled, labels).predict_proba(scaled)
    np.testing.assert_allclose(load_engine(model).predict(features, probabilities=True).probabilities, expected, atol=1e-4)


def test_an_absolute_penalty_leaves_features_out():
    features, labels = samples()
    model = fit("logistic_regression", LogisticRegressionOptions(c=0.05, l1_ratio=1.0, max_iter=3000), features, labels, NAMES, 1)
    assert (model.estimator[-1].coef_[:, 2:] == 0).all()
    assert (model.estimator[-1].coef_[:, :2] != 0).any()


def test_a_fit_that_stopped_short_is_said(caplog):
    features, labels = samples()
    with caplog.at_level(logging.WARNING, logger="iota_py"):
        fit("logistic_regression", LogisticRegressionOptions(max_iter=2), features, labels, NAMES, 1)
    assert [record.getMessage() for record in caplog.records] == [
        "logistic_regression: not converged in 2 rounds; raise model.max_iter, or lower model.c"
    ]


def test_neighbours_by_hand():
    """Neighbours of 0, of 0, 1, 2, 10, 11: 0, 1 and 2, labels 5, 5 and 9."""
    features, labels = np.array([[0], [1], [2], [10], [11]], np.int16), np.array([5, 5, 9, 9, 9], np.uint8)
    engine = load_engine(fit("knn", KNNOptions(neighbours=3), features, labels, ("a",), 1))
    found = engine.predict(np.array([[0], [12]], np.int16), probabilities=True)
    assert found.labels.tolist() == [5, 9]
    assert found.probabilities == pytest.approx(np.array([[2 / 3, 1 / 3], [0, 1]]))


def test_a_class_of_one_sample_has_the_curve_of_the_others():
    features, labels = samples(100)
    labels[0] = 77
    model = fit("svm", SVMOptions(), features, labels, NAMES, 1)
    slope = model.estimator.slope
    assert model.classes.tolist() == [12, 31, 77, 211]
    assert slope[2] == pytest.approx(slope[[0, 1, 3]].mean())
    assert (slope > 0).all()


def test_probabilities_of_vectors_are_fitted_on_groups_kept_apart():
    """All samples of a polygon are alike: whoever has seen its other samples knows them, so the curve of parts by sample is steeper."""
    rng = np.random.default_rng(5)
    centres = rng.integers(-3000, 3000, (40, 5))
    groups = np.repeat(np.arange(40), 8)
    features = (centres[groups] + rng.integers(-20, 20, (320, 5))).astype(np.int16)
    labels = (1 + groups % 2).astype(np.uint8)  # what a polygon is cannot be told from the others
    options = SVMOptions(c=100.0)
    alone = fit("svm", options, features, labels, NAMES, 1).estimator.slope
    whole = fit("svm", options, features, labels, NAMES, 1, groups=groups).estimator.slope
    assert (alone > 2 * np.abs(whole)).all()


def test_curve_by_hand():
    """Scores -1 and 1, of which a quarter and three quarters are of the class: logits -ln 3 and ln 3."""
    scores, own = np.repeat([-1.0, 1.0], 400), np.tile([True, False, False, False], 200)
    own[400:] = ~own[400:]
    assert _curve(scores, own, None) == pytest.approx((np.log(3), 0), abs=1e-3)
    assert np.isnan(_curve(scores, np.zeros(800, bool), None)).all()
    weights = np.where(own, 3.0, 1.0)
    assert _curve(scores, own, weights) == pytest.approx((np.log(3), np.log(3)), abs=1e-2)
