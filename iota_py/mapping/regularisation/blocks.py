"""A class raster on disk, in square blocks that are read and rewritten one by one: what the steps of the regularisation work on."""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from iota_py.errors import Fault, StorageError
from iota_py.grid.windows import Window, split
from iota_py.io.publish import PART_SUFFIX

Found = TypeVar("Found")


@dataclass(frozen=True)
class Blocks:
    """uint8 pixels of a grid, block after block in a file without header. filled: bool (block,), False where a block is all 0 and not stored."""

    file: int
    path: Path
    shape: tuple[int, int]
    side: int
    filled: np.ndarray

    @property
    def windows(self) -> list[Window]:
        """The blocks, in row-major order; those at the right and at the bottom may be smaller."""
        return split(self.shape, (self.side, self.side))

    @property
    def across(self) -> int:
        """Blocks in a row."""
        return -(-self.shape[1] // self.side)

    def read(self, number: int, window: Window) -> np.ndarray:
        """Pixels of a block, uint8 (row, col). Raises StorageError when the file gives fewer."""
        if not self.filled[number]:
            return np.zeros(window.shape, np.uint8)
        content = os.pread(self.file, window.pixels, number * self.side**2)
        if len(content) != window.pixels:
            raise StorageError(Fault("E-SIV-009", str(self.path), "", f"block {number} ends after {len(content)} bytes", "run again"))
        return np.frombuffer(content, np.uint8).reshape(window.shape)

    def write(self, number: int, values: np.ndarray) -> None:
        """Store a block. Raises StorageError when the disk is full."""
        self.filled[number] = bool(values.any())
        if not self.filled[number]:
            return
        content, place = memoryview(np.ascontiguousarray(values)).cast("B"), number * self.side**2
        try:
            while content:
                done = os.pwrite(self.file, content, place)
                content, place = content[done:], place + done
        except OSError as error:
            text = f"could not be written: {error.strerror or error}"
            raise StorageError(Fault("E-IO-001", str(self.path), "", text, "free disk space, then run again")) from error


@contextmanager
def scratch_blocks(beside: Path, shape: tuple[int, int], side: int) -> Iterator[Blocks]:
    """Empty blocks in a temporary file beside a product; it goes with the block of code, or is swept after a run that was killed."""
    beside.parent.mkdir(parents=True, exist_ok=True)
    path = beside.parent / f".{beside.stem}.{socket.gethostname()}.{os.getpid()}{PART_SUFFIX}.{shape[0]}x{shape[1]}"
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        count = -(-shape[0] // side) * -(-shape[1] // side)
        yield Blocks(file, path, shape, side, np.zeros(count, bool))
    finally:
        os.close(file)
        path.unlink(missing_ok=True)


def each_block(blocks: Blocks, look: Callable[[int, Window], Found], threads: int) -> Iterator[Found]:
    """What `look` finds in each block (its number, its window), in their order. threads: blocks that are looked at together; `look` may write
    its own block."""
    if threads < 2:
        yield from (look(number, window) for number, window in enumerate(blocks.windows))
        return
    with ThreadPoolExecutor(threads) as pool:
        ahead: deque[Future[Found]] = deque()
        for number, window in enumerate(blocks.windows):
            ahead.append(pool.submit(look, number, window))
            if len(ahead) > threads:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
