"""Size, outline and place of segments, by hand, and the same for strips of any height."""

from __future__ import annotations

import numpy as np
import pytest

from iota_py.objects.shape import Shapes

LABELS = np.array([[1, 1, 2, 2], [1, 1, 2, 0], [3, 3, 3, 0]], np.uint32)
REGIONS = np.array([[0, 0, 0, 1], [0, 1, 1, 1], [1, 0, 1, 1]], np.int64)


def counted(height: int) -> Shapes:
    found = Shapes.none(3, 2)
    padded = np.pad(LABELS, 1)
    for row in range(0, 3, height):
        rows = min(height, 3 - row)
        found.count(padded[row : row + rows + 2], REGIONS[row : row + rows], row)
    return found


@pytest.mark.parametrize("height", [1, 2, 3])
def test_by_hand(height: int) -> None:
    found = counted(height)
    assert found.pixels[1:].tolist() == [4, 3, 3]
    assert found.edges[1:].tolist() == [8, 8, 8]
    row, col = found.centres(np.array([1, 2, 3]))
    assert row.tolist() == [0.5, pytest.approx(1 / 3), 2.0]
    assert col.tolist() == [0.5, pytest.approx(7 / 3), 1.0]


def test_the_region_with_most_pixels_the_first_of_equals() -> None:
    found = counted(3)
    assert found.regions[1:].tolist() == [[3, 1], [1, 2], [1, 2]]
    assert found.region_of(np.array([3, 1])).tolist() == [1, 0]
    even = Shapes.none(1, 2)
    even.count(np.pad(np.array([[1, 1]], np.uint32), 1), np.array([[1, 0]]), 0)
    assert even.region_of(np.array([1])).tolist() == [0]
