"""From the classes of a map to a regular one: sieve inside groups, sieve over all, larger pixels, the sieve again.

The sieve merges by the rule of `regularisation_merging`, block by block, to the result of one pass over the whole.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from odc.geo.geobox import GeoBox

from iota_py.grid.lattice import aligned, at_resolution
from iota_py.grid.windows import Window
from iota_py.mapping.regularisation.blocks import Blocks, scratch_blocks
from iota_py.mapping.regularisation.mode import reduce_blocks
from iota_py.mapping.regularisation.sieve import sieve

SIDE = 2048  # of a block, in pixels of the map: what a scan holds is some 30 bytes for each
TILE = 256  # blocks of the result are whole tiles of the files that they are written to


@dataclass(frozen=True)
class Frame:
    """Where the result lies. grid: its grid. ratio: pixels of the map on a side of one of its own. row, col: place of the map's first pixel on
    the grid of the result cut into pixels of the map: the result's edges are multiples of its pixels."""

    grid: GeoBox
    ratio: int
    row: int
    col: int

    @property
    def fine_shape(self) -> tuple[int, int]:
        """Rows and columns of the result in pixels of the map."""
        return self.grid.shape[0] * self.ratio, self.grid.shape[1] * self.ratio


@dataclass(frozen=True)
class Chain:
    """What is done. minimum_area: in units of the CRS squared, smaller components merge. groups: class -> name of its group, None: over all
    only. connectivity: of each sieve in turn, 8 or 4. passes: 2 sieves the result too. threads: the result does not depend on them."""

    minimum_area: float
    groups: Mapping[int, str] | None
    connectivity: tuple[int, ...]
    passes: int
    threads: int = 1


def frame_of(grid: GeoBox, resolution: float | None) -> Frame:
    """The frame for a resolution, None that of the map. Raises ValueError when it is not a whole multiple of the map's,
    or the map's pixels are not square."""
    if resolution is None:
        return Frame(grid, 1, 0, 0)
    own, high = abs(grid.transform.a), abs(grid.transform.e)
    if not math.isclose(own, high):
        raise ValueError(f"pixels of {resolution:g} cannot be made of pixels of {own:g} by {high:g}, which are not square")
    ratio = round(resolution / own)
    if ratio < 1 or abs(resolution / own - ratio) > 1e-6:
        raise ValueError(f"pixels of {resolution:g} are no whole multiple of {own:g}")
    if ratio == 1:
        return Frame(grid, 1, 0, 0)
    coarse = at_resolution(grid, resolution)
    if not aligned(grid, coarse):  # the map's own edges are no multiples of its pixels: the result keeps its upper left corner
        shape = -(-grid.shape[0] // ratio), -(-grid.shape[1] // ratio)
        coarse = GeoBox(shape, grid.transform * grid.transform.scale(ratio), grid.crs)
    row = round((grid.transform.f - coarse.transform.f) / grid.transform.e)
    col = round((grid.transform.c - coarse.transform.c) / grid.transform.a)
    return Frame(coarse, ratio, row, col)


def minimum_pixels(area: float, pixel: float) -> int:
    """Pixels that cover an area at least; both in the same unit."""
    return max(1, math.ceil(area / pixel - 1e-9))


def group_numbers(groups: Mapping[int, str]) -> np.ndarray:
    """int64 (256,): the same number for classes of one group, in the order of names; a code that is in none is a group of its own."""
    numbers = {name: 256 + k for k, name in enumerate(sorted(set(groups.values())))}
    return np.array([numbers[groups[code]] if code in groups else code for code in range(256)], np.int64)


def regularise(
    read: Callable[[Window], np.ndarray], shape: tuple[int, int], frame: Frame, chain: Chain, beside: Path, side: int | None = None
) -> Iterator[tuple[Window, np.ndarray]]:
    """Blocks of the regular map on the frame's grid, uint8, in row-major order.

    read: pixels of a window of the map, uint8, 0 no data. shape: rows and columns of the map. beside: the product; temporary files lie
    beside it. side: pixels of the map on a side of a block, about SIDE where None; the result does not depend on it.
    """
    step = frame.ratio * (TILE if side is None else 1)
    side = max(step, (side or SIDE) // step * step)
    pixel = abs(frame.grid.transform.a * frame.grid.transform.e)
    with ExitStack() as stack:
        blocks = stack.enter_context(scratch_blocks(beside, frame.fine_shape, side))
        _take(read, shape, frame, blocks)
        _sieves(blocks, chain, minimum_pixels(chain.minimum_area, pixel / frame.ratio**2))
        if frame.ratio > 1:
            coarse = stack.enter_context(scratch_blocks(beside, tuple(frame.grid.shape), side // frame.ratio))
            reduce_blocks(blocks, coarse, frame.ratio)
            blocks = coarse
        if chain.passes > 1:
            _sieves(blocks, chain, minimum_pixels(chain.minimum_area, pixel))
        for number, window in enumerate(blocks.windows):
            yield window, blocks.read(number, window)


def _take(read: Callable[[Window], np.ndarray], shape: tuple[int, int], frame: Frame, blocks: Blocks) -> None:
    """The map in blocks of the frame, without data where the frame reaches beyond it."""
    for number, window in enumerate(blocks.windows):
        top, left = max(window.row, frame.row), max(window.col, frame.col)
        bottom, right = min(window.row + window.height, frame.row + shape[0]), min(window.col + window.width, frame.col + shape[1])
        values = np.zeros(window.shape, np.uint8)
        if bottom > top and right > left:
            part = Window(top - frame.row, left - frame.col, bottom - top, right - left)
            values[top - window.row : bottom - window.row, left - window.col : right - window.col] = read(part)
        blocks.write(number, values)


def _sieves(blocks: Blocks, chain: Chain, minimum: int) -> None:
    if minimum < 2:
        return
    rules: Iterable[np.ndarray | None] = [None] if chain.groups is None else [group_numbers(chain.groups), None]
    for groups in rules:
        for connectivity in chain.connectivity:
            sieve(blocks, minimum, connectivity, groups, chain.threads)
