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
    step: metres from pixel to pixel, across and down. A pixel is NaN where its own height is; a neighbour without height is put on the
    plane of the others (an elevation that is cut with the tile has slopes up to its edge). Aspect is the bearing,
    clockwise from north, of the steepest way down, so the two are the horizontal parts of the unit vector that stands on the ground:
    positive where it faces north, or east, and 0 where it is flat. The gradient is the weighted mean of three differences on either side
    (Horn 1981, Hill shading and the reflectance map, Proceedings of the IEEE 69:14-47).
    """
    z = np.asarray(heights, np.float64)
    centre, near = z[1:-1, 1:-1], _neighbours(z)
    across = (near["ne"] - near["nw"]) + 2 * (near["e"] - near["w"]) + (near["se"] - near["sw"])
    down = (near["nw"] - near["sw"]) + 2 * (near["n"] - near["s"]) + (near["ne"] - near["se"])
    return np.where(np.isnan(centre), np.nan, _LAWS[law](across / (8 * step[0]), down / (8 * step[1])))


_PLACES = {"nw": (0, 0), "n": (0, 1), "ne": (0, 2), "w": (1, 0), "e": (1, 2), "sw": (2, 0), "s": (2, 1), "se": (2, 2)}
_OPPOSITE = {"n": "s", "s": "n", "w": "e", "e": "w", "nw": "se", "se": "nw", "ne": "sw", "sw": "ne"}


def _neighbours(z: np.ndarray) -> dict[str, np.ndarray]:
    """The eight neighbours of each pixel but the outermost, float64 (row, col).

    One that is missing is put as far from the centre as its opposite is on the other side; where both are missing, a corner is put on the
    plane of the centre and the sides next to it, and a side at the height of the centre.
    """
    height, width = z.shape[0] - 2, z.shape[1] - 2
    centre = z[1:-1, 1:-1]
    seen = {name: z[row : row + height, col : col + width] for name, (row, col) in _PLACES.items()}
    if not np.isnan(z).any():
        return seen
    near = {name: np.where(np.isnan(seen[name]), 2 * centre - seen[other], seen[name]) for name, other in _OPPOSITE.items()}
    for side in ("n", "s", "w", "e"):
        near[side] = np.where(np.isnan(near[side]), centre, near[side])
    for corner in ("nw", "ne", "sw", "se"):
        near[corner] = np.where(np.isnan(near[corner]), near[corner[0]] + near[corner[1]] - centre, near[corner])
    return near


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
