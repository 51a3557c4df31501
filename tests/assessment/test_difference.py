from __future__ import annotations

import numpy as np
import pytest

from iota_py.assessment.difference import COLOURS, LABELS, difference_colormap, difference_map


def test_every_case_by_hand() -> None:
    role = np.array([[0, 0, 1, 1], [2, 2, 2, 1]], dtype=np.uint8)
    reference = np.array([[0, 5, 5, 6], [5, 6, 5, 6]], dtype=np.uint8)
    mapped = np.array([[5, 5, 5, 5], [5, 5, 0, 0]], dtype=np.uint8)
    found = difference_map(mapped, reference, role)
    assert found.tolist() == [[0, 0, 4, 3], [2, 1, 1, 3]]
    assert found.dtype == np.uint8


def test_colours_and_labels_cover_the_codes() -> None:
    table = difference_colormap()
    assert table[0] == (0, 0, 0, 0)
    assert sorted(LABELS) == [0, 1, 2, 3, 4]
    assert len({table[value] for value in range(5)}) == 5
    assert all(table[value] == (*COLOURS[value], 255) for value in COLOURS)
    assert sorted(table) == list(range(256))


@pytest.mark.parametrize(
    ("reference", "role", "message"),
    [([0], [1], "a role and no reference"), ([5], [3], "role 3"), ([[5]], [1], "expected the same shape")],
)
def test_bad_inputs_are_refused(reference: list, role: list, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        difference_map(np.array([5], dtype=np.uint8), np.array(reference, dtype=np.uint8), np.array(role, dtype=np.uint8))
