"""Arrays in large pages of memory: what is looked up at random all over a few megabytes then costs a fifth less.

The processor keeps the places of some thousand pages; beyond that it has to look up the place of each page first, which takes as long as
the access itself, and longer on a virtual machine. With pages of 2 MB in place of 4 kB a forest is a handful of pages.

Several workers that hold the same forest each drive one another's copy out of the cache that their cores share. So a worker maps a file
in place of memory of its own: however many look into it, it is in memory, and in the cache, once.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

PAGE = 2 << 20  # bytes of a large page
SHARED = "IOTA_PY_SHARED_PAGES"  # variable of the environment: the folder of the files that workers share
_LINE = 64  # bytes of a line of the cache


def in_large_pages(*arrays: np.ndarray) -> tuple[np.ndarray, ...]:
    """Copies of arrays, C order, side by side in large pages where the system grants them; less than half a page of them stay as they are.

    In a worker they are the pages of a file that all the workers of this machine look into, where there is room for it. Not to be changed.
    """
    places, size = _places(arrays)
    if size < PAGE // 2:
        return tuple(np.ascontiguousarray(array) for array in arrays)
    folder = os.environ.get(SHARED)
    memory = None if folder is None else _shared(Path(folder), arrays, places, size)
    if memory is None:
        memory = _private(size)
        _fill(memory, arrays, places)
    return _views(memory, arrays, places)


@contextmanager
def shared_pages() -> Iterator[None]:
    """Processes started in this block share what they ask for in large pages; its file is gone with the block."""
    with tempfile.TemporaryDirectory(prefix="iota-py-pages-") as folder:
        before = os.environ.get(SHARED)
        os.environ[SHARED] = folder
        try:
            yield
        finally:
            os.environ.pop(SHARED, None)
            if before is not None:
                os.environ[SHARED] = before


def _private(size: int) -> np.ndarray:
    """Memory of this process, uint8, from the beginning of a large page on."""
    block = mmap.mmap(-1, size + PAGE)  # lives as long as an array that looks into it
    if hasattr(mmap, "MADV_HUGEPAGE"):
        block.madvise(mmap.MADV_HUGEPAGE)
    memory = np.frombuffer(block, np.uint8)
    return memory[-memory.ctypes.data % PAGE :]


def _shared(folder: Path, arrays: Sequence[np.ndarray], places: Sequence[int], size: int) -> np.ndarray | None:
    """Memory with these arrays in it, uint8: a file of the folder, named by its content; None where it cannot be written.

    Mapped so that writing would not reach the others, yet not read-only: the kernels would be compiled once more for such arrays.
    """
    content = np.zeros(size, np.uint8)
    _fill(content, arrays, places)
    path = folder / hashlib.sha256(content.data).hexdigest()
    try:
        if not path.exists():
            own = path.with_name(f"{path.name}.{os.getpid()}")
            content.tofile(own)
            with suppress(FileExistsError):  # whoever is first: a file put in its place would be a second copy in memory
                os.link(own, path)
            own.unlink()
        with path.open("rb") as file:
            return np.frombuffer(mmap.mmap(file.fileno(), size, access=mmap.ACCESS_COPY), np.uint8)
    except OSError:
        return None


def _fill(memory: np.ndarray, arrays: Sequence[np.ndarray], places: Sequence[int]) -> None:
    for array, view in zip(arrays, _views(memory, arrays, places)):
        view[...] = array


def _views(memory: np.ndarray, arrays: Sequence[np.ndarray], places: Sequence[int]) -> tuple[np.ndarray, ...]:
    """The parts of the memory that are these arrays."""
    parts = (memory[place : place + array.nbytes] for array, place in zip(arrays, places))
    return tuple(part.view(array.dtype).reshape(array.shape) for part, array in zip(parts, arrays))


def _places(arrays: Sequence[np.ndarray]) -> tuple[list[int], int]:
    """First byte of each array, and the bytes of all."""
    places, size = [], 0
    for array in arrays:
        places.append(size)
        size += -(-array.nbytes // _LINE) * _LINE
    return places, size
