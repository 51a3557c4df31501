"""A class that becomes another one inside or outside of polygons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from odc.geo.geobox import GeoBox
from shapely.geometry import box

from iota_py.grid.windows import Window
from iota_py.io.raster import burn


@dataclass(frozen=True)
class ClassChange:
    """Pixels of `source` become `to` where their centre is in one of the polygons, or in none where `inside` is False. polygons: in the
    CRS of the map."""

    polygons: gpd.GeoDataFrame
    source: int
    to: int
    inside: bool


def change_classes(
    blocks: Iterable[tuple[Window, np.ndarray]], grid: GeoBox, changes: Iterable[ClassChange]
) -> Iterator[tuple[Window, np.ndarray]]:
    """The blocks of a class raster on this grid with the changes made, one after the other."""
    changes = list(changes)
    for window, values in blocks:
        changed = values.copy()
        for change in changes:
            here = changed == change.source
            if here.any():
                changed[here & (_within(change.polygons, window.of(grid)) == change.inside)] = change.to
        yield window, changed


def _within(polygons: gpd.GeoDataFrame, grid: GeoBox) -> np.ndarray:
    """Pixels whose centre is in a polygon; bool (row, col)."""
    near = polygons.geometry.iloc[np.sort(polygons.sindex.query(box(*grid.boundingbox)))]
    return burn(((geometry, 1) for geometry in near), grid, "uint8") > 0
