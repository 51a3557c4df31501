"""Arrays in large pages of memory: what is looked up at random all over a few megabytes then costs a fifth less.

The processor keeps the places of some thousand pages; beyond that it has to look up the place of each page first, which takes as long as
the access itself, and longer on a virtual machine. With pages of 2 MB in place of 4 kB a forest is a handful of pages.
"""

from __future__ import annotations

import mmap
from collections.abc import Sequence

import numpy as np

PAGE = 2 << 20  # bytes of a large page
_LINE = 64  # bytes of a line of the cache


def in_large_pages(*arrays: np.ndarray) -> tuple[np.ndarray, ...]:
    """Copies of arrays, C order, side by side in large pages where the system grants them; less than half a page of them stay as they are."""
    places, size = _places(arrays)
    if size < PAGE // 2:
        return tuple(np.ascontiguousarray(array) for array in arrays)
    block = mmap.mmap(-1, size + PAGE)  # lives as long as an array that looks into it
    if hasattr(mmap, "MADV_HUGEPAGE"):
        block.madvise(mmap.MADV_HUGEPAGE)
    memory = np.frombuffer(block, np.uint8)
    memory = memory[-memory.ctypes.data % PAGE :]
    found = []
    for array, place in zip(arrays, places):
        copy = memory[place : place + array.nbytes].view(array.dtype).reshape(array.shape)
        copy[...] = array
        found.append(copy)
    return tuple(found)


def _places(arrays: Sequence[np.ndarray]) -> tuple[list[int], int]:
    """First byte of each array, and the bytes of all."""
    places, size = [], 0
    for array in arrays:
        places.append(size)
        size += -(-array.nbytes // _LINE) * _LINE
    return places, size
