"""Columns turned into rows: every number at its place, and nothing beyond."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iota_py.turning import turn_bytes, turn_words

PROPERTY = settings(max_examples=60, deadline=None, derandomize=True)
KINDS = pytest.mark.parametrize(("turn", "dtype"), [(turn_words, np.int16), (turn_bytes, np.uint8)], ids=["words", "bytes"])


@KINDS
@PROPERTY
@given(features=st.integers(0, 21), lanes=st.integers(0, 140), spare=st.integers(0, 3), around=st.integers(0, 3), seed=st.integers(0, 99))
def test_rows_are_the_columns_turned(turn, dtype, features, lanes, spare, around, seed):
    bounds = np.iinfo(dtype)
    columns = np.random.default_rng(seed).integers(bounds.min, bounds.max, (features, lanes + spare), dtype, endpoint=True)
    matrix = np.full((lanes + 2, features + 2 * around), 7, dtype)
    turn(columns, matrix[1 : lanes + 1, around : around + features])
    expected = np.full_like(matrix, 7)
    expected[1 : lanes + 1, around : around + features] = columns[:, :lanes].T
    assert np.array_equal(matrix, expected)


@KINDS
def test_the_extremes_keep_their_bits(turn, dtype):
    bounds = np.iinfo(dtype)
    columns = np.array([[bounds.min], [bounds.max]] * 4, dtype)
    rows = np.zeros((1, 8), dtype)
    turn(columns, rows)
    assert rows.tolist() == [[bounds.min, bounds.max] * 4]
