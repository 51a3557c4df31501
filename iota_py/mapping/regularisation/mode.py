"""A class raster in larger pixels: each takes the class that most of the pixels under it have."""

from __future__ import annotations

import numpy as np
from numba import njit

from iota_py.mapping.regularisation.blocks import Blocks


def reduce_blocks(fine: Blocks, coarse: Blocks, ratio: int) -> None:
    """Fill `coarse` from `fine`: the same blocks, `ratio` times smaller on each side. Raises ValueError when they do not fit."""
    if fine.side != coarse.side * ratio or fine.shape != (coarse.shape[0] * ratio, coarse.shape[1] * ratio):
        raise ValueError(f"{fine.shape} in blocks of {fine.side} is not {ratio} times {coarse.shape} in blocks of {coarse.side}")
    for number, window in enumerate(fine.windows):
        if fine.filled[number]:
            coarse.write(number, reduce_by_mode(fine.read(number, window), ratio))


@njit(cache=True, nogil=True)
def reduce_by_mode(classes, ratio):
    """uint8 (row / ratio, col / ratio). Of equally frequent classes the one that comes first, from the upper left, row by row.

    A pixel is without data (0) where more than half of those under it are.
    """
    height, width = classes.shape[0] // ratio, classes.shape[1] // ratio
    out = np.zeros((height, width), np.uint8)
    counts = np.zeros(256, np.int64)
    for row in range(height):
        for col in range(width):
            out[row, col] = _most_frequent(classes, row * ratio, col * ratio, ratio, counts)
    return out


@njit(cache=True, nogil=True)
def _most_frequent(classes, top, left, ratio, counts):
    """Class of one larger pixel. counts: int64 (256,), zeros, and zeros again afterwards."""
    for row in range(top, top + ratio):
        for col in range(left, left + ratio):
            counts[classes[row, col]] += 1
    best, most = np.uint8(0), 0
    if 2 * counts[0] <= ratio * ratio:
        for row in range(top, top + ratio):
            for col in range(left, left + ratio):
                code = classes[row, col]
                if code != 0 and counts[code] > most:
                    best, most = code, counts[code]
    for row in range(top, top + ratio):
        for col in range(left, left + ratio):
            counts[classes[row, col]] = 0
    return best
