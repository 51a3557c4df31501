"""Where a value goes in the feature matrix, and how it becomes int16.

Columns of one sensor: target after target the bands, then index after index the targets. Rounding: clipped to -32768…32767, then to the
nearest integer, halves to the even one.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from iota_py.turning import turn_words

_LOWEST = np.float32(-32768)
_HIGHEST = np.float32(32767)
# Adding then taking away 1.5 × 2**23 rounds a float32 below 2**22 to the nearest integer, halves to even, and vectorises.
_ROUNDER = np.float32(12582912)


def feature_count(targets: int, bands: int, indices: int) -> int:
    """Number of columns of one sensor."""
    return targets * (bands + indices)


def packed(filled: NDArray[np.float32], index: NDArray[np.float32]) -> NDArray[np.int16]:
    """Columns of a window, int16 (feature, pixel).

    filled: float32 (target, band, pixel). index: float32 (index, target, pixel). Finite values. The reference of `pack_chunk`.
    """
    pixels = filled.shape[2]
    columns = np.concatenate([filled.reshape(-1, pixels), index.reshape(-1, pixels)])
    return np.rint(np.clip(columns, _LOWEST, _HIGHEST)).astype(np.int16)


@njit(nogil=True, cache=True, error_model="numpy")
def pack_chunk(filled, index, out):
    """Columns of a chunk. filled: float32 (target, band, lane); index: float32 (index, target, lane); out: int16 (feature, lane).

    All C-contiguous, with the same number of lanes.
    """
    # In this order both arrays are the columns already: one flat run each.
    columns = out.reshape(out.size)
    _round_into(filled.reshape(filled.size), columns[: filled.size])
    _round_into(index.reshape(index.size), columns[filled.size :])


@njit(nogil=True, cache=True, error_model="numpy")
def store_chunk(filled, index, start, stop, matrix):
    """Lanes 0…stop-start-1 of a chunk into the rows start…stop-1 of a feature matrix, int16 (pixel, feature), contiguous along features.

    filled, index: as for `pack_chunk`. Same numbers as `packed`, the other way round.
    """
    columns = np.empty((matrix.shape[1], filled.shape[2]), np.int16)
    pack_chunk(filled, index, columns)
    rows = np.empty((stop - start, matrix.shape[1]), np.int16)
    turn_words(columns, rows)
    for i in range(stop - start):  # row after row: the matrix is in no cache
        source, target = rows[i], matrix[start + i]
        for f in range(len(source)):
            target[f] = source[f]


@njit(nogil=True, cache=True, error_model="numpy")
def _round_into(values, out):
    for i in range(len(out)):
        clipped = min(max(values[i], _LOWEST), _HIGHEST)
        out[i] = np.int16((clipped + _ROUNDER) - _ROUNDER)
