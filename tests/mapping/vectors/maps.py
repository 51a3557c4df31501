"""Small maps and what must hold of their polygons."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from affine import Affine
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from odc.geo.geobox import GeoBox
from scipy import ndimage

from iota_py.mapping.vectors.cover import Coverage, cover
from iota_py.mapping.vectors.shape import Shape

RAW = Shape(0, 0)
OSO = Shape(10, 10)
SHAPES = st.sampled_from([RAW, Shape(10, 0), OSO, Shape(0, 5), Shape(2, 3), Shape(35, 0), Shape(60, 40), Shape(1000, 1000)])


def image(*rows: str) -> np.ndarray:
    return np.array([[int(c) for c in row] for row in rows], np.uint8)


def grid_of(classes: np.ndarray, pixel: tuple[float, float] = (20, 20), corner: tuple[float, float] = (0, 0)) -> GeoBox:
    """Grid of pixels of (height, width) metres, its north-western corner at (x, y)."""
    return GeoBox(classes.shape, Affine(pixel[1], 0, corner[0], 0, -pixel[0], corner[1]), "EPSG:32631")


def covered(classes: np.ndarray, shape: Shape = RAW, zone: Any = None, cell: int = 1024, pixel: tuple[float, float] = (20, 20)) -> Coverage:
    return cover(lambda window: classes[window.slices], grid_of(classes, pixel), shape, zone, cell)


def rasters(classes: int, least: int = 0, side: int = 14) -> st.SearchStrategy[np.ndarray]:
    """Maps of up to `side` pixels a side, noise or blocks, of the classes least … classes."""
    shapes = st.tuples(st.integers(1, side), st.integers(1, side))
    noise = shapes.flatmap(lambda shape: arrays(np.uint8, shape, elements=st.integers(least, classes)))
    return st.builds(lambda a, i, j: np.repeat(np.repeat(a, i, 0), j, 1), noise, st.integers(1, 2), st.integers(1, 3))


def components(classes: np.ndarray) -> tuple[np.ndarray, int]:
    """4-connected components of equal class, numbered from 1 on in the order of their first pixels; and how many there are."""
    labels, count = np.zeros(classes.shape, np.int64), 0
    for code in range(1, 256):
        if (classes == code).any():
            part, found = ndimage.label(classes == code)
            labels[part > 0] = part[part > 0] + count
            count += found
    values, first = np.unique(labels[labels > 0], return_index=True)
    rank = np.zeros(count + 1, np.int64)
    rank[values[np.argsort(first)]] = np.arange(1, count + 1)
    return rank[labels], count


def neighbours(labels: np.ndarray) -> set[tuple[int, int]]:
    """Pairs of components that share a side of a pixel, counted from 0."""
    pairs = set()
    for a, b in ((labels[1:], labels[:-1]), (labels[:, 1:], labels[:, :-1])):
        meet = (a != b) & (a > 0) & (b > 0)
        pairs |= {(min(p, q) - 1, max(p, q) - 1) for p, q in zip(a[meet].tolist(), b[meet].tolist())}
    return pairs


def touching(polygons: np.ndarray) -> set[tuple[int, int]]:
    """Pairs of polygons that share a line."""
    tree = shapely.STRtree(polygons)
    a, b = tree.query(polygons, predicate="intersects")
    a, b = a[a < b], b[a < b]
    shared = shapely.length(shapely.intersection(polygons[a], polygons[b])) > 0
    return set(zip(a[shared].tolist(), b[shared].tolist()))


def check(found: Coverage) -> None:
    """Every polygon is valid and has an area, they do not overlap and their shared sides have the same vertices."""
    assert (shapely.get_type_id(found.polygons) == shapely.GeometryType.POLYGON).all()
    assert shapely.is_valid(found.polygons).all()
    assert (shapely.area(found.polygons) > 1e-3).all()
    assert shapely.coverage_is_valid(found.polygons)
