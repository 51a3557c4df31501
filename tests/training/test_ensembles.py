"""Votes and stacks."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from iota_py.errors import TaskError
from iota_py.prediction.loading import load_engine
from iota_py.training.ensembles import _regression
from iota_py.training.fit import fit
from iota_py.training.options import KNNOptions, LogisticRegressionOptions, MemberOptions, RandomForestOptions, StackingOptions

from .kinds import NAMES, samples

GOOD = MemberOptions("good", "random_forest", RandomForestOptions(trees=10))
DULL = MemberOptions("dull", "random_forest", RandomForestOptions(trees=1, max_depth=1))


def test_a_stack_trusts_the_better_member():
    features, labels = samples(600)
    stack = fit("stacking", StackingOptions((DULL, GOOD)), features, labels, NAMES, 1).estimator
    assert np.abs(stack.coefficients[:, 3:]).sum() > 2 * np.abs(stack.coefficients[:, :3]).sum()


def test_groups_are_kept_whole():
    """All samples of a polygon are alike: a neighbour is right about samples whose polygon it has seen, and useless about others."""
    rng = np.random.default_rng(5)
    groups = np.repeat(np.arange(40), 8)
    features = (rng.integers(-3000, 3000, (40, 5))[groups] + rng.integers(-20, 20, (320, 5))).astype(np.int16)
    labels = (1 + groups % 2).astype(np.uint8)
    members = (MemberOptions("near", "knn", KNNOptions(1)), MemberOptions("line", "logistic_regression", LogisticRegressionOptions()))
    sizes = []
    for beside in ({}, {"groups": groups}):
        model = fit("stacking", StackingOptions(members), features, labels, NAMES, 1, **beside)
        sizes.append(np.abs(model.estimator.coefficients[:, :2]).max())
    assert sizes[0] > 3 * sizes[1]


def test_a_class_of_one_sample_is_known_and_never_chosen():
    features, labels = samples(120)
    labels[0] = 77
    model = fit("stacking", StackingOptions((DULL, GOOD), folds=3), features, labels, NAMES, 1)
    assert model.classes.tolist() == [12, 31, 77, 211]
    assert model.estimator.intercepts[2] == -np.inf
    assert (load_engine(model).predict(features, probabilities=True).probabilities[:, 2] == 0).all()


@pytest.mark.parametrize(
    ("labels", "text"),
    [([1] + [2] * 20, "only class 2 has samples to hold back"), ([1, 2], "no class has two samples")],
)
def test_too_little_to_hold_back_is_one_line(labels, text):
    features, _ = samples(len(labels))
    with pytest.raises(TaskError, match=rf"^E-TRN-013 samples: model\.kind: stacking: {text}\. Fix: give more polygons") as caught:
        fit("stacking", StackingOptions((DULL, GOOD)), features, np.array(labels, np.uint8), NAMES, 1)
    assert "\n" not in str(caught.value)


def test_regression_of_two_classes_and_of_a_missing_one():
    two = SimpleNamespace(classes_=np.array([3, 9]), coef_=np.array([[1.0, -2.0]]), intercept_=np.array([0.5]))
    coefficients, intercepts = _regression(two, np.array([3, 5, 9], np.uint8))
    assert coefficients.tolist() == [[0, 0], [0, 0], [1, -2]]
    assert intercepts.tolist() == [0, -np.inf, 0.5]
