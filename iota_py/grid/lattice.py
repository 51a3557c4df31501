"""Relations between two grids: does one fit in the other, and which pixel of one holds the centre of a pixel of the other."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from odc.geo.geobox import GeoBox
from pyproj import Transformer

from iota_py.grid.windows import Window, crs_text

TOLERANCE = 1e-6  # of a pixel


@dataclass(frozen=True)
class NearestIndex:
    """For each pixel of a target grid, the source pixel that holds its centre.

    rows, cols: int64, shapes that broadcast to the target's (row, col). inside: bool, False where the centre is off the source.
    """

    rows: np.ndarray
    cols: np.ndarray
    inside: np.ndarray

    def take(self, values: np.ndarray, outside: int | float = 0) -> np.ndarray:
        """Source values (…, row, col) on the target grid, `outside` where there is none."""
        picked = values[..., self.rows, self.cols]
        return picked if self.inside.all() else np.where(self.inside, picked, np.asarray(outside, values.dtype))


def same_lattice(a: GeoBox, b: GeoBox) -> bool:
    """True when both grids have the same CRS and pixel size, and their pixels coincide."""
    return aligned(a, b) and aligned(b, a)


def same_grid(a: GeoBox, b: GeoBox) -> bool:
    """True when both grids are the same pixels: same lattice, origin and shape, to TOLERANCE of a pixel."""
    near = max(abs(a.transform.c - b.transform.c), abs(a.transform.f - b.transform.f)) < TOLERANCE * abs(a.transform.a)
    return a.shape == b.shape and near and same_lattice(a, b)


def aligned(fine: GeoBox, coarse: GeoBox) -> bool:
    """True when the corners of the coarse pixels fall on corners of the fine ones (same CRS, whole ratio of pixel sizes)."""
    if fine.crs != coarse.crs:
        return False
    a, b = fine.transform, coarse.transform
    ratios = (b.a / a.a, b.e / a.e)
    offsets = ((b.c - a.c) / a.a, (b.f - a.f) / a.e)
    return all(abs(v - round(v)) < TOLERANCE * max(1.0, abs(v)) for v in (*ratios, *offsets)) and min(ratios) > 0.5


def union(grids: Sequence[GeoBox]) -> GeoBox:
    """Smallest grid that holds these, which share a lattice, on the lattice of the first."""
    first = grids[0]
    t = first.transform
    rows = [round((grid.transform.f - t.f) / t.e) for grid in grids]
    cols = [round((grid.transform.c - t.c) / t.a) for grid in grids]
    top, left = min(rows), min(cols)
    bottom = max(row + grid.shape[0] for row, grid in zip(rows, grids))
    right = max(col + grid.shape[1] for col, grid in zip(cols, grids))
    return expanded(first, top, left, bottom - top, right - left)


def common_part(a: GeoBox, b: GeoBox) -> tuple[Window, Window] | None:
    """The pixels that two grids of one lattice share, as a window of each; None where there are none."""
    row, col = (round((b.transform.f - a.transform.f) / a.transform.e), round((b.transform.c - a.transform.c) / a.transform.a))
    top, left = max(0, row), max(0, col)
    height, width = min(a.shape[0], row + b.shape[0]) - top, min(a.shape[1], col + b.shape[1]) - left
    if height < 1 or width < 1:
        return None
    return Window(top, left, height, width), Window(top - row, left - col, height, width)


def expanded(grid: GeoBox, row: int, col: int, height: int, width: int) -> GeoBox:
    """The pixels from (row, col) on the lattice of a grid; they may lie outside it."""
    return GeoBox((height, width), grid.translate_pix(col, row).transform, grid.crs)


def at_resolution(grid: GeoBox, resolution: float | None) -> GeoBox:
    """The extent of a grid in pixels of another size, whose edges are multiples of it; the grid itself where None."""
    if resolution is None or same_lattice(grid, GeoBox.from_bbox((0, 0, resolution, resolution), grid.crs, resolution=resolution)):
        return grid
    box = grid.boundingbox
    return GeoBox.from_bbox((box.left, box.bottom, box.right, box.top), grid.crs, resolution=resolution, anchor="edge")


def overlap(a: GeoBox, b: GeoBox) -> bool:
    """True when two grids share ground; their outlines decide."""
    outline = a.extent if a.crs == b.crs or b.crs is None else a.extent.to_crs(b.crs, resolution=_outline_step(a))
    return bool(outline.geom.intersection(b.extent.geom).area > 0)


def _outline_step(grid: GeoBox) -> float:
    """Units between points along an outline that is brought to another system: straight lines bend there."""
    return max(grid.shape) * abs(grid.transform.a) / 20


def pixel_positions(target: GeoBox, source: GeoBox) -> tuple[np.ndarray, np.ndarray]:
    """Where the pixel centres of `target` lie on `source`: rows and columns, float64, in pixels from its upper left corner.

    Shapes broadcast to the target's (row, col): two vectors in one CRS, else the centres are transformed one by one; not finite where the
    other projection cannot show a place. A pixel has the same position in whatever window it is asked for.
    """
    return transformed_positions(target, source, np.arange(target.shape[0]) + 0.5, np.arange(target.shape[1]) + 0.5)


def transformed_positions(target: GeoBox, source: GeoBox, rows: np.ndarray, cols: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """As pixel_positions, of the places where these rows and columns of `target` meet, in pixels from its upper left corner."""
    t, s = target.transform, source.transform
    x, y = t.c + t.a * cols, t.f + t.e * rows
    if target.crs == source.crs:
        return (y[:, None] - s.f) / s.e, (x[None, :] - s.c) / s.a
    shape = len(y), len(x)
    xs, ys = _transformer(crs_text(target), crs_text(source)).transform(
        np.broadcast_to(x[None, :], shape).ravel(), np.broadcast_to(y[:, None], shape).ravel()
    )
    return (ys.reshape(shape) - s.f) / s.e, (xs.reshape(shape) - s.c) / s.a


def nearest_index(target: GeoBox, source: GeoBox) -> NearestIndex:
    """Pixels of `source` that hold the pixel centres of `target`; a centre on an edge, to TOLERANCE, belongs to the pixel after it."""
    return nearest_of(pixel_positions(target, source), source)


def nearest_of(positions: tuple[np.ndarray, np.ndarray], source: GeoBox) -> NearestIndex:
    """As nearest_index, from what pixel_positions gives."""
    (rows, has_row), (cols, has_col) = (nearest_along(*axis) for axis in zip(positions, source.shape))
    return NearestIndex(rows, cols, has_row & has_col)


def nearest_along(position: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows or columns int64 of positions along an axis of `count` pixels, the nearest one that there is, and whether the position lies in it."""
    found = _pixel(position)
    return np.clip(found, 0, count - 1), (found >= 0) & (found < count)


@functools.lru_cache(maxsize=64)
def _transformer(source: str, target: str) -> Transformer:
    """Between two systems (well-known text); making one takes longer than transforming a small window."""
    return Transformer.from_crs(source, target, always_xy=True)


def _pixel(position: np.ndarray) -> np.ndarray:
    offset = np.where(np.isfinite(position), position, -1)  # a place that the other projection cannot show
    near = np.round(offset)
    return np.where(np.abs(offset - near) < TOLERANCE, near, np.floor(offset)).astype(np.int64)
