"""The chain of sieves and larger pixels, by blocks and over the whole."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from iota_py.errors import StorageError
from iota_py.io.publish import sweep
from iota_py.mapping.regularisation.blocks import scratch_blocks
from iota_py.mapping.regularisation.chain import Chain, Frame, frame_of, group_numbers, minimum_pixels, regularise
from iota_py.mapping.regularisation.mode import reduce_by_mode
from tests.mapping.regularisation.reference import sieve_whole


def grid(height: int, width: int, left: float = 400_000, top: float = 4_800_000) -> GeoBox:
    return GeoBox((height, width), Affine(10, 0, left, 0, -10, top), "EPSG:32631")


def made(classes: np.ndarray, frame: Frame, chain: Chain, side: int) -> np.ndarray:
    out = np.full(tuple(frame.grid.shape), 99, np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        for window, values in regularise(lambda w: classes[w.slices], classes.shape, frame, chain, Path(folder) / "map.tif", side):
            out[window.slices] = values
        assert not list(Path(folder).iterdir())
    return out


def test_a_frame_of_the_same_pixels_is_the_grid_of_the_map():
    assert frame_of(grid(5, 7), None) == Frame(grid(5, 7), 1, 0, 0)
    assert frame_of(grid(5, 7), 10) == Frame(grid(5, 7), 1, 0, 0)


def test_edges_of_larger_pixels_are_multiples_of_them():
    found = frame_of(grid(5, 7, 400_010, 4_800_010), 20)  # one pixel left of the map, one above
    assert (found.grid.transform.c, found.grid.transform.f) == (400_000, 4_800_020)
    assert (tuple(found.grid.shape), found.ratio, found.row, found.col) == ((3, 4), 2, 1, 1)


def test_a_map_off_the_multiples_of_its_pixels_keeps_its_corner():
    found = frame_of(grid(5, 7, 400_005, 4_800_005), 20)
    assert (found.grid.transform.c, found.grid.transform.f, tuple(found.grid.shape)) == (400_005, 4_800_005, (3, 4))
    assert (found.row, found.col) == (0, 0)


@pytest.mark.parametrize("resolution", [5, 15, 4.9])
def test_a_resolution_that_is_no_multiple_is_refused(resolution: float):
    with pytest.raises(ValueError, match="no whole multiple"):
        frame_of(grid(5, 7), resolution)


def test_a_map_of_oblong_pixels_keeps_them_and_has_no_larger_ones():
    oblong = GeoBox((5, 7), Affine(9.99, 0, 400_000, 0, -10, 4_800_000), "EPSG:32631")
    assert frame_of(oblong, None) == Frame(oblong, 1, 0, 0)
    with pytest.raises(ValueError, match="which are not square"):
        frame_of(oblong, 20)


def test_an_area_in_pixels_is_rounded_up():
    assert minimum_pixels(1000, 100) == 10
    assert minimum_pixels(1000, 400) == 3  # 1,000 m² are two and a half pixels of 20 m
    assert minimum_pixels(30 * 0.1, 0.1) == 30


def test_groups_have_a_number_and_other_codes_one_of_their_own():
    numbers = group_numbers({1: "urban", 2: "urban", 7: "water"})
    assert numbers[1] == numbers[2] != numbers[7]
    assert len(set(numbers.tolist())) == 255


def test_groups_come_before_the_whole():
    # A pixel of 2 lies in 3 and touches one strip of 1, of its group; without groups it goes to 3, which is larger.
    classes = np.array([[3] * 6, [3, 3, 2, 1, 1, 1], [3] * 6], np.uint8)
    frame = frame_of(grid(3, 6), None)
    assert made(classes, frame, Chain(300, {1: "a", 2: "a", 3: "b"}, (4,), 1), 64)[1].tolist() == [3, 3, 1, 1, 1, 1]
    assert made(classes, frame, Chain(300, None, (4,), 1), 64)[1].tolist() == [3, 3, 3, 1, 1, 1]


def whole(classes: np.ndarray, frame: Frame, chain: Chain) -> np.ndarray:
    """The chain without blocks."""
    tables = [None] if chain.groups is None else [group_numbers(chain.groups), None]
    out = np.zeros(frame.fine_shape, np.uint8)
    out[frame.row : frame.row + classes.shape[0], frame.col : frame.col + classes.shape[1]] = classes
    for groups in tables:
        for connectivity in chain.connectivity:
            out = sieve_whole(out, minimum_pixels(chain.minimum_area, 100), connectivity, groups)
    out = reduce_by_mode(out, frame.ratio)
    if chain.passes == 2:
        for groups in tables:
            for connectivity in chain.connectivity:
                out = sieve_whole(out, minimum_pixels(chain.minimum_area, 100 * frame.ratio**2), connectivity, groups)
    return out


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1), st.integers(1, 17), st.integers(1, 17), st.integers(1, 20), st.sampled_from([None, 20, 30]),
    st.sampled_from([400_000, 400_010, 400_020]), st.booleans(), st.sampled_from([1, 2]),
)  # fmt: skip
def test_blocks_of_any_size_give_the_chain_of_the_whole(seed, height, width, side, resolution, left, by_group, passes):
    rng = np.random.default_rng(seed)
    classes = rng.choice(np.array([0, 1, 2, 3, 4], np.uint8), (height, width), p=[0.1, 0.4, 0.2, 0.2, 0.1])
    frame = frame_of(grid(height, width, left), resolution)
    chain = Chain(600, {1: "a", 2: "a", 3: "b", 4: "b"} if by_group else None, (8, 4), passes)
    np.testing.assert_array_equal(made(classes, frame, chain, side), whole(classes, frame, chain))


def test_blocks_without_data_are_not_stored(tmp_path: Path):
    with scratch_blocks(tmp_path / "map.tif", (2000, 2000), 500) as blocks:
        for number, window in enumerate(blocks.windows):
            blocks.write(number, np.full(window.shape, 1 if number == 5 else 0, np.uint8))
        assert blocks.path.stat().st_blocks * 512 < 400_000  # one block of 250,000 bytes
        assert blocks.filled.sum() == 1
        assert blocks.read(5, blocks.windows[5]).all()


def test_a_temporary_file_that_a_killed_run_left_is_swept(tmp_path: Path):
    with scratch_blocks(tmp_path / "map.tif", (4, 4), 2) as blocks:
        left = blocks.path
    left.write_bytes(b"x")
    assert sweep(tmp_path) == [left]


def test_a_file_that_was_cut_short_is_said(tmp_path: Path):
    with scratch_blocks(tmp_path / "map.tif", (4, 4), 4) as blocks:
        blocks.write(0, np.ones((4, 4), np.uint8))
        with open(blocks.path, "r+b") as stream:
            stream.truncate(10)
        with pytest.raises(StorageError, match=r"E-SIV-009 .*block 0 ends after 10 bytes\. Fix: run again"):
            blocks.read(0, blocks.windows[0])
