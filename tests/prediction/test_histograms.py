"""The compiled engine gives the labels of scikit-learn's booster on histograms, but for those that its own rounding decides."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from sklearn.ensemble import HistGradientBoostingClassifier

from iota_py.prediction.boosting import BoostingEngine, boosting_engine
from iota_py.prediction.engine import UnsupportedModelError
from iota_py.prediction.histograms import read_histograms
from iota_py.prediction.loading import load_engine

from .models import assert_same_answers, histograms


@settings(max_examples=40, deadline=None)
@given(histograms())
def test_labels_are_the_librarys(drawn):
    engine = load_engine(drawn.fitted)
    assert type(engine) is BoostingEngine
    # scores that are equal: the library compares probabilities, whose exponentials are rounded otherwise at the end of an array
    assert_same_answers(engine, drawn.fitted, drawn.features, ties=True)


def test_a_tree_by_hand():
    """Two values, one split between them: scores start at the logarithm of the odds, 1 to 3."""
    features, labels = np.repeat([10, 21, 21, 21], 5)[:, None], np.repeat([1, 2, 2, 2], 5)
    model = HistGradientBoostingClassifier(max_iter=1, min_samples_leaf=1, learning_rate=1.0).fit(features, labels)
    booster = read_histograms(model)
    first, tree = booster.trees
    assert (booster.scores, booster.features, booster.sigmoid) == (1, 1, 1.0)
    assert (first.feature.size, first.leaf_value.tolist()) == (0, pytest.approx([np.log(3)]))
    assert (tree.feature.tolist(), tree.threshold.tolist(), tree.left.tolist(), tree.right.tolist()) == ([0], [15], [-1], [-2])
    # Newton's step of a leaf: gradient over second derivative, 0.75 / 0.1875 down where the class is 1, 0.25 / 0.1875 up elsewhere
    assert tree.leaf_value == pytest.approx([-4, 4 / 3], rel=1e-5)
    found = boosting_engine(booster, np.array([1, 2], np.uint8)).predict(np.array([[15], [16]], np.int16))
    assert found.labels.tolist() == [1, 2]


def test_categories_are_refused():
    features = np.random.default_rng(0).integers(0, 4, (200, 1))
    model = HistGradientBoostingClassifier(max_iter=2, categorical_features=[0]).fit(features, 1 + features[:, 0] % 2)
    with pytest.raises(UnsupportedModelError, match="a split is on categories"):
        read_histograms(model)
