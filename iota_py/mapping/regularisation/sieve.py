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
from iota_py.mapping.regularisation.blocks import Blocks, each_block
from iota_py.mapping.regularisation.components import fill_components, find_contacts, in_islands_of, recoded
from iota_py.mapping.regularisation.merging import graph_of, settle
from iota_py.mapping.regularisation.seams import Labelled, Rule, Seams, find_seams, label_window, place_in_raster


@dataclass(frozen=True)
class _Islands:
    """Islands of one window that touch a seam.

    own: nodes that no seam cuts: code uint8, size and first int64. edges: int32 (edge, 2), from a small node to what it touches: numbers of pieces,
    or -1 - k for the own node k. seeds: int32, a pixel of each small piece in the window; owners: int32, its number, likewise.
    """

    own: tuple[np.ndarray, np.ndarray, np.ndarray]
    edges: np.ndarray
    seeds: np.ndarray
    owners: np.ndarray


@dataclass(frozen=True)
class _Window:
    """Components of a window. By label: size int64, of the whole component; first int64, in the raster, of those that no seam cuts; number int64,
    of those that one does, else -1; small bool. start, target: contacts of the small ones."""

    found: Labelled
    size: np.ndarray
    first: np.ndarray
    number: np.ndarray
    small: np.ndarray
    start: np.ndarray
    target: np.ndarray


def sieve(blocks: Blocks, minimum: int, connectivity: int, groups: np.ndarray | None = None, threads: int = 1) -> None:
    """Merge the components of fewer than `minimum` pixels, in place.

    connectivity: 8 (corners connect) or 4. groups: int64 (256,), group of each class: a component merges into one of its group only.
    """
    rule = Rule(minimum, connectivity == 8, np.zeros(256, np.int64) if groups is None else groups)
    seams = find_seams(blocks, rule, threads)
    own, edges, pieces = [(seams.code, seams.size, seams.first)], [seams.contacts], []
    above = len(seams.root)
    for left in each_block(blocks, lambda number, window: _settle_closed(blocks, number, window, seams, rule), threads):
        own.append(left.own)
        edges.append(_numbered(left.edges, above))
        pieces.append((left.seeds, _numbered(left.owners, above)))
        above += len(left.own[0])
    before, after = _settle_open(own, edges, rule)

    def rewrite(number: int, window: Window) -> None:
        seeds, owners = pieces[number]
        changed = after[owners] != before[owners]
        if changed.any():
            blocks.write(number, fill_components(blocks.read(number, window), seeds[changed], after[owners[changed]], rule.eight))

    for _ in each_block(blocks, rewrite, threads):
        pass


def _numbered(nodes: np.ndarray, above: int) -> np.ndarray:
    """Numbers where own nodes are counted from `above` on."""
    return np.where(nodes < 0, above - 1 - nodes, nodes)


def _settle_closed(blocks: Blocks, number: int, window: Window, seams: Seams, rule: Rule) -> _Islands:
    """Rewrite a window with the islands that lie inside it settled; those that touch a seam."""
    if not blocks.filled[number]:
        none = np.zeros(0, np.int32)
        return _Islands((np.zeros(0, np.uint8), np.zeros(0, np.int64), np.zeros(0, np.int64)), np.zeros((0, 2), np.int32), none, none)
    classes = blocks.read(number, window)
    seen = _look(classes, blocks.shape, (number, window), seams, rule)
    reached = in_islands_of(seen.small & (seen.number >= 0), seen.small, seen.start, seen.target)
    closed = np.flatnonzero(seen.small & ~reached)
    after = settle(seen.found.code, seen.size, rule.minimum, seen.start, seen.target, closed)
    if (after != seen.found.code).any():
        blocks.write(number, recoded(classes, seen.found.labels, after))
    return _islands(seen, np.flatnonzero(reached))


def _look(classes: np.ndarray, shape: tuple[int, int], place: tuple[int, Window], seams: Seams, rule: Rule) -> _Window:
    found = label_window(classes, place[1], shape, rule.eight)
    pieces = seams.pieces(place[0], found)
    size, first = found.size.copy(), place_in_raster(found.first, place[1], shape[1])
    size[found.cut] = seams.size[pieces]
    number = np.full(len(size), -1, np.int64)
    number[found.cut] = pieces
    small = size < rule.minimum
    small[0] = False
    start, target = find_contacts(found.labels, found.code, found.size, small, rule.groups, rule.eight)
    return _Window(found, size, first, number, small, start, target)


def _islands(seen: _Window, labels: np.ndarray) -> _Islands:
    """What is kept of open islands. labels: their small components in this window."""
    counts = seen.start[labels + 1] - seen.start[labels]
    places = np.repeat(seen.start[labels] - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
    sources, targets = np.repeat(labels, counts), seen.target[places]
    named = np.zeros(len(seen.size), bool)
    named[labels] = named[targets] = True
    own = np.flatnonzero(named & (seen.number < 0))
    number = seen.number.astype(np.int32)
    number[own] = -1 - np.arange(len(own))
    edges = np.stack([number[sources], number[targets]], axis=1)
    return _Islands(
        (seen.found.code[own], seen.size[own], seen.first[own]), edges, seen.found.first[labels].astype(np.int32), number[labels]
    )


def _settle_open(
    own: list[tuple[np.ndarray, np.ndarray, np.ndarray]], edges: list[np.ndarray], rule: Rule
) -> tuple[np.ndarray, np.ndarray]:
    """Classes before and after of all the nodes of open islands. The lists are emptied: the graph takes their place."""
    code, size, first = (np.concatenate(column) for column in zip(*own))
    own.clear()
    order = np.argsort(first, kind="stable")
    start, target = graph_of(edges, order)
    edges.clear()
    alive = np.flatnonzero((size[order] < rule.minimum) & (np.diff(start) > 0))
    after = np.empty_like(code)
    after[order] = settle(code[order], size[order], rule.minimum, start, target, alive)
    return code, after
