"""A class that becomes another one on one side of an outline."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox
from shapely.geometry import box

from iota_py.grid.windows import split
from iota_py.mapping.regularisation.recode import ClassChange, change_classes

GRID = GeoBox((3, 4), Affine(10, 0, 400_000, 0, -10, 4_800_030), "EPSG:32631")
WATER = np.array([[9, 9, 9, 9], [1, 9, 9, 1], [0, 9, 9, 9]], np.uint8)
# Two polygons: the first two columns but for the last row (centres at 5 and 15 m), and a corner that holds no centre.
LAND = gpd.GeoDataFrame(geometry=[box(400_000, 4_800_010, 400_016, 4_800_030), box(400_036, 4_800_000, 400_040, 4_800_004)], crs=GRID.crs)


def changed(side: int, *changes: ClassChange) -> list[list[int]]:
    out = np.zeros(GRID.shape, np.uint8)
    windows = split(GRID.shape, (side, side))
    for window, values in change_classes([(w, WATER[w.slices]) for w in windows], GRID, changes):
        out[window.slices] = values
    return out.tolist()


@pytest.mark.parametrize("side", [1, 2, 3, 9])
def test_water_inside_and_outside(side: int) -> None:
    assert changed(side, ClassChange(LAND, 9, 5, True)) == [[5, 5, 9, 9], [1, 5, 9, 1], [0, 9, 9, 9]]
    assert changed(side, ClassChange(LAND, 9, 0, False)) == [[9, 9, 0, 0], [1, 9, 0, 1], [0, 0, 0, 0]]


def test_changes_follow_each_other() -> None:
    twice = [ClassChange(LAND, 9, 5, True), ClassChange(LAND, 5, 7, True)]
    assert changed(9, *twice) == [[7, 7, 9, 9], [1, 7, 9, 1], [0, 9, 9, 9]]


def test_without_changes_the_blocks_pass() -> None:
    assert changed(2) == WATER.tolist()
