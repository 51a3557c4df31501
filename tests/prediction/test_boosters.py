"""Reading LightGBM's text."""

from __future__ import annotations

import numpy as np
import pytest

from iota_py.prediction.boosters import read_booster
from iota_py.prediction.boosting import boosting_engine
from iota_py.prediction.engine import UnsupportedModelError

TEXT = """tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx=1
objective=binary sigmoid:2
feature_names=a b

Tree=0
num_leaves=3
num_cat=0
split_feature=0 1
threshold=5.5 -1.0000000180025095e-35
decision_type=2 8
left_child=1 -1
right_child=-2 -3
leaf_value=-0.5 0.25 1
is_linear=0
shrinkage=1

Tree=1
num_leaves=1
num_cat=0
leaf_value=0.125
is_linear=0

end of trees

feature_importances:
a=1
"""


def test_a_text_written_by_hand():
    model = read_booster(TEXT)
    assert (model.scores, model.features, model.sigmoid) == (1, 2, 2.0)
    first, second = model.trees
    assert first.feature.tolist() == [0, 1]
    assert first.threshold.tolist() == [5, -1]
    assert (first.left.tolist(), first.right.tolist()) == ([1, -1], [-2, -3])
    assert first.leaf_value.tolist() == [-0.5, 0.25, 1]
    assert (second.feature.size, second.leaf_value.tolist()) == (0, [0.125])


def test_a_text_written_by_hand_predicts_what_it_says():
    """a <= 5: b < 0 gives -0.5, else 1; a > 5 gives 0.25; all plus 0.125; probability 1 / (1 + exp(-2 score))."""
    engine = boosting_engine(read_booster(TEXT), np.array([4, 9], np.uint8))
    found = engine.predict(np.array([[5, -1], [5, 0], [6, -1], [-32768, 32767]], np.int16), probabilities=True)
    scores = np.array([-0.375, 1.125, 0.375, 1.125])
    assert found.labels.tolist() == [4, 9, 9, 9]
    assert found.probabilities[:, 1] == pytest.approx(1 / (1 + np.exp(-2 * scores)), abs=1e-6)
    assert found.confidence == pytest.approx(found.probabilities.max(axis=1))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("objective=binary sigmoid:2", "objective=regression", "objective is regression"),
        ("objective=binary sigmoid:2", "", "objective is not given"),
        ("objective=binary sigmoid:2", "objective=multiclassova num_class:3 sigmoid:1", "multiclassova"),
        ("feature_names=a b", "feature_names=a b\naverage_output", "averaged"),
        ("is_linear=0\nshrinkage", "is_linear=1\nshrinkage", "linear"),
        ("decision_type=2 8", "decision_type=2 1", "categories"),
        ("decision_type=2 8", "decision_type=2 6", "zero is taken as missing"),
        ("threshold=5.5", "threshold=-40000", "below every int16"),
    ],
)
def test_what_the_engine_cannot_follow_is_said(old, new, message):
    assert old in TEXT
    with pytest.raises(UnsupportedModelError, match=message):
        read_booster(TEXT.replace(old, new))


def test_missing_zeros_that_go_where_zero_goes_are_no_obstacle():
    """decision_type 6: zero is missing and goes left, as it would at the threshold 5.5; type 4: and goes right, as at -1."""
    model = read_booster(TEXT.replace("decision_type=2 8", "decision_type=6 4"))
    assert model.trees[0].threshold.tolist() == [5, -1]


def test_thresholds_above_int16_let_every_value_go_left():
    model = read_booster(TEXT.replace("threshold=5.5", "threshold=1e300"))
    assert model.trees[0].threshold.tolist() == [32767, -1]
