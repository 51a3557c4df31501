"""Pixels of each polygon by class, with the sums that means and deviations are made of. Exact integers, so that blocks change nothing.

A pixel belongs to the polygon that its centre lies in. Pixels without a class count for none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from odc.geo.geobox import GeoBox

from iota_py.grid.windows import Window, split
from iota_py.io.raster import burn

Read = Callable[[Window], np.ndarray]
SIDE = 2048  # pixels of a block: what is held of one is some 40 bytes for each
NEAR = 512  # pixels of a block in which single pixels are looked up


@dataclass(frozen=True)
class Layers:
    """The rasters of a map: pixels of a window of the grid, uint8 (row, col). classes: codes, 0 no data. confidence: 0–100. validity: a count."""

    grid: GeoBox
    classes: Read
    confidence: Read
    validity: Read


@dataclass(frozen=True)
class Tally:
    """One row for each polygon and class that it holds, by polygon, then by class.

    polygon: index, int64. code: class, int64. pixels: number, int64. confidence, validity, squares: sums over these pixels of confidence,
    validity and validity squared, int64.
    """

    polygon: np.ndarray
    code: np.ndarray
    pixels: np.ndarray
    confidence: np.ndarray
    validity: np.ndarray
    squares: np.ndarray


def tally(polygons: np.ndarray, layers: Layers, side: int = SIDE) -> Tally:
    """Count the pixels of polygons, block by block.

    polygons: shapely polygons in the CRS of the grid, object (n,); where two of them hold a centre it is that of the later one. A polygon
    that holds the centre of no pixel with a class takes the pixel in which a point of its own lies (shapely's point on surface), if that
    one has a class. side: pixels on a side of a block; the result does not depend on it.
    """
    rows = list(_by_blocks(polygons, layers, side))
    found = _added(rows)
    lone = np.setdiff1d(np.arange(len(polygons)), found.polygon)
    return _added([*rows, *_by_points(polygons, lone, layers)]) if lone.size else found


def _by_blocks(polygons: np.ndarray, layers: Layers, side: int) -> Iterator[np.ndarray]:
    tree = shapely.STRtree(polygons)
    for window in split(layers.grid.shape, (side, side)):
        place = window.of(layers.grid)
        near = np.sort(tree.query(shapely.box(*place.boundingbox)))
        if near.size:
            owner = _owners(polygons[near], place)
            yield _rows(near, owner, layers, window)


def _owners(polygons: np.ndarray, place: GeoBox) -> np.ndarray:
    """The polygon in which the centre of each pixel lies, from 1, 0 for none; int32 (row, col). Polygons that reach far beyond are cut first."""
    pixel = abs(place.transform.a)
    west, south, east, north = shapely.box(*place.boundingbox).buffer(2 * pixel).bounds
    bounds = shapely.bounds(polygons)
    beyond = (bounds[:, 0] < west) | (bounds[:, 1] < south) | (bounds[:, 2] > east) | (bounds[:, 3] > north)
    cut = polygons.copy()
    cut[beyond] = shapely.clip_by_rect(polygons[beyond], west, south, east, north)
    return burn(((shape, number) for number, shape in enumerate(cut, 1) if not shape.is_empty), place)


def _rows(near: np.ndarray, owner: np.ndarray, layers: Layers, window: Window) -> np.ndarray:
    """Rows of a tally of one block, int64 (6, n). near: indices of the polygons whose numbers from 1 are in `owner`."""
    classes = layers.classes(window)
    inside = (owner > 0) & (classes > 0)
    seen = classes[inside]
    present = np.flatnonzero(np.bincount(seen, minlength=256))
    cell = (owner[inside].astype(np.int64) - 1) * len(present) + np.searchsorted(present, np.arange(256))[seen]
    size = len(near) * len(present)
    validity = layers.validity(window)[inside].astype(np.int64)
    counts = np.bincount(cell, minlength=size)
    held = np.flatnonzero(counts)
    sums = [np.bincount(cell, values, size)[held] for values in (layers.confidence(window)[inside], validity, validity**2)]
    polygon, code = near[held // max(1, len(present))], present[held % max(1, len(present))]
    return np.stack([polygon, code, counts[held], *sums]).astype(np.int64)


def _by_points(polygons: np.ndarray, lone: np.ndarray, layers: Layers) -> Iterator[np.ndarray]:
    """As `_rows`, of the pixels in which a point of each of these polygons lies."""
    points = shapely.get_coordinates(shapely.point_on_surface(polygons[lone]))
    col, row = ~layers.grid.transform * (points[:, 0], points[:, 1])
    height, width = layers.grid.shape
    row = np.clip(np.floor(row).astype(np.int64), 0, height - 1)
    col = np.clip(np.floor(col).astype(np.int64), 0, width - 1)
    block = row // NEAR * (-(-width // NEAR)) + col // NEAR
    for number in np.unique(block):
        here = np.flatnonzero(block == number)
        top, left = int(row[here[0]]) // NEAR * NEAR, int(col[here[0]]) // NEAR * NEAR
        window = Window(top, left, min(NEAR, height - top), min(NEAR, width - left))
        place = row[here] - top, col[here] - left
        values = [read(window)[place].astype(np.int64) for read in (layers.classes, layers.confidence, layers.validity)]
        rows = np.stack([lone[here], values[0], np.ones(len(here), np.int64), values[1], values[2], values[2] ** 2])
        yield rows[:, values[0] > 0]


def _added(rows: Sequence[np.ndarray]) -> Tally:
    """Rows of the same polygon and class added up."""
    every = np.concatenate([np.zeros((6, 0), np.int64), *rows], axis=1)
    every = every[:, np.lexsort((every[1], every[0]))]
    first = np.ones(every.shape[1], bool)
    first[1:] = (every[:2, 1:] != every[:2, :-1]).any(axis=0)
    start = np.flatnonzero(first)
    sums = np.add.reduceat(every[2:], start, axis=1) if start.size else every[2:]
    return Tally(every[0, start], every[1, start], *sums)
