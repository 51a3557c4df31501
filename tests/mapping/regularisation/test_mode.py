"""Larger pixels by the class that most of the smaller ones have."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from iota_py.mapping.regularisation.blocks import scratch_blocks
from iota_py.mapping.regularisation.mode import reduce_blocks, reduce_by_mode


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [
        ([[1, 2], [2, 2]], 2),  # the most frequent one
        ([[5, 2], [2, 5]], 5),  # two and two: the one at the upper left
        ([[4, 3], [2, 1]], 4),  # all different: the upper left
        ([[0, 3], [2, 2]], 2),  # no data does not count
        ([[0, 3], [2, 0]], 3),  # half without data: the first of those that are there
        ([[0, 3], [0, 0]], 0),  # more than half without data
        ([[0, 0], [0, 0]], 0),
        ([[255, 1], [255, 0]], 255),
    ],
)
def test_the_class_of_a_larger_pixel(pixels: list[list[int]], expected: int) -> None:
    assert reduce_by_mode(np.array(pixels, np.uint8), 2).tolist() == [[expected]]


def test_pixels_three_times_as_large():
    classes = np.array([[1, 1, 2, 7, 7, 7], [3, 3, 3, 7, 8, 8], [2, 2, 2, 8, 8, 8]], np.uint8)
    assert reduce_by_mode(classes, 3).tolist() == [[2, 8]]  # 1: 2, 2: 4, 3: 3; 7: 4, 8: 5


def test_blocks_of_other_sizes_are_refused(tmp_path: Path):
    with (
        scratch_blocks(tmp_path / "a.tif", (4, 4), 2) as fine,
        scratch_blocks(tmp_path / "b.tif", (2, 3), 1) as coarse,
        pytest.raises(ValueError, match="is not 2 times"),
    ):
        reduce_blocks(fine, coarse, 2)
