"""The sieve by windows is the sieve of the whole raster, whatever the windows."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iota_py.mapping.regularisation.blocks import Blocks, scratch_blocks
from iota_py.mapping.regularisation.sieve import sieve
from tests.mapping.regularisation.reference import label_whole, sieve_whole

GROUPS = np.array([0, 1, 1, 2, 2, *range(5, 256)], np.int64)


def stored(blocks: Blocks) -> np.ndarray:
    out = np.zeros(blocks.shape, np.uint8)
    for number, window in enumerate(blocks.windows):
        out[window.slices] = blocks.read(number, window)
    return out


def sieved(
    classes: np.ndarray, side: int, minimum: int, connectivity: int, groups: np.ndarray | None = None, threads: int = 1
) -> np.ndarray:
    with tempfile.TemporaryDirectory() as folder, scratch_blocks(Path(folder) / "map.tif", classes.shape, side) as blocks:
        for number, window in enumerate(blocks.windows):
            blocks.write(number, classes[window.slices])
        sieve(blocks, minimum, connectivity, groups, threads)
        return stored(blocks)


def image(*rows: str) -> np.ndarray:
    return np.array([[int(c) for c in row] for row in rows], np.uint8)


def test_a_small_component_takes_the_class_of_its_largest_neighbour():
    classes = image("11122", "11322", "11122")
    assert sieved(classes, 9, 2, 8).tolist() == image("11122", "11122", "11122").tolist()  # 8 pixels of class 1, 6 of class 2


def test_equal_neighbours_are_settled_by_the_lower_class():
    classes = image("22311", "22311")
    assert sieved(classes, 9, 3, 4).tolist() == image("22111", "22111").tolist()


def test_no_data_is_no_neighbour_and_stays():
    classes = image("0000", "0310", "0000", "1110")
    assert (
        sieved(classes, 9, 3, 4).tolist() == image("0000", "0110", "0000", "1110").tolist()
    )  # 3 and 1 are equal: the first one moves; nothing else is near


def test_a_corner_connects_with_8_and_not_with_4():
    classes = image("1222", "2122", "2222")
    assert sieved(classes, 9, 2, 8).tolist() == classes.tolist()  # two pixels of class 1, by the corner
    assert sieved(classes, 9, 2, 4).tolist() == np.full((3, 4), 2).tolist()


def test_a_component_stays_in_its_group():
    classes = image("33333", "31133", "31233", "33333")
    assert sieved(classes, 9, 2, 8, GROUPS).tolist() == image("33333", "31133", "31133", "33333").tolist()
    assert (
        sieved(classes, 9, 4, 8, GROUPS).tolist() == image("33333", "31133", "31133", "33333").tolist()
    )  # 3 pixels, no neighbour of the group


def test_the_smallest_merge_first_and_what_they_reach_is_one_component():
    classes = image("11133333", "11124333", "11122333")
    # 4 (one pixel) goes to 3 (11 pixels), then 2 (three pixels) to 3, which is larger than 1 (9 pixels).
    assert sieved(classes, 9, 5, 4).tolist() == image("11133333", "11133333", "11133333").tolist()


def test_of_equal_components_the_first_in_raster_order_merges_wherever_seams_cut():
    classes = image("0023", "0203")  # class 2 starts one pixel before class 3; its lower part lies in the first window
    for side in (1, 2, 3, 9):
        assert sieved(classes, side, 3, 8).tolist() == image("0033", "0303").tolist()


def test_a_long_component_is_measured_across_all_windows():
    classes = np.full((3, 60), 2, np.uint8)
    classes[1] = 1
    classes[0, 30] = 3  # touches 1 (60 pixels) and the upper 2 (59 pixels in two parts of 30 and 29)
    for side in (1, 2, 7, 64):
        assert sieved(classes, side, 10, 8)[0, 30] == 1


rasters = st.integers(0, 2**32 - 1).flatmap(
    lambda seed: st.tuples(
        st.just(seed), st.integers(1, 24), st.integers(1, 24), st.integers(2, 5), st.sampled_from([0.0, 0.2, 0.6]), st.booleans()
    )
)


def drawn(seed: int, height: int, width: int, classes: int, empty: float, blotched: bool) -> np.ndarray:
    """Noise, or noise of blotches of 2 x 2 and 3 x 3 with single pixels among them; a share without data."""
    rng = np.random.default_rng(seed)
    out = rng.integers(1, classes, (height, width), endpoint=True)
    if blotched:
        coarse = rng.integers(1, classes, (height // 3 + 1, width // 3 + 1), endpoint=True).repeat(3, 0).repeat(3, 1)[:height, :width]
        out = np.where(rng.random((height, width)) < 0.75, coarse, out)
    return np.where(rng.random((height, width)) < empty, 0, out).astype(np.uint8)


@settings(max_examples=300, deadline=None)
@given(rasters, st.integers(1, 25), st.integers(1, 12), st.sampled_from([4, 8]), st.booleans())
def test_windows_of_any_size_give_the_sieve_of_the_whole(raster, side, minimum, connectivity, by_group):
    classes, groups = drawn(*raster), GROUPS if by_group else None
    expected = sieve_whole(classes, minimum, connectivity, groups)
    np.testing.assert_array_equal(sieved(classes, side, minimum, connectivity, groups), expected)


@settings(max_examples=40, deadline=None)
@given(rasters, st.integers(1, 12), st.sampled_from([4, 8]))
def test_no_small_component_with_a_neighbour_is_left(raster, minimum, connectivity):
    after = sieved(drawn(*raster), 5, minimum, connectivity)
    labels, count = label_whole(after, connectivity)
    for n in range(1, count + 1):
        here = labels == n
        if here.sum() < minimum:
            near = np.pad(labels, 1)
            rows, cols = np.nonzero(here)
            steps = [(a, b) for a in (0, 1, 2) for b in (0, 1, 2) if connectivity == 8 or a == 1 or b == 1]
            assert all(near[row + a, col + b] in (0, n) for row, col in zip(rows, cols) for a, b in steps)


@pytest.mark.parametrize("side", [1, 3, 64])
def test_a_raster_without_data_stays(side):
    empty = np.zeros((5, 4), np.uint8)
    assert sieved(empty, side, 3, 8).tolist() == empty.tolist()


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_change_nothing(threads):
    classes = drawn(7, 60, 50, 4, 0.1, True)
    np.testing.assert_array_equal(sieved(classes, 11, 6, 8, threads=threads), sieved(classes, 64, 6, 8))
