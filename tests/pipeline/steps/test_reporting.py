"""What the report says of the grid."""

from __future__ import annotations

import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.pipeline.steps.reporting import pixel_size


@pytest.mark.parametrize(
    ("width", "height", "crs", "text"),
    [
        (10, 10, "EPSG:32631", "10 m"),
        (9.99479222007154, 9.997448467363668, "EPSG:32633", "9.99479 × 9.99745 m"),
        (0.0001, 0.0001, "EPSG:4326", "0.0001 °"),
    ],
)
def test_pixels_that_are_not_square_have_two_sizes(width: float, height: float, crs: str, text: str):
    assert pixel_size(GeoBox((4, 5), Affine(width, 0, 0, 0, -height, 0), crs)) == text
