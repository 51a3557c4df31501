"""Ground that a pixel covers."""

from __future__ import annotations

import math

from odc.geo.geobox import GeoBox

SQUARE_METRES_PER_HECTARE = 10_000.0


def pixel_hectares(grid: GeoBox) -> float:
    """Hectares of a pixel, in the projection of the grid; NaN where it has none or is in degrees, where pixels differ."""
    if grid.crs is None:
        return math.nan
    axes = grid.crs.proj.axis_info[:2]
    if not grid.crs.proj.is_projected or len(axes) < 2:
        return math.nan
    metres = [float(axis.unit_conversion_factor) for axis in axes]
    return abs(grid.transform.a * grid.transform.e) * metres[0] * metres[1] / SQUARE_METRES_PER_HECTARE
