from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iota_py.assessment.confusion import confusion_matrix, unclassified

CODES = (2, 5, 9)
pixels = st.lists(st.tuples(st.sampled_from(CODES), st.sampled_from((0, 2, 5, 7, 9, 255))), max_size=60)


def test_reference_in_rows_map_in_columns() -> None:
    reference = np.array([[2, 2, 2], [5, 5, 9]], dtype=np.uint8)
    mapped = np.array([[2, 5, 2], [5, 9, 2]], dtype=np.uint8)
    matrix = confusion_matrix(reference, mapped, CODES)
    assert matrix.tolist() == [[2, 1, 0], [0, 1, 1], [1, 0, 0]]
    assert matrix.dtype == np.int64


def test_unclassified_pixels_are_counted_apart() -> None:
    reference, mapped = np.array([2, 2, 5, 9]), np.array([0, 2, 7, 9], dtype=np.uint8)
    assert confusion_matrix(reference, mapped, CODES).tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 1]]
    assert unclassified(mapped, CODES) == 2


def test_no_pixel_gives_zeros() -> None:
    nothing = np.array([], dtype=np.uint8)
    assert confusion_matrix(nothing, nothing, CODES).tolist() == [[0] * 3] * 3
    assert unclassified([], CODES) == 0


def test_reference_outside_the_codes_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"reference values \[0, 4\] are not among the codes \[2, 5, 9\]"):
        confusion_matrix([2, 4, 0, 4], [2, 2, 2, 2], CODES)


@pytest.mark.parametrize("codes", [(5, 2), (2, 2), ()])
def test_codes_are_ascending_and_not_empty(codes: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="strictly ascending"):
        confusion_matrix([2], [2], codes)


def test_shapes_and_types_are_checked() -> None:
    with pytest.raises(ValueError, match=r"reference has shape \(2,\), map has shape \(1, 2\)"):
        confusion_matrix([2, 2], [[2, 2]], CODES)
    with pytest.raises(ValueError, match="map holds float64: expected whole numbers"):
        confusion_matrix([2], [2.0], CODES)


@settings(max_examples=60, deadline=None)
@given(pixels, st.randoms(use_true_random=False))
def test_order_of_pixels_means_nothing_and_none_is_lost(pairs: list[tuple[int, int]], random: object) -> None:
    shuffled = list(pairs)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    first, second = (np.array(p, dtype=np.uint8).reshape(-1, 2) for p in (pairs, shuffled))
    matrix = confusion_matrix(first[:, 0], first[:, 1], CODES)
    assert np.array_equal(matrix, confusion_matrix(second[:, 0], second[:, 1], CODES))
    assert matrix.sum() + unclassified(first[:, 1], CODES) == len(pairs)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(CODES), max_size=40))
def test_a_perfect_map_is_diagonal(labels: list[int]) -> None:
    values = np.array(labels, dtype=np.uint8)
    assert np.array_equal(confusion_matrix(values, values, CODES), np.diag([labels.count(code) for code in CODES]))
