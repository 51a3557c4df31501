"""Pixels of the reference polygons on the grid of a tile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from odc.geo.geobox import GeoBox

from iota_py.io.raster import burn

CONFLICT = "pixel in polygons of different classes"
COLUMNS = {
    "polygon": "int32", "code": "int16", "region": "int32", "row": "int32", "col": "int32", "x": "float64", "y": "float64", "validity": "uint8",
}  # fmt: skip


@dataclass(frozen=True)
class BurntPolygons:
    """Polygons on a grid. polygon: int32 (row, col), row number + 1 of the source, 0 outside; code: int16; conflict: bool."""

    polygon: np.ndarray
    code: np.ndarray
    conflict: np.ndarray


def burn_polygons(polygons: gpd.GeoDataFrame, geobox: GeoBox) -> BurntPolygons:
    """A pixel belongs to the polygon that contains its centre; of several of one class to the first; of several classes to none."""
    if polygons.empty:
        empty = np.zeros(geobox.shape, np.int32)
        return BurntPolygons(empty, empty.astype(np.int16), empty.astype(bool))
    first = polygons.sort_values("polygon", ascending=False)
    polygon = burn(zip(first.geometry, first.polygon + 1), geobox)
    by_code = polygons.sort_values("code")
    high = burn(zip(by_code.geometry, by_code.code), geobox)
    low = burn(zip(by_code.geometry[::-1], by_code.code[::-1]), geobox)
    conflict = high != low
    return BurntPolygons(np.where(conflict, 0, polygon), np.where(conflict, 0, high).astype(np.int16), conflict)


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
