"""Columns into rows: what was computed along pixels, put where each pixel has its values side by side.

A number at a time, every store goes to another line of the cache, and those lines are most of the cost. Eight bytes of a row at a time
(four int16, eight uint8) are put together in registers first: an eighth to a quarter of the stores.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

_BYTE, _WORD = ir.IntType(8), ir.IntType(64)
_GROUP = 64  # rows written together: a line of each of them, and the columns' part above them, stay in the first-level cache


@intrinsic
def _put_word(typing, rows, row, column, word):
    """rows[row, column:] = the eight bytes of `word`, lowest first; rows: contiguous along columns. No bounds are checked."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        steps = cgutils.unpack_tuple(builder, array.strides)
        offset = builder.add(builder.mul(args[1], steps[0]), builder.mul(args[2], steps[1]))
        place = builder.gep(builder.bitcast(array.data, _BYTE.as_pointer()), [offset])
        builder.store(args[3], builder.bitcast(place, _WORD.as_pointer()), align=1)
        return context.get_dummy_value()

    return types.void(rows, row, column, word), generate


@njit(nogil=True, cache=True, error_model="numpy")
def turn_words(columns, rows):
    """Fill rows int16 (lane, feature) from columns int16 (feature, lane), both C-contiguous, of as many lanes or more."""
    features, lanes = np.uint64(columns.shape[0]), np.uint64(rows.shape[0])
    whole, raw, words = features - features % np.uint64(4), columns.view(np.uint16), np.empty(_GROUP, np.uint64)
    for first in range(np.uint64(0), lanes, np.uint64(_GROUP)):
        count = min(np.uint64(_GROUP), lanes - first)
        last = first + count
        for f in range(np.uint64(0), whole, np.uint64(4)):
            a, b = raw[f, first:last], raw[f + np.uint64(1), first:last]
            c, d = raw[f + np.uint64(2), first:last], raw[f + np.uint64(3), first:last]
            for i in range(count):
                low = np.uint64(a[i]) | np.uint64(b[i]) << np.uint64(16)
                words[i] = low | np.uint64(c[i]) << np.uint64(32) | np.uint64(d[i]) << np.uint64(48)
            for i in range(count):
                _put_word(rows, first + i, f, words[i])
        for f in range(whole, features):
            for i in range(count):
                rows[first + i, f] = columns[f, first + i]


@njit(nogil=True, cache=True, error_model="numpy")
def turn_bytes(columns, rows):
    """Fill rows uint8 (lane, feature), contiguous along features, from columns uint8 (feature, lane), C-contiguous, of as many lanes or more."""
    features, lanes = np.uint64(columns.shape[0]), np.uint64(rows.shape[0])
    whole, words = features - features % np.uint64(8), np.empty(_GROUP, np.uint64)
    for first in range(np.uint64(0), lanes, np.uint64(_GROUP)):
        count = min(np.uint64(_GROUP), lanes - first)
        last = first + count
        for f in range(np.uint64(0), whole, np.uint64(8)):
            for half in range(np.uint64(0), np.uint64(8), np.uint64(4)):
                a, b = columns[f + half, first:last], columns[f + half + np.uint64(1), first:last]
                c, d = columns[f + half + np.uint64(2), first:last], columns[f + half + np.uint64(3), first:last]
                kept = np.uint64(0) if half == 0 else np.uint64(0xFFFFFFFF)
                for i in range(count):
                    four = (
                        np.uint64(a[i])
                        | np.uint64(b[i]) << np.uint64(8)
                        | np.uint64(c[i]) << np.uint64(16)
                        | np.uint64(d[i]) << np.uint64(24)
                    )
                    words[i] = (words[i] & kept) | four << np.uint64(8) * half
            for i in range(count):
                _put_word(rows, first + i, f, words[i])
        for f in range(whole, features):
            for i in range(count):
                rows[first + i, f] = columns[f, first + i]
