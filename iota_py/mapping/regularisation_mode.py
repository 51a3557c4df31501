"""A class raster in larger pixels: each takes the class that most of the pixels under it have."""

from __future__ import annotations

import numpy as np
from numba import njit

from iota_py.mapping.regularisation_blocks import Blocks


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
            part = classes[row * ratio : (row + 1) * ratio, col * ratio : (col + 1) * ratio]
            for y in range(ratio):
                for x in range(ratio):
                    counts[part[y, x]] += 1
            empty, counts[0] = counts[0], 0
            if 2 * empty <= ratio * ratio:
                most = 0
                for y in range(ratio):
                    for x in range(ratio):
                        if counts[part[y, x]] > most:
                            most = counts[part[y, x]]
                            out[row, col] = part[y, x]
            for y in range(ratio):
                for x in range(ratio):
                    counts[part[y, x]] = 0
    return out
