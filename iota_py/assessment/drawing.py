"""Points drawn at random in each stratum of a map that is only ever seen by cells, without replacement; every pixel of a stratum has the same chance.

A map is divided into square cells that start at its upper left corner, whatever the blocks of its file. The pixels of a stratum are numbered cell by
cell, row by row inside a cell; numbers are drawn, and each is found again in its cell. So the draw depends on the
map and the seed alone, and what is kept in memory is one count for each cell and value that occurs there.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

CELL = 512  # pixels on a side


@dataclass(frozen=True)
class CellCounts:
    """Values that occur in a cell, ascending, int64 (k,), and their pixels, int64 (k,). Value 0 is outside the population and left out."""

    values: np.ndarray
    pixels: np.ndarray

    @classmethod
    def of(cls, cell: np.ndarray) -> CellCounts:
        """Count the values of a cell: whole numbers, none negative, any shape. They should be small: memory follows the largest."""
        counts = np.bincount(cell.ravel())
        counts[:1] = 0
        values = np.flatnonzero(counts)
        return cls(values, counts[values].astype(np.int64))


def population(cells: Iterable[CellCounts]) -> dict[int, int]:
    """Pixels of each value over all cells, by ascending value."""
    found: dict[int, int] = {}
    for cell in cells:
        for value, pixels in zip(cell.values.tolist(), cell.pixels.tolist()):
            found[value] = found.get(value, 0) + pixels
    return dict(sorted(found.items()))


@dataclass(frozen=True)
class Wanted:
    """Pixels to find in a cell: those of `stratum` whose number in the cell is in `ranks` (from 0, ascending)."""

    stratum: int
    ranks: np.ndarray


def draw(
    cells: Sequence[CellCounts], strata: Mapping[int, int], points: Sequence[int], names: Sequence[str], seed: int
) -> dict[int, list[Wanted]]:
    """Which pixels of which cells are drawn: position of the cell -> what to find there.

    strata: value -> position of its stratum; a value without one is outside the population. points: of each stratum. names: of the strata; the numbers of
    each are drawn from the seed and its name. Raises ValueError when a stratum has fewer pixels than points.
    """
    inside = np.zeros((len(points), len(cells)), np.int64)
    for position, cell in enumerate(cells):
        for value, pixels in zip(cell.values.tolist(), cell.pixels.tolist()):
            if value in strata:
                inside[strata[value], position] += pixels
    found: dict[int, list[Wanted]] = {}
    for stratum, (count, name) in enumerate(zip(points, names, strict=True)):
        ends = np.cumsum(inside[stratum])
        size = int(ends[-1]) if len(cells) else 0
        if count > size:
            raise ValueError(f"stratum {name}: {count} points, but {size} pixels")
        drawn = np.sort(generator(seed, "stratum", name).choice(size, size=count, replace=False, shuffle=False))
        where = np.searchsorted(ends, drawn, side="right")
        for position in np.unique(where).tolist():
            first = int(ends[position] - inside[stratum, position])
            found.setdefault(position, []).append(Wanted(stratum, drawn[where == position] - first))
    return dict(sorted(found.items()))


def find(cell: np.ndarray, strata: Mapping[int, int], wanted: Sequence[Wanted]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, columns (int64, inside the cell) and strata of the pixels wanted of a cell of values (row, col)."""
    table = np.full(int(cell.max()) + 1, -1, np.int64)
    for value, stratum in strata.items():
        if 0 < value < table.size:
            table[value] = stratum
    placed = table[cell]
    flat = [np.flatnonzero(placed == one.stratum)[one.ranks] for one in wanted]
    which = np.repeat([one.stratum for one in wanted], [len(one.ranks) for one in wanted])
    rows, cols = np.divmod(np.concatenate(flat), cell.shape[1])
    return rows, cols, which


def shuffled(count: int, seed: int) -> np.ndarray:
    """Numbers 1 to `count` in random order, int64: what points are called, so that neither order nor number tells their stratum."""
    return generator(seed, "order").permutation(count) + 1


def generator(seed: int, *names: str) -> np.random.Generator:
    """The random numbers of a seed and a name."""
    return np.random.default_rng([seed, zlib.crc32(b"accuracy"), *(zlib.crc32(name.encode()) for name in names)])
