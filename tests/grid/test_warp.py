import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.grid import warp
from iota_py.grid.lattice import pixel_positions, transformed_positions
from iota_py.grid.warp import EXACT, window_positions

UTM31, UTM32, LAMBERT = "EPSG:32631", "EPSG:32632", "EPSG:2154"


def box(rows: int, cols: int, left: float, top: float, crs: str, step: float = 10.0) -> GeoBox:
    return GeoBox((rows, cols), Affine(step, 0, left, 0, -step, top), crs)


@pytest.mark.parametrize(("rows", "cols"), [(1024, 1024), (37, 1024), (1024, 1), (300, 2000)])
@pytest.mark.parametrize("crs", [UTM31, UTM32])
def test_a_polynomial_is_as_exact_as_every_pixel_on_its_own(rows, cols, crs):
    target, source = box(rows, cols, 940000, 6500000, LAMBERT), box(10980, 10980, 300000, 5100000, crs)
    for found, exact in zip(window_positions(target, source), pixel_positions(target, source), strict=True):
        assert found.shape == (rows, cols)
        assert np.abs(found - exact).max() < EXACT


def test_few_points_are_transformed(monkeypatch):
    asked = []
    monkeypatch.setattr(
        warp, "transformed_positions", lambda *grids: asked.append(len(grids[2]) * len(grids[3])) or transformed_positions(*grids)
    )
    window_positions(box(1024, 1024, 940000, 6500000, LAMBERT), box(10980, 10980, 300000, 5100000, UTM32))
    assert asked == [81, 64]


def test_where_no_polynomial_follows_every_pixel_is_transformed():
    """Pixels of 80 km: the window is as wide as a continent, and reaches places that the zone cannot show."""
    target, source = box(64, 64, -6_000_000, 9_000_000, LAMBERT, 80_000), box(100, 100, 300000, 5100000, UTM32)
    for found, exact in zip(window_positions(target, source), pixel_positions(target, source), strict=True):
        assert np.array_equal(found, exact)


def test_one_system_is_two_vectors():
    rows, cols = window_positions(box(1000, 900, 300, 700, UTM31), box(10, 10, 0, 0, UTM31))
    assert (rows.shape, cols.shape) == ((1000, 1), (1, 900))
