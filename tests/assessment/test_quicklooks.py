from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iota_py.assessment.difference import COLOURS
from iota_py.assessment.quicklooks import decimate, difference_quicklook, map_quicklook, ramp_quicklook
from iota_py.nomenclature import Nomenclature

from .images import chunks, rgba


def test_map_has_the_colours_of_the_nomenclature_and_clear_nodata(ten: Nomenclature) -> None:
    classes = np.array([[0, 2, 23], [10, 0, 2]], dtype=np.uint8)
    image = rgba(map_quicklook(classes, ten))
    assert image.shape == (2, 3, 4)
    assert image[0, 0].tolist() == [0, 0, 0, 0]
    assert image[0, 2].tolist() == [0, 0, 255, 255]
    assert image[1, 0].tolist() == [255, 85, 0, 255]
    assert image[0, 1].tolist() == image[1, 2].tolist() == [255, 85, 255, 255]


def test_map_with_an_unknown_code_is_refused(ten: Nomenclature) -> None:
    with pytest.raises(ValueError, match=r"codes \[1, 99\]"):
        map_quicklook(np.array([[2, 99, 1, 0]], dtype=np.uint8), ten)


def test_difference_colours() -> None:
    image = rgba(difference_quicklook(np.arange(5, dtype=np.uint8)[None]))
    assert image[0, 0, 3] == 0
    assert [tuple(pixel[:3]) for pixel in image[0, 1:].tolist()] == [COLOURS[value] for value in (1, 2, 3, 4)]


def test_ramp_goes_from_dark_to_light_and_leaves_missing_white() -> None:
    values = np.ma.masked_array([[0.0, 100.0], [50.0, 50.0]], mask=[[False, False], [True, False]])
    image = rgba(ramp_quicklook(values, 0, 100, "confidence, %")).astype(int)
    top, side = 160, 320  # each value is 320 × 320 pixels
    low, high = image[top, side // 2, :3].sum(), image[top, side + side // 2, :3].sum()
    assert low < 200 < high
    assert image[side + top, side // 2].tolist() == [255, 255, 255, 255]
    with_nan = np.where(values.mask, np.nan, values.data)
    assert ramp_quicklook(with_nan, 0, 100, "confidence, %") == ramp_quicklook(values, 0, 100, "confidence, %")


def test_ramp_tells_values_beyond_its_bounds() -> None:
    inside, outside = np.array([[0.0, 10.0]]), np.array([[0.0, 11.0]])
    assert ramp_quicklook(inside, 0, 10, "n") != ramp_quicklook(outside, 0, 10, "n")
    assert ramp_quicklook(np.full((3, 2), np.nan), 0, 1, "n").startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="ascending order"):
        ramp_quicklook(inside, 5, 5, "n")


def test_same_bytes_twice_without_metadata(ten: Nomenclature) -> None:
    classes = np.array([[0, 2, 23]], dtype=np.uint8)
    for draw in (
        lambda: map_quicklook(classes, ten),
        lambda: ramp_quicklook(classes, 0, 23, "n"),
        lambda: difference_quicklook(classes % 5),
    ):
        first = draw()
        assert first == draw()
        assert set(chunks(first)) <= {"IHDR", "IDAT", "IEND", "pHYs", "PLTE", "tRNS"}


def test_decimate_takes_centres() -> None:
    values = np.arange(6 * 4, dtype=np.uint8).reshape(6, 4)
    assert decimate(values, 6) is values
    assert decimate(values, 3).tolist() == [[5, 7], [13, 15], [21, 23]]
    assert decimate(values, 1).tolist() == [[14]]  # row 3 of 6, column 2 of 4
    with pytest.raises(ValueError, match="at least 1"):
        decimate(values, 0)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 60))
def test_decimate_invents_no_code_and_keeps_the_longest_side(rows: int, cols: int, side: int) -> None:
    values = (np.arange(rows * cols) % 7).astype(np.uint8).reshape(rows, cols)
    small = decimate(values, side)
    assert max(small.shape) == min(side, max(rows, cols))
    assert min(small.shape) >= 1
    assert set(np.unique(small)) <= set(np.unique(values))
    assert small.dtype == values.dtype
