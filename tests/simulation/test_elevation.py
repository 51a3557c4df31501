from dataclasses import replace

import numpy as np
import pytest
from odc.geo.geobox import GeoBox
from scipy import ndimage

from iota_py.grid.windows import whole
from iota_py.io.raster import burn, read_header, read_window
from iota_py.products.discovery import discover
from iota_py.products.family import load_family
from iota_py.products.reader import read_cube
from iota_py.products.source import Choice, Interval, Source
from iota_py.simulation.demo import EAST_TILE, UNION, WEST_TILE
from iota_py.simulation.elevation import MARGIN, elevation, elevation_grid, write_elevation
from iota_py.simulation.landscape import make_landscape
from iota_py.simulation.phenology import KIND_INDEX


@pytest.fixture(scope="module")
def wide():
    return make_landscape(UNION, 1)


@pytest.fixture(scope="module")
def ground(wide):
    grid = elevation_grid(wide)
    return grid, elevation(wide, grid, 1)


def water_of(landscape, grid) -> np.ndarray:
    return burn([(shape, 1) for shape in landscape.outline[landscape.kind == KIND_INDEX["water"]]], grid, "uint8") == 1


@pytest.mark.parametrize("step", [10.0, 25.0, 30.0, 90.0])
def test_the_grid_covers_the_landscape_and_a_margin(wide, step):
    grid, box = elevation_grid(wide, step), UNION.boundingbox
    own = grid.boundingbox
    assert grid.crs == UNION.crs
    assert (grid.transform.a, grid.transform.e) == (step, -step)
    for beyond in (box.left - own.left, own.right - box.right, box.bottom - own.bottom, own.top - box.top):
        assert MARGIN <= beyond < MARGIN + 2 * step
    assert own.left % step == own.top % step == 0


def test_equal_seeds_give_equal_ground(wide, ground):
    grid, values = ground
    assert values.dtype == np.float32
    assert values.tobytes() == elevation(wide, grid, 1).tobytes()
    assert not np.array_equal(values, elevation(wide, grid, 2))
    assert np.isfinite(values).all()
    assert 130 < values.min() < values.max() < 500


def test_water_lies_lower_than_the_land_beside_it(wide, ground):
    grid, values = ground
    water = water_of(wide, grid)
    assert 0.01 < water.mean() < 0.2
    level = np.where(water, values, np.nan)
    assert np.nanmax(level, axis=0) - np.nanmin(level, axis=0) == pytest.approx(0, abs=1e-3)  # one level from north to south
    beside = ndimage.binary_dilation(water, iterations=3) & ~water
    lowest = ndimage.minimum_filter(values, 7)
    assert (lowest[beside] < values[beside]).all()
    assert np.nanmean(level[:, :10]) > np.nanmean(level[:, -10:])  # it flows to the east


def test_hills_are_higher_and_steeper_than_the_plain(wide, ground):
    grid, values = ground
    hills = burn([(wide.regions[2], 1)], grid, "uint8") == 1
    slope = np.hypot(*np.gradient(values, 30))
    assert values[hills].mean() > values[~hills].mean() + 20
    assert slope[hills].mean() > 2 * slope[~hills].mean()
    assert np.degrees(np.arctan(slope.max())) < 45


def test_a_landscape_without_water(wide):
    dry = replace(wide, kind=np.where(wide.kind == KIND_INDEX["water"], KIND_INDEX["meadow"], wide.kind))
    grid = GeoBox((20, 20), elevation_grid(wide).transform, UNION.crs)
    assert np.isfinite(elevation(dry, grid, 1)).all()


def test_the_file_is_the_relief_of_both_tiles(wide, ground, tmp_path):
    path = tmp_path / "elevation.tif"
    write_elevation(path, wide, 1)
    header = read_header(str(path))
    assert (header.geobox, header.dtype, header.nodata) == (ground[0], "float32", -9999)
    assert np.array_equal(read_window(str(path)), ground[1])
    bands = ("elevation", "slope", "northness", "eastness")
    files = {"bands": {"elevation": 1}, "scale": 10.0, "nodata": None, "minimum": None, "maximum": None, "terrain": bands[1:]}
    source = Source("relief", path, load_family("raster"), Choice(bands), resampling="bilinear", options={"raster": files})
    frames = {"31TCJ": WEST_TILE.geobox, "31TDJ": EAST_TILE.geobox}
    west, east = (read_cube(series, whole((240, 240))) for series in discover(source, Interval(), None, frames).values())
    assert west.valid.all()
    assert east.valid.all()
    assert np.array_equal(west.values[..., 200:], east.values[..., :40])  # where they overlap
    water = water_of(wide, WEST_TILE.geobox) & ndimage.binary_erosion(water_of(wide, WEST_TILE.geobox), iterations=4)
    assert west.values[0, 1][water].max() < 200  # 2 degrees: water is level
