"""Quantity and allocation disagreement: cases that can be counted on the fingers, and what must always add up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from iota_py.assessment.area import area_weighted_accuracy
from iota_py.assessment.disagreement import disagreement


def test_swapped_pixels_are_allocation_and_lost_ones_quantity() -> None:
    """10 pixels: 2 of each class are taken for the other, the totals stay: allocation. Then 2 of one class are lost: quantity."""
    swapped = disagreement([[3, 2], [2, 3]])
    assert (swapped.total, swapped.quantity, swapped.allocation) == (pytest.approx(0.4), 0, pytest.approx(0.4))
    lost = disagreement([[3, 2], [0, 5]])
    assert (lost.total, lost.quantity, lost.allocation) == (pytest.approx(0.2), pytest.approx(0.2), 0)


def test_of_three_classes_by_hand() -> None:
    """20 pixels. Totals of the reference 8, 7, 5, of the map 6, 9, 5; right are 5, 6, 4."""
    found = disagreement([[5, 2, 1], [1, 6, 0], [0, 1, 4]])
    assert found.quantity_by_class.tolist() == pytest.approx([0.1, 0.1, 0.0])
    assert found.allocation_by_class.tolist() == pytest.approx([0.1, 0.1, 0.1])  # twice the smaller of what is missed and what is too many
    assert (found.quantity, found.allocation, found.total) == (pytest.approx(0.1), pytest.approx(0.15), pytest.approx(0.25))


def test_counts_of_a_stratified_sample_and_their_weighted_shares_differ() -> None:
    counts = np.array([[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]]).T
    accuracy = area_weighted_accuracy(counts, [0.02, 0.015, 0.32, 0.645])
    weighted = disagreement(accuracy.proportions)
    assert weighted.total == pytest.approx(1 - float(accuracy.overall_accuracy))
    assert disagreement(counts).total == pytest.approx(53 / 640)
    assert abs(weighted.quantity - disagreement(counts).quantity) > 0.01


@given(arrays(np.int64, (4, 4), elements=st.integers(0, 50)))
def test_both_kinds_add_up_to_what_is_wrong(matrix: np.ndarray) -> None:
    matrix = matrix + np.eye(4, dtype=np.int64)
    found = disagreement(matrix)
    assert found.total == pytest.approx(1 - np.trace(matrix) / matrix.sum())
    assert found.total == pytest.approx(found.quantity + found.allocation)
    assert min(found.quantity, found.allocation) >= 0
    assert disagreement(matrix.T).quantity == pytest.approx(found.quantity)


def test_nothing_known_is_undefined() -> None:
    assert np.isnan(disagreement(np.zeros((2, 2))).quantity)
    assert np.isnan(disagreement([[0.5, np.nan], [0.1, 0.2]]).total)


@pytest.mark.parametrize(("matrix", "words"), [([[1, 2]], "expected \\(n, n\\)"), ([[1, -1], [0, 1]], "none negative")])
def test_what_is_no_matrix_is_refused(matrix: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        disagreement(matrix)  # type: ignore[arg-type]
