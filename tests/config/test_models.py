"""Section `model`: every kind with its parameters, and what is wrong in one line."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from iota_py.config.models import Model
from iota_py.config.schema import dump
from iota_py.pipeline.steps.learning import options_of
from iota_py.training.options import (
    OPTIONS,
    ExtraTreesOptions,
    HistGradientBoostingOptions,
    KNNOptions,
    LightGBMOptions,
    LogisticRegressionOptions,
    MemberOptions,
    RandomForestOptions,
    StackingOptions,
    SVMOptions,
    TempCNNOptions,
    VotingOptions,
    XGBoostOptions,
)

TWO = "members: {b: {kind: knn}, a: {kind: extra_trees, trees: 7}}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kind: random_forest", RandomForestOptions()),
        ("kind: random_forest, criterion: entropy, max_samples: 0.5, class_weight: {12: 2, 11: 0.5}",
         RandomForestOptions(criterion="entropy", max_samples=0.5, class_weight=((11, 0.5), (12, 2.0)))),
        ("kind: extra_trees, bootstrap: true", ExtraTreesOptions(bootstrap=True)),
        ("kind: lightgbm", LightGBMOptions(feature_fraction=0.3)),
        ("kind: lightgbm, bagging_fraction: 0.5, min_samples_leaf: 3, max_depth: 4, lambda_l1: 1, min_gain: 0.1, class_weight: balanced",
         LightGBMOptions(feature_fraction=0.3, bagging_fraction=0.5, bagging_freq=1, min_data_in_leaf=3, max_depth=4, lambda_l1=1.0,
                         min_gain=0.1, class_weight="balanced")),
        ("kind: hist_gradient_boosting, early_stopping: true", HistGradientBoostingOptions(early_stopping=True)),
        ("kind: xgboost, leaves: 31, max_depth: null", XGBoostOptions(leaves=31, max_depth=None)),
        ("kind: svm, kernel: linear, c: 10, gamma: 0.01", SVMOptions(kernel="linear", c=10.0, gamma=0.01)),
        ("kind: knn, neighbours: 3, weights: distance, p: 1", KNNOptions(3, "distance", 1)),
        ("kind: logistic_regression, l1_ratio: 0.5", LogisticRegressionOptions(l1_ratio=0.5)),
        ("kind: tempcnn, width: 3", TempCNNOptions(width=3)),
        (f"kind: voting, {TWO}, weights: {{b: 2}}",
         VotingOptions((MemberOptions("a", "extra_trees", ExtraTreesOptions(7)), MemberOptions("b", "knn", KNNOptions(), 2.0)))),
        (f"kind: stacking, {TWO}, folds: 3",
         StackingOptions((MemberOptions("a", "extra_trees", ExtraTreesOptions(7)), MemberOptions("b", "knn", KNNOptions())), folds=3)),
    ],
)  # fmt: skip
def test_options_of_every_kind(load, text, expected):
    config = load(f"model: {{{text}}}")
    kind, options = options_of(config.model)
    assert (kind, options) == (expected.kind, expected)
    assert TypeAdapter(Model).validate_python(dump(config)["model"]) == config.model


def test_every_kind_has_a_section():
    with pytest.raises(ValidationError, match="union_tag_invalid") as caught:
        TypeAdapter(Model).validate_python({"kind": "oracle"})
    assert all(f"'{kind}'" in str(caught.value) for kind in OPTIONS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind: extra_trees, max_samples: 0.5", "max_samples goes with bootstrap: true"),
        ("kind: xgboost, max_depth: null", "expected max_depth or leaves: trees need a limit"),
        ("kind: tempcnn, width: 4", "width 4: expected an odd number of dates"),
        (f"kind: voting, {TWO}, weights: {{c: 2}}", "weights.c: no member has that name; members are b, a"),
        ("kind: stacking, members: {a: {kind: knn}}", "members"),
        ("kind: voting, members: {a: {kind: knn}, b: {kind: voting}}", "voting"),
        ("kind: knn, class_weight: balanced", "class_weight"),
        ("kind: svm, class_weight: {300: 1}", "class_weight"),
        ("kind: svm, class_weight: {3: 0}", "class_weight"),
        ("kind: random_forest, class_weight: even", "class_weight"),
    ],
)
def test_faults_are_named(lines, text, message):
    found = lines(f"model: {{{text}}}")
    assert any(message in line for line in found)
    assert all(line.startswith("E-CFG-") for line in found)
