"""The part of the polygons that lies in a zone."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely


def clip(polygons: np.ndarray, zone: Any) -> tuple[np.ndarray, np.ndarray]:
    """Polygons, object (n,), cut along the zone, and which of the given ones each is a part of, int64 (n,), ascending.

    Where two polygons share a side, so do their parts; where two zones share a border, so do the parts on both sides of it.
    """
    shapely.prepare(zone)
    near = np.flatnonzero(shapely.intersects(zone, polygons))
    crossed = near[~shapely.contains_properly(zone, polygons[near])]  # those that the border only touches take its vertices too
    out = polygons.copy()
    out[crossed] = shapely.intersection(out[crossed], zone)
    parts, owner = shapely.get_parts(out[near], return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)  # parts of a collection may have parts
    solid = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & (shapely.area(parts) > 0)
    return parts[solid], near[owner[inner[solid]]]
