"""The shape of the ground from its elevation: slope, and the way it faces as two numbers without a jump at north."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from odc.geo.geobox import GeoBox

from iota_py.errors import Fault, InputError

# law -> stored number per unit: hundredths of a degree, ten-thousandths
TERRAIN: Mapping[str, float] = {"slope": 100.0, "northness": 10_000.0, "eastness": 10_000.0}


def terrain(law: str, heights: np.ndarray, step: tuple[float, float]) -> np.ndarray:
    """Slope in degrees (0–90), northness = cos(aspect)·sin(slope) or eastness = sin(aspect)·sin(slope) (−1–1), float64 (row, col).

    heights: float (row + 2, col + 2), metres, rows from north to south, NaN where unknown: one pixel more on each side than the result.
    step: metres from pixel to pixel, across and down. A pixel is NaN where it or one of its eight neighbours is. Aspect is the bearing,
    clockwise from north, of the steepest way down, so the two are the horizontal parts of the unit vector that stands on the ground:
    positive where it faces north, or east, and 0 where it is flat. The gradient is the weighted mean of three differences on either side
    (Horn 1981, Hill shading and the reflectance map, Proceedings of the IEEE 69:14-47).
    """
    z = np.asarray(heights, np.float64)
    left, right = z[:, :-2], z[:, 2:]
    upper, lower = z[:-2], z[2:]
    across, down = right - left, upper - lower
    to_east = (across[:-2] + 2 * across[1:-1] + across[2:]) / (8 * step[0])
    to_north = (down[:, :-2] + 2 * down[:, 1:-1] + down[:, 2:]) / (8 * step[1])
    return np.where(np.isnan(z[1:-1, 1:-1]), np.nan, _LAWS[law](to_east, to_north))


_LAWS: Mapping[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "slope": lambda to_east, to_north: np.degrees(np.arctan(np.hypot(to_east, to_north))),
    "northness": lambda to_east, to_north: -to_north / np.sqrt(1 + to_east**2 + to_north**2),
    "eastness": lambda to_east, to_north: -to_east / np.sqrt(1 + to_east**2 + to_north**2),
}


def metres(grid: GeoBox) -> tuple[float, float]:
    """Width and height of a pixel in metres. Raises InputError where the grid is in degrees: a degree has no one length."""
    crs = grid.crs
    if crs is None or not crs.projected:
        text = f"slope needs a grid in metres, the tiles are in {crs or 'no coordinate reference system'}"
        raise InputError(
            Fault("E-PRD-062", "raster", "terrain", text, "leave `terrain` out, or let the first input be on a projected grid")
        )
    unit = float(crs.proj.axis_info[0].unit_conversion_factor)
    return abs(grid.transform.a) * unit, abs(grid.transform.e) * unit
