"""Measures of uncertainty: values by hand, and what holds for any probabilities; thousandths that add up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iota_py.mapping.shares import apportion, thousandths
from iota_py.mapping.uncertainty import MEASURES, uncertainty

COUNTS = st.lists(st.lists(st.integers(0, 50), min_size=4, max_size=4).filter(any), min_size=1, max_size=12)


def test_values_by_hand() -> None:
    shares = np.array([[0.5, 0.25, 0.25], [1, 0, 0], [1 / 3, 1 / 3, 1 / 3], [0.6, 0.4, 0]])
    expected = {
        "least_confidence": [0.5, 0, 2 / 3, 0.4],
        "margin": [0.75, 0, 1, 0.8],
        "ratio": [0.5, 0, 1, 2 / 3],
        # 0.5 log 2 + 2 x 0.25 log 4 = 1.5 log 2 over log 3; 0.6 and 0.4: 0.6730117 over log 3
        "entropy": [1.5 * np.log(2) / np.log(3), 0, 1, 0.6730116670092565 / np.log(3)],
    }
    for measure, values in expected.items():
        assert uncertainty(shares, 3, measure) == pytest.approx(values, abs=1e-12)


def test_the_classes_of_the_model_decide_the_entropy() -> None:
    shares = np.array([[0.5, 0.5, 0, 0], [0.5, 0.5, 0, 0]])
    assert uncertainty(shares, np.array([2, 4]), "entropy") == pytest.approx([1, 0.5])


@pytest.mark.parametrize("measure", MEASURES)
def test_a_model_of_one_class_is_never_undecided(measure: str) -> None:
    assert uncertainty(np.array([[1.0], [1.0]]), 1, measure).tolist() == [0, 0]


def test_a_name_that_is_none() -> None:
    with pytest.raises(ValueError, match="measure doubt: expected one of least_confidence, margin, ratio, entropy"):
        uncertainty(np.ones((1, 2)), 2, "doubt")


@given(COUNTS, st.permutations(range(4)))
def test_what_holds_for_any_probabilities(counts: list[list[int]], order: list[int]) -> None:
    shares = np.array(counts, np.float64)
    found = {measure: uncertainty(shares, 4, measure) for measure in MEASURES}
    for measure, values in found.items():
        assert ((values >= 0) & (values <= 1)).all()
        assert uncertainty(3 * shares, 4, measure) == pytest.approx(values, abs=1e-9), "only proportions count"
        assert uncertainty(shares[:, order], 4, measure) == pytest.approx(values, abs=1e-9), "so does no order of classes"
        alone = [uncertainty(row[None], 4, measure)[0] for row in shares]
        assert alone == values.tolist(), "nor do the other pixels"
    assert (found["margin"] >= found["least_confidence"] - 1e-12).all()


@given(COUNTS)
def test_thousandths_add_up_and_keep_the_order(counts: list[list[int]]) -> None:
    shares = np.array(counts, np.float64)
    found = apportion(shares / shares.sum(axis=1, keepdims=True)).astype(np.int64)
    exact = 1000 * shares / shares.sum(axis=1, keepdims=True)
    assert (found.sum(axis=1) == 1000).all()
    assert (np.abs(found - exact) < 1).all()
    for row, own in zip(found, counts):
        for i in range(4):
            for j in range(4):
                assert own[i] <= own[j] or row[i] >= row[j]


def test_thousandths_by_hand() -> None:
    # thirds: 333.3 each, the one that is missing goes to the first; 0.0006 and 0.9994: 0.6 and 999.4, the missing one to the larger remainder
    assert apportion(np.array([[1 / 3, 1 / 3, 1 / 3], [0.0006, 0.9994, 0]])).tolist() == [[334, 333, 333], [1, 999, 0]]
    assert thousandths(np.array([0, 0.0005, 0.0015, 1])).tolist() == [0, 0, 2, 1000]
