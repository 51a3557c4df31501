"""What estimators learn from: weights of classes, and parts that keep groups whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iota_py.training.learning import LearningSet, parts_of


def learning(labels: list[int], weights: list[float] | None = None, groups: list[int] | None = None) -> LearningSet:
    return LearningSet(
        np.zeros((len(labels), 1), np.int16),
        np.array(labels, np.uint8),
        ("a",),
        None if weights is None else np.array(weights),
        None if groups is None else np.array(groups),
    )


def test_class_weights():
    assert learning([1, 1, 2]).weighted(None).weights is None
    assert learning([1, 1, 1, 2]).weighted("balanced").weights == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2])
    assert learning([1, 9, 2], [1.0, 2.0, 4.0]).weighted(((9, 3.0), (77, 5.0))).weights.tolist() == [1, 6, 4]


def test_rows_take_everything_along():
    part = learning([1, 2, 3], [1.0, 2.0, 3.0], [7, 8, 9]).rows(np.array([True, False, True]))
    assert (part.labels.tolist(), part.weights.tolist(), part.groups.tolist(), part.matrix.shape) == ([1, 3], [1, 3], [7, 9], (2, 1))


def test_a_class_of_one_polygon_is_spread_by_samples_and_of_one_sample_kept():
    part = parts_of(learning([1] * 6 + [2], groups=[5] * 6 + [6]), 3, 0)
    assert sorted(part[:6].tolist()) == [0, 0, 1, 1, 2, 2]
    assert part[6] == -1


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 6), st.integers(1, 40))
def test_groups_stay_whole_and_classes_are_spread(seed, parts, count):
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, count, 200)
    labels = (1 + groups % 3).astype(np.uint8)
    part = parts_of(LearningSet(np.zeros((200, 1), np.int16), labels, ("a",), None, groups), parts, seed)
    for code in np.unique(labels):
        own = np.unique(groups[labels == code])
        if len(own) == 1:
            continue
        places = [np.unique(part[groups == group]) for group in own]
        assert all(len(place) == 1 for place in places)
        counts = np.bincount(np.concatenate(places), minlength=parts)
        assert counts.max() - counts.min() <= 1
    again = parts_of(LearningSet(np.zeros((200, 1), np.int16), labels, ("a",), None, groups), parts, seed)
    assert part.tolist() == again.tolist()
