from __future__ import annotations

import math

import numpy as np
import pytest

from iota_py.assessment.figures import ORANGE
from iota_py.assessment.transition_figure import transition_figure
from iota_py.nomenclature import Nomenclature
from tests.nomenclature.samples import THREE

from .images import chunks, rgba

MATRIX = np.array([[30, 20, 0], [10, 10, 0], [10, 0, 20]])
NAMES = ("2022", "2023")
NOTHING = np.zeros((256, 256), bool)


def count(png: bytes, colour: tuple[int, ...]) -> int:
    return int(np.all(rgba(png)[..., :3] == colour, axis=-1).sum())


def test_same_bytes_twice_without_metadata() -> None:
    first = transition_figure(MATRIX, NOTHING, THREE, 0.01, NAMES)
    assert first == transition_figure(MATRIX, NOTHING, THREE, 0.01, NAMES)
    assert set(chunks(first)) <= {"IHDR", "IDAT", "IEND", "pHYs"}


def test_implausible_changes_are_framed_where_they_occur() -> None:
    orange = tuple(int(ORANGE[k : k + 2], 16) for k in (1, 3, 5))
    plain, odd, absent = (NOTHING.copy() for _ in range(3))
    odd[7, 1], absent[7, 2] = True, True
    frames = [count(transition_figure(MATRIX, wish, THREE, 0.01, NAMES), orange) for wish in (plain, odd, absent)]
    assert frames[1] > 200
    assert frames[0] == frames[2] < 20


def test_bars_have_the_colours_of_the_classes_that_change() -> None:
    png = transition_figure(MATRIX, NOTHING, THREE, 0.01, NAMES)  # wheat 50 > 50, maize 20 > 30, water 30 > 20
    assert count(png, (255, 85, 0)) > 500
    assert count(png, (0, 0, 255)) > 500
    assert count(png, (255, 255, 0)) == 0


@pytest.mark.parametrize("hectares", [0.01, math.nan])
def test_readable_at_23_classes(oso: Nomenclature, hectares: float) -> None:
    height, width, _ = rgba(transition_figure(np.full((23, 23), 12_345), NOTHING, oso, hectares, NAMES)).shape
    assert 1800 < width < 2600
    assert 1500 < height < 2200


def test_a_single_class(oso: Nomenclature) -> None:
    matrix = np.zeros((23, 23), np.int64)
    matrix[4, 4] = 7
    height, width, _ = rgba(transition_figure(matrix, NOTHING, oso, 0.01, NAMES)).shape
    assert 300 < height < width < 1600
