"""A small scene and a few deliveries of it, shared by the tests of this folder."""

from datetime import date

import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.simulation.acquisitions import Delivery, Tile, overflight
from iota_py.simulation.scene import Scene, make_scene

GRID = GeoBox((64, 80), Affine(10, 0, 402600, 0, -10, 4840000), "EPSG:32631")


@pytest.fixture(scope="session")
def scene() -> Scene:
    return make_scene(GRID, 3)


@pytest.fixture(scope="session")
def tile() -> Tile:
    return Tile("T31TCJ", GRID[:64, :64])


@pytest.fixture(scope="session")
def cloudy(tile) -> Delivery:
    return Delivery(tile, overflight(date(2023, 7, 4), cloud=0.3, cirrus=0.3))
