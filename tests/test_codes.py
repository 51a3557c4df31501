"""Codes: `value > edge[k]` is `code > k`, whatever the values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numba import njit

from iota_py.codes import MAX_EDGES, TILE, CodeBook, encode_chunk, tiled

INT16 = st.integers(-32768, 32767)


def test_code_is_number_of_edges_strictly_below_the_value():
    book = CodeBook.of([np.array([-5, 0, 7], np.int16), np.array([], np.int16), np.array([32767], np.int16)])
    values = np.array([[-6, 1, 32767], [-5, 2, -32768], [-4, 3, 0], [0, 4, 0], [1, 5, 0], [7, 6, 0], [8, 7, 0], [32767, 8, 0]], np.int16)
    expected = [[0, 0, 0], [0, 0, 0], [1, 0, 0], [1, 0, 0], [2, 0, 0], [2, 0, 0], [3, 0, 0], [3, 0, 0]]
    assert book.encode(values).tolist() == expected
    assert book.encode_by_search(values).tolist() == expected


def test_edges_are_midpoints_of_few_values_and_quantiles_of_many():
    few = np.array([[1], [4], [4], [9], [-32768], [32767]], np.int16)
    assert CodeBook.fit(few).edges.tolist() == [-16384, 2, 6, 16388]  # floor((a + b) / 2) of the values in order
    many = np.arange(1000, dtype=np.int16)[::-1, None]
    assert CodeBook.fit(many, bins=4).edges.tolist() == [249, 499, 749]  # four classes of 250


def test_constant_feature_has_one_code_and_full_range_has_255():
    features = np.stack([np.full(70000, -32768), np.arange(70000) % 65536 - 32768], axis=1).astype(np.int16)
    book = CodeBook.fit(features)
    assert np.diff(book.starts).tolist() == [0, 254]
    codes = book.encode(features)
    assert codes[:, 0].max() == 0
    assert sorted(set(codes[:, 1].tolist())) == list(range(255))


@given(st.lists(st.lists(INT16, max_size=MAX_EDGES, unique=True), min_size=1, max_size=4), st.data())
def test_compiled_codes_equal_the_definition(edges, data):
    book = CodeBook.of([np.array(sorted(e), np.int16) for e in edges])
    shape = (data.draw(st.integers(0, 150)), len(edges))
    near = st.sampled_from(sorted({min(max(e + d, -32768), 32767) for column in edges for e in column for d in (-1, 0, 1)} | {0}))
    values = data.draw(arrays.arrays(np.int16, shape, elements=near | INT16))
    codes = book.encode(values)
    assert codes.dtype == np.uint8
    np.testing.assert_array_equal(codes, book.encode_by_search(values))
    for f, column in enumerate(edges):
        for k, edge in enumerate(sorted(column)[:3]):
            np.testing.assert_array_equal(values[:, f] > edge, codes[:, f] > k)


def test_chunk_kernel_fills_codes_from_feature_major_values():
    rng = np.random.default_rng(3)
    values = rng.integers(-3000, 9000, (40, 6)).astype(np.int16)
    book = CodeBook.fit(values, bins=16)

    @njit
    def window(chunk, tables, codes):
        encode_chunk(chunk, tables, codes)

    codes = np.empty((40, 6), np.uint8)
    window(np.ascontiguousarray(values.T), book.tables, codes)
    np.testing.assert_array_equal(codes, book.encode_by_search(values))
    assert codes.max() == 15


@pytest.mark.parametrize(
    ("edges", "starts", "message"),
    [
        (np.array([1, 1], np.int16), np.array([0, 2]), "ascending"),
        (np.array([2, 1], np.int16), np.array([0, 2]), "ascending"),
        (np.array([2, 1], np.int32), np.array([0, 2]), "int16"),
        (np.array([1, 2], np.int16), np.array([0, 1]), "run from 0"),
        (np.arange(256, dtype=np.int16), np.array([0, 256]), "0 to 255 edges"),
        (np.array([1, 2], np.int16), np.array([0, 3, 2]), "edges"),
    ],
)
def test_wrong_books_are_refused(edges, starts, message):
    with pytest.raises(ValueError, match=message):
        CodeBook(edges, starts)


def test_wrong_values_are_refused():
    book = CodeBook.of([np.array([1], np.int16)])
    with pytest.raises(ValueError, match="expected \\(pixel, 1\\) int16"):
        book.encode(np.zeros((2, 2), np.int16))
    with pytest.raises(ValueError, match="int16"):
        book.encode(np.zeros((2, 1), np.float32))
    with pytest.raises(ValueError, match="bins 257"):
        CodeBook.fit(np.zeros((2, 1), np.int16), bins=257)
    with pytest.raises(ValueError, match="sample"):
        CodeBook.fit(np.zeros((0, 1), np.int16))


def test_edges_of_neighbouring_features_may_descend():
    book = CodeBook.of([np.array([5, 9], np.int16), np.array([], np.int16), np.array([-3], np.int16)])
    assert book.features == 3
    assert book.of_feature(2).tolist() == [-3]


@pytest.mark.parametrize("pixels", [0, 1, 63, 64, TILE - 1, TILE, 3 * TILE + 70])
def test_codes_by_tiles_are_the_same_codes(pixels):
    rng = np.random.default_rng(pixels)
    values = rng.integers(-3000, 9000, (pixels, 5)).astype(np.int16)
    book = CodeBook.fit(rng.integers(-3000, 9000, (400, 5)).astype(np.int16), bins=40)
    tiles = book.encode_tiles(values)
    assert tiles.shape == (-(-pixels // TILE), 5, TILE)
    np.testing.assert_array_equal(tiles.swapaxes(1, 2).reshape(-1, 5)[:pixels], book.encode_by_search(values))
    padded = tiled(book.encode(values))
    np.testing.assert_array_equal(padded.swapaxes(1, 2).reshape(-1, 5)[:pixels], book.encode_by_search(values))
    assert not padded.swapaxes(1, 2).reshape(-1, 5)[pixels:].any()
    with pytest.raises(ValueError, match="expected \\(pixel, 5\\) int16"):
        book.encode_tiles(values[:, :4])
