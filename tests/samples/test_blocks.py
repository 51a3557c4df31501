import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iota_py.samples.blocks import block_of


def test_blocks_start_at_the_origin_and_hold_their_lower_sides():
    points = np.array([[0.0, 0.0], [999.9, 999.9], [1000.0, 0.0], [-0.1, 2500.0], [-1000.0, -1000.1]])
    assert block_of(points, 1000).tolist() == ["0_0", "0_0", "1_0", "-1_2", "-1_-2"]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=1, max_size=20), st.floats(1, 1e5))
def test_a_place_has_the_same_block_whatever_the_others(points, side):
    array = np.array(points)
    together = block_of(array, side)
    assert together.tolist() == [block_of(array[k : k + 1], side)[0] for k in range(len(array))]


@pytest.mark.parametrize(("side", "shape"), [(0, (1, 2)), (-5, (1, 2)), (10, (2, 3)), (10, (2,))])
def test_what_is_no_block(side, shape):
    with pytest.raises(ValueError, match=f"blocks of side {side} of points"):
        block_of(np.zeros(shape), side)
