"""Pixels of the reference polygons on the grid of a tile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from odc.geo.geobox import GeoBox

from iota_py.io.raster import burn
from iota_py.samples.geometry import is_point

CONFLICT = "pixel in polygons of different classes"
COLUMNS = {
    "polygon": "int32", "code": "int16", "region": "int32", "row": "int32", "col": "int32", "x": "float64", "y": "float64", "validity": "uint8",
}  # fmt: skip


@dataclass(frozen=True)
class BurntPolygons:
    """Polygons on a grid. polygon: int32 (row, col), number in the run + 1, 0 outside; code: int16; conflict: bool."""

    polygon: np.ndarray
    code: np.ndarray
    conflict: np.ndarray


def burn_polygons(polygons: gpd.GeoDataFrame, geobox: GeoBox) -> BurntPolygons:
    """A pixel belongs to the polygon that contains its centre; of several of one class to the first; of several classes to none.

    polygons: `polygon`, `code`, geometry, and `priority` where sources were merged. A point counts as a polygon around the pixel that
    contains it. Where priorities differ, the higher settles the pixel, even when its own classes are in conflict there.
    """
    found = BurntPolygons(np.zeros(geobox.shape, np.int32), np.zeros(geobox.shape, np.int16), np.zeros(geobox.shape, bool))
    levels = polygons.priority if "priority" in polygons else pd.Series(0, polygons.index)
    for level in sorted(levels.unique()):  # each over those below it
        one = _burn_level(polygons[levels == level], geobox)
        here = (one.polygon > 0) | one.conflict
        found = BurntPolygons(
            np.where(here, one.polygon, found.polygon), np.where(here, one.code, found.code), np.where(here, one.conflict, found.conflict)
        )
    return found


def _burn_level(polygons: gpd.GeoDataFrame, geobox: GeoBox) -> BurntPolygons:
    """Polygons and points of one priority."""
    point = is_point(polygons.geometry.to_numpy())
    areas, points = polygons[~point], polygons[point]
    first = areas.sort_values("polygon", ascending=False)
    by_code = areas.sort_values("code")
    polygon = burn(zip(first.geometry, first.polygon + 1), geobox)
    high = burn(zip(by_code.geometry, by_code.code), geobox)
    low = burn(zip(by_code.geometry[::-1], by_code.code[::-1]), geobox)
    rows, cols = pixels_of(points, geobox)
    inside = (rows >= 0) & (rows < geobox.shape[0]) & (cols >= 0) & (cols < geobox.shape[1])
    if inside.any():
        place = rows[inside], cols[inside]
        code = points.code.to_numpy(np.int32)[inside]
        np.maximum.at(high, place, code)
        _lowest(low, place, code)
        _lowest(polygon, place, points.polygon.to_numpy(np.int32)[inside] + 1)
    conflict = high != low
    return BurntPolygons(np.where(conflict, 0, polygon), np.where(conflict, 0, high).astype(np.int16), conflict)


def _lowest(values: np.ndarray, place: tuple[np.ndarray, np.ndarray], others: np.ndarray) -> None:
    """The lower of what is there (0: nothing) and others, in place."""
    values[values == 0] = np.iinfo(np.int32).max
    np.minimum.at(values, place, others)
    values[values == np.iinfo(np.int32).max] = 0


def pixels_of(points: gpd.GeoDataFrame, geobox: GeoBox) -> tuple[np.ndarray, np.ndarray]:
    """Row and column (int64) of the pixel that contains each point, maybe outside; one on an edge is of the pixel to the right or below.

    A millionth of a pixel is nothing: a point on an edge is in the same pixel whichever window is looked at.
    """
    t, x, y = geobox.transform, shapely.get_x(points.geometry.to_numpy()), shapely.get_y(points.geometry.to_numpy())
    rows, cols = np.round((y - t.f) / t.e, 6), np.round((x - t.c) / t.a, 6)
    return np.floor(rows).astype(np.int64), np.floor(cols).astype(np.int64)


def burn_regions(regions: gpd.GeoDataFrame | None, geobox: GeoBox) -> np.ndarray:
    """Region index of each pixel, int32 (row, col), 0 outside all; 1 everywhere without regions."""
    if regions is None:
        return np.ones(geobox.shape, np.int32)
    return burn(zip(regions.geometry, regions.region), geobox)


def candidates(
    burnt: BurntPolygons, region: np.ndarray, owned: np.ndarray, geobox: GeoBox, origin: tuple[int, int], validity: Callable[[], np.ndarray]
) -> pd.DataFrame:
    """Pixels of a window that polygons cover, the tile owns and a region contains; those in conflict have polygon -1 and code 0.

    geobox, region, owned: of the window; origin: (row, col) of the window in the tile. validity: called only when there is a pixel,
    gives the number of usable observations uint8 (row, col). Columns and types as in COLUMNS.
    """
    inside = ((burnt.polygon > 0) | burnt.conflict) & owned & (region > 0)
    rows, cols = np.nonzero(inside)
    t = geobox.transform
    values = {
        "polygon": burnt.polygon[inside] - 1,
        "code": burnt.code[inside],
        "region": region[inside],
        "row": rows + origin[0],
        "col": cols + origin[1],
        "x": t.c + (cols + 0.5) * t.a,
        "y": t.f + (rows + 0.5) * t.e,
        "validity": validity()[inside] if len(rows) else [],
    }
    return pd.DataFrame(values).astype(COLUMNS)


def candidates_frame() -> pd.DataFrame:
    """No candidates, with the columns and types of candidates."""
    return pd.DataFrame({name: [] for name in COLUMNS}).astype(COLUMNS)
