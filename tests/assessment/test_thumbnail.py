import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from iota_py.assessment.quicklooks import decimate
from iota_py.assessment.thumbnail import Thumbnail

SCENE = np.random.default_rng(1).integers(0, 250, (23, 37), np.uint8)


@given(st.integers(1, 40), st.integers(1, 23), st.integers(1, 37))
def test_windows_give_what_the_whole_gives(side, rows, cols):
    seen = Thumbnail.of(SCENE.shape, side)
    for row in range(0, 23, rows):
        for col in range(0, 37, cols):
            seen.take(row, col, SCENE[row : row + rows, col : col + cols])
    assert (seen.values == decimate(SCENE, side)).all()


def test_a_small_raster_is_kept_whole():
    seen = Thumbnail.of((2, 3), 900)
    seen.take(0, 0, SCENE[:2, :3])
    assert (seen.values == SCENE[:2, :3]).all()
