import math

import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.grid.area import pixel_hectares


def grid(crs: str | None, width: float, height: float) -> GeoBox:
    return GeoBox((4, 5), Affine(width, 0, 0, 0, -height, 0), crs)


@pytest.mark.parametrize(
    ("crs", "size", "hectares"),
    [("EPSG:2154", (10, 10), 0.01), ("EPSG:32631", (20, 10), 0.02), ("EPSG:2263", (100, 100), 1e4 * (1200 / 3937) ** 2 / 1e4)],
)
def test_hectares_by_hand(crs, size, hectares):
    """EPSG:2263 is in feet of 1200/3937 metres."""
    assert pixel_hectares(grid(crs, *size)) == pytest.approx(hectares)


@pytest.mark.parametrize("crs", ["EPSG:4326", None])
def test_no_area_in_degrees(crs):
    assert math.isnan(pixel_hectares(grid(crs, 0.001, 0.001)))
