"""Borders of regions: how far pixels are from them, how much each region weighs there, and the probabilities of all that meet, fused.

The rule: inside buffers on both sides of a border the class is that of the regions' probabilities weighted by a weight that falls
linearly with the distance to the border, from 1 at the interior limit to 0 at the exterior limit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

CELL = 64  # pixels on a side of what is first asked for as one: most of it is far from any border
SHIFT = 1000  # before × SHIFT + after


@dataclass(frozen=True)
class Pixels:
    """A rectangle of a grid that may be larger: row, col: of its first pixel. left, top: edges of the grid. across, down: size of a pixel in metres.

    The centre of a pixel has the same coordinates, to the bit, in whichever rectangle it is.
    """

    row: int
    col: int
    shape: tuple[int, int]
    left: float
    top: float
    across: float
    down: float

    def centres(self, rows: slice, cols: slice) -> tuple[np.ndarray, np.ndarray]:
        """x and y, float64 (pixel,), of a part, in row-major order."""
        x = self.left + (np.arange(cols.start, cols.stop) + self.col + 0.5) * self.across
        y = self.top - (np.arange(rows.start, rows.stop) + self.row + 0.5) * self.down
        every = np.meshgrid(x, y)
        return every[0].ravel(), every[1].ravel()


def outline(shape: Any) -> shapely.STRtree:
    """The sides of a polygon, or of several, to be asked for the nearest one."""
    coordinates, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(shape)), return_index=True)
    same = ring[1:] == ring[:-1]
    return shapely.STRtree(shapely.linestrings(np.stack([coordinates[:-1][same], coordinates[1:][same]], axis=1)))


def region_distances(outlines: Sequence[shapely.STRtree], own: np.ndarray, pixels: Pixels, reach: float) -> np.ndarray:
    """Metres from pixel centres to each region, float64 (region, row, col): 0 in it, infinite beyond `reach`.

    outlines: of polygons in the CRS of the pixels. own: (row, col), place in `outlines` of the region that contains the pixel, -1 for pixels that
    do not matter (all infinite). Exact: from the sides of the polygons, not from pixels; each number depends on its own pixel alone.
    """
    found = np.full((len(outlines), *pixels.shape), np.inf)
    for place, sides in enumerate(outlines):
        for rows, cols in _cells(pixels.shape):
            inner = own[rows, cols]
            asked = (inner >= 0) & (inner != place)
            if asked.any() and len(sides.query(_box(pixels, rows, cols), "dwithin", reach)):
                x, y = (one.reshape(inner.shape)[asked] for one in pixels.centres(rows, cols))
                distance = np.full(len(x), np.inf)
                near, nearest = sides.query_nearest(shapely.points(x, y), reach, return_distance=True, all_matches=False)
                distance[near[0]] = nearest
                found[place, rows, cols][asked] = distance
        found[place][own == place] = 0
    return found


def border_weights(distances: np.ndarray, own: np.ndarray, interior: float, exterior: float) -> np.ndarray:
    """Weight of each region, float64 (region, row, col), 0-1; distances and own as in `region_distances`, with a reach of both limits at least.

    The border of a region is where another one is: inside it, the distance to the border is that to the nearest other region, outside it is
    that to the region. The outer limit of all the regions, a coast, is no border.
    """
    weights = np.clip((exterior - distances) / (interior + exterior), 0, 1)
    for place in range(len(distances)):
        inside = own == place
        others = np.delete(distances, place, axis=0)
        nearest = others[:, inside].min(axis=0, initial=np.inf)
        weights[place][inside] = np.clip((exterior + nearest) / (interior + exterior), 0, 1)
    return weights


def fuse(probabilities: Mapping[int, np.ndarray], weights: Mapping[int, np.ndarray]) -> np.ndarray:
    """Probabilities float64 (pixel, class) of the regions that meet in pixels, weighted, divided by the sum of the weights.

    probabilities: (pixel, class) by place of the region. weights: (pixel,) by the same, the sum of all above 0. Added in the order of the places.
    """
    places = sorted(probabilities)
    total = np.sum([weights[place] for place in places], axis=0)
    fused = np.zeros(probabilities[places[0]].shape)
    for place in places:
        fused += (weights[place] / total)[:, None] * probabilities[place]
    return fused


def class_change(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """uint32 (row, col): class before × 1000 + class after, 0 where they are the same. before, after: uint8 codes, 0 no data."""
    pair = before.astype(np.uint32) * SHIFT + after
    return np.where(before == after, np.uint32(0), pair)


def border_pairs(region: np.ndarray, classes: np.ndarray, last_row: bool, last_col: bool) -> tuple[int, int]:
    """Pairs of neighbours (by an edge) of two regions, both with a class, and those of them with two classes.

    region, classes: (row, col), 0 without. The pairs of the last row with the one above it are counted, those inside it are not unless
    last_row, the same for columns: blocks that share a row or column count each pair once.
    """
    height, width = region.shape
    rows, cols = height if last_row else height - 1, width if last_col else width - 1
    across = _pairs(region[:rows, :-1], region[:rows, 1:], classes[:rows, :-1], classes[:rows, 1:])
    down = _pairs(region[:-1, :cols], region[1:, :cols], classes[:-1, :cols], classes[1:, :cols])
    return across[0] + down[0], across[1] + down[1]


def _pairs(one: np.ndarray, other: np.ndarray, here: np.ndarray, there: np.ndarray) -> tuple[int, int]:
    border = (one != other) & (one > 0) & (other > 0) & (here > 0) & (there > 0)
    return int(border.sum()), int((border & (here != there)).sum())


def _cells(shape: tuple[int, int]) -> list[tuple[slice, slice]]:
    rows, cols = shape
    return [
        (slice(row, min(row + CELL, rows)), slice(col, min(col + CELL, cols)))
        for row in range(0, rows, CELL)
        for col in range(0, cols, CELL)
    ]


def _box(pixels: Pixels, rows: slice, cols: slice) -> Any:
    """Outline of a cell."""
    left, right = pixels.left + (cols.start + pixels.col) * pixels.across, pixels.left + (cols.stop + pixels.col) * pixels.across
    top, bottom = pixels.top - (rows.start + pixels.row) * pixels.down, pixels.top - (rows.stop + pixels.row) * pixels.down
    return shapely.box(left, bottom, right, top)
