"""The grid of the map, and what is wrong with the one that is asked for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.config.schema import Grid
from iota_py.errors import ConfigError
from iota_py.pipeline.map_grid import map_grid

WEST = GeoBox((10_980, 10_980), Affine(10, 0, 600_000, 0, -10, 4_900_020), "EPSG:32631")
EAST = GeoBox((10_980, 10_980), Affine(10, 0, 300_000, 0, -10, 4_900_020), "EPSG:32632")


def wish(**keys: Any) -> Any:
    return SimpleNamespace(grid=Grid(**keys))


def test_one_zone_needs_no_wish() -> None:
    south = GeoBox((10_980, 10_980), Affine(10, 0, 600_000, 0, -10, 4_800_000), "EPSG:32631")
    grid, one_lattice = map_grid(wish(), {"31TEJ": WEST, "31TEH": south})
    assert one_lattice
    assert grid.shape == (20_982, 10_980)


def test_two_zones_in_lambert_93() -> None:
    grid, one_lattice = map_grid(wish(crs="EPSG:2154", resolution=10), {"31TEJ": WEST, "32TLP": EAST})
    assert not one_lattice
    assert str(grid.crs) == "EPSG:2154"
    assert grid.transform.a == 10
    assert grid.transform.c % 10 == 0
    assert grid.transform.f % 10 == 0
    for tile in (WEST, EAST):
        box, outer = tile.extent.to_crs("EPSG:2154").boundingbox, grid.boundingbox
        assert outer.left <= box.left
        assert outer.right >= box.right
        assert outer.bottom <= box.bottom
        assert outer.top >= box.top


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ({}, "E-CFG-015 config: grid: tiles 31TEJ and 32TLP do not share a grid: the map needs one of its own. Fix: set grid.crs and grid.resolution"),
        ({"crs": "EPSG:2154"}, "E-CFG-015 config: grid.resolution: a map in another CRS than the tiles needs a pixel size"),
        (
            {"crs": "EPSG:999999", "resolution": 10},
            "E-MOS-001 config: grid.crs: `EPSG:999999` is no coordinate reference system. Fix: write it as EPSG:2154",
        ),
        (
            {"crs": "EPSG:4326", "resolution": 10},
            "E-MOS-003 config: grid.resolution: pixels of 10 degree would make a map of 0.101 × 0.366 pixels. "
            "Fix: give the size of a pixel in units of the CRS (degree)",
        ),
        (
            {"crs": "EPSG:2154", "resolution": 0.0001},
            "E-MOS-003 config: grid.resolution: pixels of 0.0001 metre would make a map of 1.21e+09 × 2.97e+09 pixels. "
            "Fix: give the size of a pixel in units of the CRS (metre)",
        ),
    ],
)  # fmt: skip
def test_faults(keys: dict[str, Any], line: str) -> None:
    with pytest.raises(ConfigError) as error:
        map_grid(wish(**keys), {"31TEJ": WEST, "32TLP": EAST})
    assert error.value.faults[0].line() == line


def test_a_tile_that_the_system_cannot_show() -> None:
    """The gnomonic projection of the north has no place for the south."""
    pole = GeoBox((100, 100), Affine(1000, 0, -50_000, 0, -1000, 50_000), "EPSG:3031")
    with pytest.raises(ConfigError, match=r"E-MOS-002 config: grid.crs: \+proj=gnom .* cannot show the tile pole"):
        map_grid(wish(crs="+proj=gnom +lat_0=90 +datum=WGS84 +type=crs", resolution=1000), {"pole": pole})
