"""The sieve by windows: small components merge into their neighbours, as in one pass over the whole raster.

A first scan measures the components that seams cut. A second one settles each island of small components (see regularisation_merging)
that lies inside its window; of the islands that touch a seam it keeps the components, as nodes of a graph, and where a pixel of each lies.
The graph is settled as a whole, and a last scan gives those components their classes. Memory: a few arrays of a block, and the tables
of the components that touch seams and of the islands there. On a map with few small components that grows with the length of the seams; where
everything is small (noise), it grows with the number of components.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from iota_py.grid.windows import Window
from iota_py.mapping.regularisation_blocks import Blocks
from iota_py.mapping.regularisation_components import fill_components, find_contacts, in_islands_of, recoded
from iota_py.mapping.regularisation_merging import graph_of, settle
from iota_py.mapping.regularisation_seams import Labelled, Rule, Seams, find_seams, label_window, place_in_raster


@dataclass(frozen=True)
class _Islands:
    """Islands of one window that touch a seam.

    own: nodes that no seam cuts: code uint8, size and first int64. edges: int32 (edge, 2), from a small node to what it touches: numbers of pieces,
    then from `above` on those of `own`. seeds: int32, a pixel of each small piece in the window; owners: int32, its number.
    """

    own: tuple[np.ndarray, np.ndarray, np.ndarray]
    edges: np.ndarray
    seeds: np.ndarray
    owners: np.ndarray


@dataclass(frozen=True)
class _Window:
    """Components of a window with what is known of the whole of them. By label: size, first int64, number int64 (-1: no seam cuts it), small
    bool. start, target: contacts of the small ones."""

    found: Labelled
    size: np.ndarray
    first: np.ndarray
    number: np.ndarray
    small: np.ndarray
    start: np.ndarray
    target: np.ndarray


def sieve(blocks: Blocks, minimum: int, connectivity: int, groups: np.ndarray | None = None) -> None:
    """Merge the components of fewer than `minimum` pixels, in place.

    connectivity: 8 (corners connect) or 4. groups: int64 (256,), group of each class: a component merges into one of its group only.
    """
    rule = Rule(minimum, connectivity == 8, np.zeros(256, np.int64) if groups is None else groups)
    seams = find_seams(blocks, rule)
    opened: list[_Islands] = []
    above = len(seams.root)
    for number, window in enumerate(blocks.windows):
        if not blocks.filled[number]:
            opened.append(_nothing())
            continue
        classes = blocks.read(number, window)
        seen = _look(classes, blocks.shape, (number, window), seams, rule)
        reached = in_islands_of(seen.small & (seen.number >= 0), seen.small, seen.start, seen.target)
        closed = np.flatnonzero(seen.small & ~reached)
        after = settle(seen.found.code, seen.size, minimum, seen.start, seen.target, closed)
        if (after != seen.found.code).any():
            blocks.write(number, recoded(classes, seen.found.labels, after))
        opened.append(_islands(seen, np.flatnonzero(reached), above))
        above += len(opened[-1].own[0])
    _finish(blocks, opened, seams, rule)


def _nothing() -> _Islands:
    none = np.zeros(0, np.int32)
    return _Islands((np.zeros(0, np.uint8), np.zeros(0, np.int64), np.zeros(0, np.int64)), np.zeros((0, 2), np.int32), none, none)


def _look(classes: np.ndarray, shape: tuple[int, int], place: tuple[int, Window], seams: Seams, rule: Rule) -> _Window:
    found = label_window(classes, place[1], shape, rule.eight)
    pieces = seams.pieces(place[0], found)
    size, first = found.size.copy(), place_in_raster(found.first, place[1], shape[1])
    size[found.cut], first[found.cut] = seams.size[pieces], seams.first[pieces]
    number = np.full(len(size), -1, np.int64)
    number[found.cut] = pieces
    small = size < rule.minimum
    small[0] = False
    start, target = find_contacts(found.labels, found.code, found.size, small, rule.groups, rule.eight)
    return _Window(found, size, first, number, small, start, target)


def _islands(seen: _Window, labels: np.ndarray, above: int) -> _Islands:
    """What is kept of open islands. labels: their small components in this window."""
    counts = seen.start[labels + 1] - seen.start[labels]
    places = np.repeat(seen.start[labels] - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
    sources, targets = np.repeat(labels, counts), seen.target[places]
    named = np.zeros(len(seen.size), bool)
    named[labels] = named[targets] = True
    own = np.flatnonzero(named & (seen.number < 0))
    number = seen.number.copy()
    number[own] = above + np.arange(len(own))
    edges = np.stack([number[sources], number[targets]], axis=1).astype(np.int32)
    seeds = seen.found.first[labels].astype(np.int32)
    return _Islands((seen.found.code[own], seen.size[own], seen.first[own]), edges, seeds, number[labels].astype(np.int32))


def _finish(blocks: Blocks, opened: list[_Islands], seams: Seams, rule: Rule) -> None:
    """Settle the islands that touch seams, and rewrite their pixels."""
    code, size, first = (
        np.concatenate([table, *(one.own[k] for one in opened)]) for k, table in enumerate((seams.code, seams.size, seams.first))
    )
    order = np.argsort(first, kind="stable")
    start, target = graph_of([seams.contacts, *(one.edges for one in opened)], order)
    alive = np.flatnonzero((size[order] < rule.minimum) & (np.diff(start) > 0))
    after = np.empty_like(code)
    after[order] = settle(code[order], size[order], rule.minimum, start, target, alive)
    for number, (window, one) in enumerate(zip(blocks.windows, opened)):
        changed = after[one.owners] != code[one.owners]
        if changed.any():
            values = fill_components(blocks.read(number, window), one.seeds[changed], after[one.owners[changed]], rule.eight)
            blocks.write(number, values)
