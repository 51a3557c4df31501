"""The machine operations against NumPy."""

from __future__ import annotations

import numpy as np
from numba import njit

from iota_py.prediction.vectors import ROW, WIDTH, add_row, all_set, load, lowest_bit, mask_above, prefetch, store


def test_add_row_widens_and_touches_eight_numbers():
    @njit
    def run(sums, terms):
        prefetch(terms, np.uint64(5))
        add_row(sums, np.uint64(2), terms, np.uint64(1))

    sums, terms = np.full(12, 2**31, np.uint32), np.arange(65526, 65536).astype(np.uint16)
    run(sums, terms)
    expected = np.full(12, 2**31, np.uint32)
    expected[2 : 2 + ROW] += terms[1 : 1 + ROW].astype(np.uint32)
    np.testing.assert_array_equal(sums, expected)


def test_mask_above_and_lowest_bit():
    @njit
    def run(values, threshold, mask, base, out):
        cleared = mask_above(all_set(), load(values, np.uint64(3)), threshold, mask)
        store(out, np.uint64(0), cleared)
        store(out, np.uint64(WIDTH), lowest_bit(cleared, base, all_set()))

    rng = np.random.default_rng(0)
    values, out = rng.integers(0, 256, WIDTH + 3).astype(np.uint8), np.empty(2 * WIDTH, np.uint8)
    for threshold, mask in ((0, 0), (127, 0b11110000), (128, 0b10000000), (254, 0), (255, 0)):
        run(values, np.uint8(threshold), np.uint8(mask), np.uint8(40), out)
        cleared = np.where(values[3:] > threshold, mask, 255)
        np.testing.assert_array_equal(out[:WIDTH], cleared)
        lowest = [40 + (int(bits) & -int(bits)).bit_length() - 1 if bits else 255 for bits in cleared]
        np.testing.assert_array_equal(out[WIDTH:], lowest)
