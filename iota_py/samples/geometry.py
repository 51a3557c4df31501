"""Geometries of reference data made usable: two dimensions, valid, polygons or points; in metres where sizes are asked for."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

KINDS = ("Polygon", "MultiPolygon", "GeometryCollection", "Point", "MultiPoint")
EQUAL_AREA = "EPSG:6933"


def finite(shapes: np.ndarray) -> np.ndarray:
    """True where a geometry is there, not empty, and every coordinate is a number; bool (n,)."""
    there = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    coordinates, index = shapely.get_coordinates(shapes, return_index=True)
    there[index[~np.isfinite(coordinates).all(axis=1)]] = False
    return there


def mended(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Flat valid geometries (n,), empty where nothing usable is left; and which were invalid, bool (n,)."""
    usable = finite(shapes)
    found = np.where(usable, shapes, shapely.Polygon())
    found = shapely.force_2d(found)
    invalid = ~shapely.is_valid(found)
    for row in np.flatnonzero(invalid | (shapely.get_type_id(found) == shapely.GeometryType.GEOMETRYCOLLECTION)):
        found[row] = _union_of_areas(shapely.make_valid(found[row]))
    return found, invalid


def area_parts(geometry: BaseGeometry) -> BaseGeometry:
    """The polygons of a valid geometry, as they are where there is nothing else; an empty polygon where there is none."""
    return geometry if geometry.geom_type in ("Polygon", "MultiPolygon") else _union_of_areas(geometry)


def _union_of_areas(geometry: BaseGeometry) -> BaseGeometry:
    parts = [p for p in shapely.get_parts(geometry) if p.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts) if parts else shapely.Polygon()


def single_points(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Geometries with every point of several points on its own, and the row that each is of."""
    several = shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOINT
    rows = np.repeat(np.arange(len(shapes)), np.where(several, np.maximum(shapely.get_num_geometries(shapes), 1), 1))
    first = np.concatenate([[True], rows[1:] != rows[:-1]]) if len(rows) else np.zeros(0, bool)
    part = np.arange(len(rows)) - np.flatnonzero(first)[np.cumsum(first) - 1] if len(rows) else rows
    split = several[rows] & ~shapely.is_empty(shapes[rows])
    found = shapes[rows].copy()
    found[split] = shapely.get_geometry(shapes[rows][split], part[split])
    return found, rows


def is_point(shapes: np.ndarray) -> np.ndarray:
    """True where a geometry is one point; bool (n,)."""
    return np.asarray(shapely.get_type_id(shapes) == shapely.GeometryType.POINT)


def hectares(shapes: np.ndarray, crs: object) -> np.ndarray:
    """Area of geometries in hectares, float64 (n,); on an equal-area projection where the reference system is in degrees."""
    series = gpd.GeoSeries(shapes, crs=crs)
    if not series.crs.is_projected:
        series = series.to_crs(EQUAL_AREA)
    return series.area.to_numpy() * metres_per_unit(series.crs) ** 2 / 10_000


def metres_per_unit(crs: object) -> float:
    """Length of the unit of a projected reference system, in metres."""
    return float(gpd.GeoSeries([], crs=crs).crs.axis_info[0].unit_conversion_factor)


def region_of(shapes: np.ndarray, regions: gpd.GeoDataFrame | None) -> np.ndarray:
    """Region index of each geometry: where a polygon has most of its area (the first of equals), the first that holds a point; 0 outside all.

    regions: geometry and `region` (index from 1) in the reference system of the shapes, or None for one region everywhere.
    """
    if regions is None:
        return np.ones(len(shapes), int)
    outlines = regions.geometry.to_numpy()
    shapely.prepare(outlines)
    i, j = shapely.STRtree(outlines).query(shapes, predicate="intersects")
    whole = shapely.covers(outlines[j], shapes[i])
    share = np.where(is_point(shapes[i]), 1.0, shapely.area(shapes[i]))
    share[~whole] = shapely.area(shapely.intersection(shapes[i][~whole], outlines[j][~whole]))
    order = np.lexsort((j, -share, i))
    order = order[share[order] > 0]
    found = np.zeros(len(shapes), int)
    first = np.unique(i[order], return_index=True)[1]
    found[i[order][first]] = regions.region.to_numpy()[j[order][first]]
    return found
