"""Large pages hold the same numbers."""

from __future__ import annotations

import gc
import mmap

import numpy as np
import pytest

from iota_py.pages import PAGE, in_large_pages


@pytest.mark.parametrize("rows", [7, 300_000])
def test_copies_are_equal(rows):
    rng = np.random.default_rng(1)
    arrays = [
        rng.integers(0, 99, (rows, 3)).astype(np.uint16), np.arange(5, dtype=np.float64), np.empty((0, 4), np.uint8),
        np.asfortranarray(rng.normal(size=(4, 6))),
    ]  # fmt: skip
    copies = in_large_pages(*arrays)
    gc.collect()
    for array, copy in zip(arrays, copies, strict=True):
        assert (copy.dtype, copy.shape, copy.flags.c_contiguous) == (array.dtype, array.shape, True)
        np.testing.assert_array_equal(copy, array)
        assert rows == 7 or copy.ctypes.data % 64 == 0


def test_arrays_begin_on_a_large_page():
    (first, _) = in_large_pages(np.zeros(PAGE, np.uint8), np.ones(3))
    assert first.ctypes.data % PAGE == 0


def test_a_system_without_large_pages_is_no_obstacle(monkeypatch):
    monkeypatch.delattr(mmap, "MADV_HUGEPAGE", raising=False)
    values = np.arange(PAGE)
    (copy,) = in_large_pages(values)
    np.testing.assert_array_equal(copy, values)
