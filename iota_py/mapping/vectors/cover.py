"""The polygons of a map of classes: one for each 4-connected component, neighbours sharing their sides exactly.

Each cell of the lattice is traced, simplified and smoothed on its own; what comes out is the same for every zone that touches the cell. Then the arcs
of all the cells are put together. Memory: the arrays of a cell, and the simplified arcs of the zone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from odc.geo.geobox import GeoBox

from iota_py.mapping.regularisation.components import label_components, measure_components
from iota_py.mapping.regularisation.seams import find_roots
from iota_py.mapping.vectors.cells import Lattice, Read, lattice
from iota_py.mapping.vectors.clipping import clip
from iota_py.mapping.vectors.outline import Outline, outline
from iota_py.mapping.vectors.rings import Arcs, polygons_of
from iota_py.mapping.vectors.shape import Shape
from iota_py.mapping.vectors.simplification import simplify
from iota_py.mapping.vectors.smoothing import smooth


@dataclass(frozen=True, eq=False)
class Coverage:
    """Polygons that neither overlap nor leave gaps. codes: uint8 (n,), their classes. polygons: object (n,), shapely polygons in the CRS of the grid."""

    codes: np.ndarray
    polygons: np.ndarray


def cover(read: Read, grid: GeoBox, shape: Shape, zone: Any | None, cell: int = 1024) -> Coverage:
    """Polygons of the part of a map that lies in a zone, in the order of the first pixels (row, col) of the components.

    read: gives the classes of a window, uint8 (row, col), 0 for no data. zone: a polygon or several in the CRS of the grid, None for the whole map. A
    component that the zone cuts gives a polygon for each part. cell: pixels of the side of a cell; outlines keep a vertex where they cross one, so
    that it belongs to the shape of the map and must be the same for all of its zones. Raises ValueError on a grid that is not north-up.
    """
    transform = grid.transform
    if transform.b or transform.d or transform.a <= 0 or transform.e >= 0:
        raise ValueError(f"grid with the transform {tuple(transform)}: expected a north-up one")
    pieces = _Pieces(lattice(grid, cell, zone))
    for place in pieces.lattice.cells():
        classes = pieces.lattice.read(read, *place)
        if classes.any():
            pieces.add(place, classes, shape, (-transform.e, transform.a))
    codes, order, arcs = pieces.joined()
    polygons = polygons_of(arcs, order, (transform.c, transform.a, transform.f, transform.e))
    if zone is None:
        return Coverage(codes, polygons)
    polygons, owner = clip(polygons, zone)
    return Coverage(codes[owner], polygons)


@dataclass
class _Pieces:
    """What cells gave. Components of cells are numbered 1, 2, … in their order. lines: by cell, numbers on its last row and its last column."""

    lattice: Lattice
    count: int = 0
    code: list[np.ndarray] = field(default_factory=list)
    first: list[np.ndarray] = field(default_factory=list)
    same: list[np.ndarray] = field(default_factory=list)
    arcs: list[Arcs] = field(default_factory=list)
    lines: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)

    def add(self, place: tuple[int, int], classes: np.ndarray, shape: Shape, pixel: tuple[float, float]) -> None:
        top, left, *_ = self.lattice.span(*place)
        labels, count = label_components(classes, False)
        code, _, first = measure_components(classes, labels, count)
        first = (top + first // classes.shape[1]) * self.lattice.shape[1] + left + first % classes.shape[1]
        self.code.append(code[1:])
        self.first.append(first[1:])
        self._meet(place, labels)
        self.arcs.append(self._shaped(outline(classes, labels, shape.keeps_corners(pixel)), (top, left), shape, pixel))
        self.count += count

    def _meet(self, place: tuple[int, int], labels: np.ndarray) -> None:
        """Note which components go on from the cell above and from the one to the left: they share the pixels of a line."""
        row, col = place
        numbers = np.where(labels > 0, labels + np.int64(self.count), 0)
        above, beside = self.lines.pop((row - 1, col), None), self.lines.get((row, col - 1))
        pairs = [
            (line, mine) for line, mine in ((above and above[0], numbers[0]), (beside and beside[1], numbers[:, 0])) if line is not None
        ]
        for line, mine in pairs:
            both = np.stack([line, mine], axis=1)[line > 0]
            self.same.append(np.unique(both, axis=0))
        self.lines[place] = numbers[-1].copy(), numbers[:, -1].copy()

    def _shaped(self, found: Outline, corner: tuple[int, int], shape: Shape, pixel: tuple[float, float]) -> Arcs:
        keep = simplify(found, shape.simplify, pixel) if shape.simplify > 0 else np.ones(len(found.points), bool)
        points, start = smooth(found, keep, shape.smooth, pixel)
        places = [end.astype(np.int64) + 2 * np.array(corner) for end in found.ends]
        across = 2 * self.lattice.shape[1] + 4
        nodes = np.stack([place[:, 0] * across + place[:, 1] for place in places], axis=1)
        pins = np.stack([(place[:, 0] + place[:, 1]) % 2 == 1 for place in places], axis=1)
        sides = np.where(found.sides > 0, found.sides + np.int64(self.count), 0)
        return Arcs(points / 2 + (np.array(corner) + 0.5), start, nodes, pins, found.headings, sides)

    def joined(self) -> tuple[np.ndarray, np.ndarray, Arcs]:
        """By component, in the order of their first pixels: classes uint8, numbers int64; and the arcs of all the cells, their sides in these numbers."""
        root = find_roots(self.count + 1, np.concatenate([np.zeros((0, 2), np.int64), *self.same]))
        code, first = (np.concatenate([np.zeros(1, dtype), *parts]) for dtype, parts in ((np.uint8, self.code), (np.int64, self.first)))
        np.minimum.at(first, root, first.copy())
        own = np.flatnonzero(root == np.arange(len(root)))[1:]
        own = own[np.argsort(first[own], kind="stable")]
        return code[own], own, self._all_arcs(root)

    def _all_arcs(self, root: np.ndarray) -> Arcs:
        if not self.arcs:
            none = np.zeros((0, 2), np.int64)
            return Arcs(none.astype(float), np.zeros(1, np.int64), none, none.astype(bool), none.astype(np.int8), none)
        sizes = np.concatenate([np.diff(arcs.start) for arcs in self.arcs])
        start = np.concatenate([[0], np.cumsum(sizes)])
        points, nodes, pins, headings, sides = (
            np.concatenate([getattr(arcs, name) for arcs in self.arcs]) for name in ("points", "nodes", "pins", "headings", "sides")
        )
        return Arcs(points, start, nodes, pins, headings, root[sides])
