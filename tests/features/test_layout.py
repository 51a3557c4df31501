"""Order of the columns and rounding; then the whole chain, from int16 observations to int16 columns, cut into chunks."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numba import njit

from iota_py.features.indices import index_chunk, index_values, resolve
from iota_py.features.layout import feature_count, pack_chunk, packed, store_chunk
from iota_py.features.names import optical_names
from iota_py.timeseries.gapfill import fill_chunk, fill_linear, rounded

PROPERTY = settings(max_examples=60, deadline=None, derandomize=True)


def kernel_packed(filled, index):
    out = np.empty((feature_count(filled.shape[0], filled.shape[1], index.shape[0]), filled.shape[2]), np.int16)
    pack_chunk(filled, index, out)
    return out


PACKED = pytest.mark.parametrize("pack", [packed, kernel_packed], ids=["reference", "kernel"])


@PACKED
def test_columns_are_in_the_order_of_their_names(pack):
    names = optical_names("s", ["b0", "b1"], ["NDVI", "NDWI", "BRIGHTNESS"], [date(2018, 1, 1), date(2018, 1, 11)])
    filled = np.array([[[0], [1]], [[100], [101]]], np.float32)  # 100 × target + band
    index = np.array([[[1000], [1100]], [[2000], [2100]], [[3000], [3100]]], np.float32)  # 1000 × (index + 1) + 100 × target
    found = dict(zip(names, pack(filled, index).ravel().tolist(), strict=True))
    assert found["s_b1_20180101"] == 1
    assert found["s_b0_20180111"] == 100
    assert found["s_ndvi_20180111"] == 1100
    assert found["s_brightness_20180101"] == 3000
    assert list(found.values()) == [0, 1, 100, 101, 1000, 1100, 2000, 2100, 3000, 3100]


@PACKED
def test_halves_round_to_even_and_the_rest_is_clipped(pack):
    values = np.array([-1e9, -32768.5, -1.5, -0.5, 0.5, 1.5, 2.5, 32766.5, 32767.5, 1e9], np.float32).reshape(1, 1, -1)
    expected = [-32768, -32768, -2, 0, 0, 2, 2, 32766, 32767, 32767]
    assert pack(values, values).tolist() == [expected, expected]
    assert rounded(values).ravel().tolist() == expected


@PACKED
def test_without_index_only_the_bands_are_there(pack):
    assert pack(np.ones((2, 3, 4), np.float32), np.empty((0, 2, 4), np.float32)).shape == (6, 4)


@PROPERTY
@given(hnp.arrays(np.float32, (2, 3, 9), elements=st.floats(-100000, 100000, width=32)))
def test_the_kernel_rounds_as_both_references_do(values):
    index = np.ascontiguousarray(values.transpose(1, 0, 2))
    expected = packed(values, index)
    assert np.array_equal(kernel_packed(values, index), expected)
    assert np.array_equal(rounded(values).reshape(6, 9), expected[:6])


@PROPERTY
@given(hnp.arrays(np.float32, (2, 3, 9), elements=st.floats(-100000, 100000, width=32)), st.integers(0, 9))
def test_rows_of_the_matrix_are_the_columns_turned(values, count):
    index = np.ascontiguousarray(values.transpose(1, 0, 2))
    matrix = np.full((12, feature_count(2, 3, 3)), -99, np.int16)
    store_chunk(values, index, 2, 2 + count, matrix)
    assert np.array_equal(matrix[2 : 2 + count], packed(values, index).T[:count])
    assert (matrix[:2] == -99).all()
    assert (matrix[2 + count :] == -99).all()


@njit
def chain(values, valid, days, targets, kinds, first, second, lanes, out):
    """The whole chain, chunk after chunk, into columns (feature, pixel)."""
    filled = np.zeros((len(targets), values.shape[1], lanes), np.float32)
    index = np.zeros((len(kinds), len(targets), lanes), np.float32)
    columns = np.zeros((out.shape[0], lanes), np.int16)
    for start in range(0, values.shape[2], lanes):
        stop = min(start + lanes, values.shape[2])
        fill_chunk(values, valid, days, targets, start, stop, filled)
        index_chunk(filled, kinds, first, second, index)
        pack_chunk(filled, index, columns)
        out[:, start:stop] = columns[:, : stop - start]


@pytest.mark.parametrize("lanes", [1, 7, 64, 128, 200, 1000])
def test_the_chain_gives_the_same_columns_for_every_chunk(lanes):
    rng = np.random.default_rng(3)
    days = np.sort(rng.integers(17532, 17897, 12)).astype(np.int32)
    targets = np.arange(17532, 17897, 30, dtype=np.int32)
    values = rng.integers(-32768, 32768, (12, 3, 451)).astype(np.int16)
    valid = (rng.random((12, 451)) > 0.5).view(np.uint8)
    plan = resolve(["BRIGHTNESS", "NDVI"], {"red": "a", "nir": "b"}, ("a", "b", "c"))
    out = np.empty((feature_count(len(targets), 3, 2), 451), np.int16)
    chain(values, valid, days, targets, plan.kinds, plan.first, plan.second, lanes, out)
    filled = fill_linear(values, valid, days, targets)
    assert np.array_equal(out, packed(filled, index_values(filled, plan)))
