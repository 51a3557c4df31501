"""Made-up départements, by which the map of polygons is cut: borders that wiggle across tiles, three that meet, and one with an enclave."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from odc.geo.geobox import GeoBox

from iota_py.io.vectors import write_geojson
from iota_py.simulation.noise import stream

MARGIN = 2000.0  # metres by which zones reach beyond the grid
NAMES = {"96": "Ouest", "97": "Est", "98": "Sud"}  # codes that no département of metropolitan France has
_POINTS = 240  # of a border


def zones(geobox: GeoBox, seed: int) -> gpd.GeoDataFrame:
    """Départements that cover more than a grid in metres, in its CRS; columns `code` and `name` (texts). Neighbours share every vertex.

    96 and 97 share a border that runs from north to south, 98 lies south of both. 96 has a second row: a part of its own inside 97.
    """
    rng = stream(seed, "zones")
    box = geobox.boundingbox
    west, south, east, north = box.left - MARGIN, box.bottom - MARGIN, box.right + MARGIN, box.top + MARGIN
    width, height = box.right - box.left, box.top - box.bottom
    y, x = np.linspace(south - 1.0, north + 1.0, _POINTS), np.linspace(west - 1.0, east + 1.0, _POINTS)
    middle = np.stack([box.left + 0.44 * width + 0.25 * (y - box.bottom) + _wiggle(y, 0.03 * width, rng), y], 1)
    lower = np.stack([x, box.bottom + 0.28 * height + 0.05 * (x - box.left) + _wiggle(x, 0.05 * height, rng)], 1)
    enclave = _blob(box.left + 0.8 * width, box.bottom + 0.7 * height, 0.13 * height, rng)
    below = shapely.polygons(np.concatenate([lower, [[east + 1.0, south - 1.0], [west - 1.0, south - 1.0]]]))
    left = shapely.polygons(np.concatenate([middle, [[west - 1.0, north + 1.0], [west - 1.0, south - 1.0]]]))
    lines = [shapely.box(west, south, east, north).boundary, *shapely.linestrings([middle, lower]), enclave.boundary]
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all(lines)]))
    inside = shapely.point_on_surface(faces)
    southern, western = shapely.contains(below, inside), shapely.contains(left, inside)
    own, eastern = shapely.contains(enclave, inside), ~southern & ~western
    rows = [("96", western & ~southern), ("96", eastern & own), ("97", eastern & ~own), ("98", southern)]
    columns = {"code": [code for code, _ in rows], "name": [NAMES[code] for code, _ in rows]}
    return gpd.GeoDataFrame(columns, geometry=[shapely.union_all(faces[here]) for _, here in rows], crs=geobox.crs.to_wkt())


def write_zones(path: str | Path, geobox: GeoBox, seed: int) -> None:
    """Write the zones as GeoJSON, in longitude and latitude: another projection than that of the map, and a tenth of a GeoPackage."""
    write_geojson(path, zones(geobox, seed))


def _wiggle(place: np.ndarray, size: float, rng: np.random.Generator) -> np.ndarray:
    """Metres by which a border leaves its straight line, at places along it."""
    lengths, phases = rng.uniform((500.0, 1400.0), (800.0, 2200.0)), rng.uniform(0, 2 * np.pi, 2)
    return np.sin(2 * np.pi * place[:, None] / lengths + phases) @ np.array([0.4, 1.0]) * size


def _blob(x: float, y: float, radius: float, rng: np.random.Generator) -> shapely.Polygon:
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    phases = rng.uniform(0, 2 * np.pi, 3)
    far = radius * (1 + np.sin(angle[:, None] * np.array([2, 3, 5]) + phases) @ np.array([0.2, 0.12, 0.05]))
    return shapely.polygons(np.stack([x + far * np.cos(angle), y + far * np.sin(angle)], 1))
