"""Where a delivered file lies, in degrees: GeoJSON geometry and bounding box."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import shapely
from pyproj import CRS, Transformer
from shapely.geometry import box, mapping
from shapely.ops import transform

_DECIMALS = 7  # about a centimetre: enough, and the same from every version of PROJ
_EDGE_POINTS = 16  # on each side of a rectangle, whose sides are curves in degrees


def footprint(bounds: tuple[float, float, float, float], crs: str) -> dict[str, Any]:
    """GeoJSON polygon, WGS 84, of a rectangle (left, bottom, right, top) in a CRS (any text that PROJ knows)."""
    to_degrees = Transformer.from_crs(CRS.from_user_input(crs), "EPSG:4326", always_xy=True).transform
    outline = box(*bounds)
    side = max(bounds[2] - bounds[0], bounds[3] - bounds[1])
    outline = outline if CRS.from_user_input(crs).is_geographic else shapely.segmentize(outline, side / _EDGE_POINTS)
    found = shapely.set_precision(transform(to_degrees, outline), 10**-_DECIMALS, mode="pointwise")
    return _rounded(mapping(found))


def bounding_box(geometry: dict[str, Any]) -> list[float]:
    """West, south, east and north of a geometry."""
    return [round(float(v), _DECIMALS) for v in shapely.geometry.shape(geometry).bounds]


def union_box(boxes: Iterable[list[float]]) -> list[float]:
    """The smallest box around several."""
    west, south, east, north = zip(*boxes)
    return [min(west), min(south), max(east), max(north)]


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return round(value, _DECIMALS) if isinstance(value, float) else value
