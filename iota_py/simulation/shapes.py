"""Shapes of a landscape, in metres of its grid: parcels, woods, villages, roads, rivers. Arrays of shapely polygons."""

from __future__ import annotations

import numpy as np
import shapely
from scipy.spatial import cKDTree

Extent = tuple[float, float, float, float]  # west, south, east, north

_COLUMNS, _ROWS = 11, 8  # rectangles cut in a block of parcels: enough to cover it


def scattered(extent: Extent, spacing: float, rng: np.random.Generator) -> np.ndarray:
    """Points (n, 2) about `spacing` metres apart that cover an extent: a square grid, shaken."""
    west, south, east, north = extent
    x, y = np.meshgrid(np.arange(west, east + spacing, spacing), np.arange(south, north + spacing, spacing))
    points = np.stack([x.ravel(), y.ravel()], axis=1)
    return points + rng.uniform(-0.42, 0.42, points.shape) * spacing


def cells(extent: Extent, spacing: float, rng: np.random.Generator) -> np.ndarray:
    """Polygons that cover an extent: the Voronoi cells of scattered points. The outer cells, which have no shape, lie beyond it."""
    west, south, east, north = extent
    wider = west - 2 * spacing, south - 2 * spacing, east + 2 * spacing, north + 2 * spacing
    found = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(scattered(wider, spacing, rng))))
    return found[shapely.intersects(found, shapely.box(*extent))]


def parcels(extent: Extent, rng: np.random.Generator, smallest: float = 1500.0) -> tuple[np.ndarray, np.ndarray]:
    """Straight-sided parcels and the block of each: every block is cut along its own direction, at its own scale.

    smallest: area in m² under which a scrap is left to its neighbours.
    """
    blocks = cells(extent, 500.0, rng)
    n = len(blocks)
    scale = rng.uniform(0.95, 1.85, n)[:, None]
    across = _edges(rng.uniform(45.0, 125.0, (n, _COLUMNS)) * scale)
    along = _edges(rng.uniform(65.0, 190.0, (n, _COLUMNS, _ROWS)) * scale[:, :, None])
    left, right = across[:, :-1, None], across[:, 1:, None]
    low, high = along[..., :-1], along[..., 1:]
    corners = [np.broadcast_arrays(u, v) for u, v in ((left, low), (right, low), (right, high), (left, high))]
    local = np.stack([np.stack(pair, axis=-1) for pair in corners], axis=-2)  # (block, column, row, corner, 2)
    angle = rng.uniform(0.0, np.pi, n)
    turn = np.stack([np.stack([np.cos(angle), np.sin(angle)], -1), np.stack([-np.sin(angle), np.cos(angle)], -1)], -2)
    centre = shapely.get_coordinates(shapely.centroid(blocks))
    placed = np.einsum("bcrki,bij->bcrkj", local, turn) + centre[:, None, None, None, :]
    block = np.repeat(np.arange(n), _COLUMNS * _ROWS)
    pieces = shapely.intersection(shapely.polygons(placed.reshape(-1, 4, 2)), blocks[block])
    keep = shapely.area(pieces) >= smallest
    return pieces[keep], block[keep]


def blobs(centres: np.ndarray, radii: np.ndarray, rng: np.random.Generator, roughness: float = 0.35) -> np.ndarray:
    """Irregular outlines about centres (n, 2): the radius is a sum of four harmonics of the bearing."""
    bearing = np.linspace(0.0, 2 * np.pi, 72, endpoint=False)
    order = np.arange(1, 5)
    height = rng.normal(0.0, roughness / order, (len(radii), 4))
    phase = rng.uniform(0.0, 2 * np.pi, (len(radii), 4))
    wave = np.einsum("nk,nkt->nt", height, np.cos(order[None, :, None] * bearing + phase[:, :, None]))
    radius = radii[:, None] * np.clip(1.0 + wave, 0.3, 2.0)
    ring = centres[:, None, :] + radius[:, :, None] * np.stack([np.cos(bearing), np.sin(bearing)], -1)
    return shapely.make_valid(shapely.polygons(ring))


def rivers(extent: Extent, rng: np.random.Generator, spacing: float = 5000.0) -> np.ndarray:
    """Meandering rivers from west to east, one per `spacing` metres of height, 40 to 80 m wide."""
    west, south, east, north = extent
    count = max(1, round((north - south) / spacing))
    x = np.arange(west - 100.0, east + 110.0, 10.0)
    lines = []
    for k in range(count):
        middle = south + (north - south) * (k + rng.uniform(0.3, 0.55)) / count
        lengths, phases = rng.uniform((500, 1100, 2600), (900, 1900, 4200)), rng.uniform(0, 2 * np.pi, 3)
        waves = np.sin(2 * np.pi * x[:, None] / lengths + phases) @ np.array([45.0, 110.0, 190.0])
        lines.append(shapely.linestrings(x, middle + waves))
    return shapely.buffer(np.array(lines, dtype=object), rng.uniform(20.0, 40.0, count))


def roads(centres: np.ndarray, rng: np.random.Generator, width: float = 14.0) -> np.ndarray:
    """Bent roads between each village centre (n, 2) and its three nearest ones."""
    if len(centres) < 2:
        return np.array([], dtype=object)
    near = cKDTree(centres).query(centres, k=min(4, len(centres)))[1][:, 1:]
    pairs = np.unique(np.sort(np.stack([np.repeat(np.arange(len(centres)), near.shape[1]), near.ravel()], 1), axis=1), axis=0)
    start, end = centres[pairs[:, 0]], centres[pairs[:, 1]]
    across = (end - start) @ np.array([[0.0, 1.0], [-1.0, 0.0]])
    bend = start + 0.5 * (end - start) + across * rng.uniform(-0.18, 0.18, (len(pairs), 1))
    t = np.linspace(0.0, 1.0, 24)[None, :, None]
    curve = (1 - t) ** 2 * start[:, None] + 2 * t * (1 - t) * bend[:, None] + t**2 * end[:, None]
    return shapely.buffer(shapely.linestrings(curve), width / 2)


def cut(polygons: np.ndarray, extent: Extent, spacing: float, rng: np.random.Generator, smallest: float = 800.0) -> np.ndarray:
    """The union of polygons cut into pieces about `spacing` metres across; scraps under `smallest` m² are left out."""
    if len(polygons) == 0:
        return polygons
    parts = shapely.get_parts(shapely.union_all(polygons))
    pieces = cells(extent, spacing, rng)
    piece, part = shapely.STRtree(parts).query(pieces, predicate="intersects")
    found = shapely.get_parts(shapely.intersection(pieces[piece], parts[part]))
    return found[(shapely.get_type_id(found) == 3) & (shapely.area(found) >= smallest)]


def _edges(widths: np.ndarray) -> np.ndarray:
    """Positions of the cuts between intervals of these widths, centred on zero."""
    ends = np.concatenate([np.zeros((*widths.shape[:-1], 1)), np.cumsum(widths, axis=-1)], axis=-1)
    return ends - ends[..., -1:] / 2
