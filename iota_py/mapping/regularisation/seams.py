"""Components that windows cut: measured window by window, put together along the seams.

The tables hold what touches a seam and nothing else: they grow with the length of the seams.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from iota_py.grid.windows import Window
from iota_py.mapping.regularisation.blocks import Blocks, each_block
from iota_py.mapping.regularisation.components import label_components, measure_components

Line = tuple[np.ndarray, np.ndarray]  # number of the piece int64 and class uint8 of pixels in a line


@dataclass(frozen=True)
class Rule:
    """What a sieve does. minimum: pixels of the smallest component that stays. eight: corners connect. groups: int64 (256,), by class; a
    component merges into one of its group only."""

    minimum: int
    eight: bool
    groups: np.ndarray


@dataclass(frozen=True)
class Labelled:
    """Components of one window. labels: int32 (row, col), 0 for no data. By label, 0 unused: code uint8, size and first int64 as measured in
    the window. cut: int64, labels that touch a seam, ascending."""

    labels: np.ndarray
    code: np.ndarray
    size: np.ndarray
    first: np.ndarray
    cut: np.ndarray


@dataclass(frozen=True)
class Seams:
    """Components that touch a seam. A piece of a window has a number: offset of the window + its rank in `cut`.

    offset: int64 (window,). root: int64 (piece,), the piece that stands for its component. By root: code uint8, size int64 in
    pixels, first int64 (first pixel, row × width of the raster + col). contacts: int32 (contact, 2), roots of small components and of what they touch across a seam.
    """

    offset: np.ndarray
    root: np.ndarray
    code: np.ndarray
    size: np.ndarray
    first: np.ndarray
    contacts: np.ndarray

    def pieces(self, number: int, labelled: Labelled) -> np.ndarray:
        """Roots of the labels of `cut`, int64."""
        return self.root[self.offset[number] : self.offset[number] + len(labelled.cut)]


def label_window(classes: np.ndarray, window: Window, shape: tuple[int, int], eight: bool) -> Labelled:
    """Components of a window of a raster of this shape."""
    labels, count = label_components(classes, eight)
    code, size, first = measure_components(classes, labels, count)
    touched = np.zeros(count + 1, bool)
    bottom, right = window.row + window.height, window.col + window.width
    sides = [
        (window.row > 0, labels[0]),
        (bottom < shape[0], labels[-1]),
        (window.col > 0, labels[:, 0]),
        (right < shape[1], labels[:, -1]),
    ]
    for is_seam, line in sides:
        if is_seam:
            touched[line] = True
    touched[0] = False
    return Labelled(labels, code, size, first, np.flatnonzero(touched))


def place_in_raster(first: np.ndarray, window: Window, width: int) -> np.ndarray:
    """First pixels counted in the raster, from those counted in a window."""
    return (window.row + first // window.width) * width + window.col + first % window.width


@dataclass(frozen=True)
class _Cut:
    """What a window gives to its seams. table: code, size, first of `cut`. lines: (rank in `cut` int64, class) of the pixels of the top, the bottom,
    the left and the right."""

    table: tuple[np.ndarray, np.ndarray, np.ndarray]
    lines: tuple[Line, Line, Line, Line]


def find_seams(blocks: Blocks, rule: Rule, threads: int = 1) -> Seams:
    """Measure every component that a seam cuts."""
    width, windows = blocks.shape[1], blocks.windows
    offset = np.zeros(len(windows), np.int64)
    tables: list[tuple[np.ndarray, ...]] = []
    same: list[np.ndarray] = [np.zeros((0, 2), np.int64)]
    touching: list[np.ndarray] = [np.zeros((0, 2), np.int64)]
    total = 0

    def meet(one: Line, other: Line) -> None:
        for kept, found in zip((same, touching), meet_lines(*one, *other, rule.groups, rule.eight)):
            kept.append(found)

    above, bottom, last = _line(width), _line(width), _line(0)
    row = _line(width)
    found = each_block(blocks, lambda number, window: _cut_lines(blocks, number, window, rule), threads)
    for number, (window, cut) in enumerate(zip(windows, found)):
        offset[number] = total
        tables.append(cut.table)
        top, low, left, right = ((ranks + total, codes) for ranks, codes in cut.lines)
        total += len(cut.table[0])
        for line, part in ((row, top), (bottom, low)):
            for whole_line, values in zip(line, part):
                whole_line[window.col : window.col + window.width] = values
        if window.col > 0:
            meet(last, left)
        last = right
        if window.col + window.width == width:
            if window.row > 0:
                meet(above, row)
            above, bottom = bottom, _line(width)
    return _united(offset, tables, np.concatenate(same), np.concatenate(touching), rule.minimum)


def _cut_lines(blocks: Blocks, number: int, window: Window, rule: Rule) -> _Cut:
    classes = blocks.read(number, window)
    if not blocks.filled[number]:
        across, down = _line(window.width), _line(window.height)
        return _Cut((np.zeros(0, np.uint8), np.zeros(0, np.int64), np.zeros(0, np.int64)), (across, across, down, down))
    found = label_window(classes, window, blocks.shape, rule.eight)
    rank = np.zeros(len(found.size), np.int64)
    rank[found.cut] = np.arange(len(found.cut))
    sides = [(0, slice(None)), (-1, slice(None)), (slice(None), 0), (slice(None), -1)]
    top, bottom, left, right = ((rank[found.labels[side]], classes[side].copy()) for side in sides)
    first = place_in_raster(found.first[found.cut], window, blocks.shape[1])
    return _Cut((found.code[found.cut], found.size[found.cut], first), (top, bottom, left, right))


def _line(width: int) -> Line:
    """Pixels without data: class 0, so that their numbers are never looked at."""
    return np.zeros(width, np.int64), np.zeros(width, np.uint8)


def _united(offset: np.ndarray, tables: list[tuple[np.ndarray, ...]], same: np.ndarray, touching: np.ndarray, minimum: int) -> Seams:
    code, size, first = (np.concatenate(column) for column in zip(*tables))
    root = find_roots(len(size), same)
    pixels = np.zeros(len(size), np.int64)
    np.add.at(pixels, root, size)
    np.minimum.at(first, root, first.copy())
    pairs = root[touching]
    one_way = [side[pixels[side[:, 0]] < minimum] for side in (pairs, pairs[:, ::-1])]
    return Seams(offset, root, code, pixels, first, np.concatenate(one_way).astype(np.int32))


@njit(cache=True, nogil=True)
def meet_lines(numbers, codes, other_numbers, other_codes, groups, eight):
    """Pairs of pieces that lie on two sides of a seam, (same class, other class of the same group), int64 (pair, 2) each; a few come twice."""
    width = len(codes)
    pairs = np.empty((2, 3 * width, 2), np.int64)
    used = np.zeros(2, np.int64)
    reach = 1 if eight else 0
    for col in range(width):
        if other_codes[col] == 0:
            continue
        for across in range(max(0, col - reach), min(width, col + reach + 1)):
            if codes[across] == 0 or groups[codes[across]] != groups[other_codes[col]]:
                continue
            kind = 0 if codes[across] == other_codes[col] else 1
            k = used[kind]
            a, b = numbers[across], other_numbers[col]
            if k > 0 and pairs[kind, k - 1, 0] == a and pairs[kind, k - 1, 1] == b:
                continue
            pairs[kind, k, 0], pairs[kind, k, 1] = a, b
            used[kind] += 1
    return pairs[0, : used[0]].copy(), pairs[1, : used[1]].copy()


@njit(cache=True, nogil=True)
def find_roots(count, pairs):
    """For each of `count` pieces the lowest one that pairs tie it to, int64."""
    parent = np.arange(count)
    for k in range(len(pairs)):
        a, b = pairs[k, 0], pairs[k, 1]
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        while parent[b] != b:
            parent[b] = parent[parent[b]]
            b = parent[b]
        parent[max(a, b)] = min(a, b)
    for piece in range(count):
        parent[piece] = parent[parent[piece]]
    return parent
