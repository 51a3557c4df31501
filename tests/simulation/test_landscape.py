import numpy as np
import pytest
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.io.raster import burn
from iota_py.simulation.demo import UNION
from iota_py.simulation.landscape import make_landscape, make_regions
from iota_py.simulation.phenology import CODES

from .conftest import GRID


@pytest.fixture(scope="module")
def wide():
    return make_landscape(UNION, 1)


def test_equal_seeds_give_equal_landscapes(scene):
    again, other = make_landscape(GRID, 3), make_landscape(GRID, 4)
    assert np.array_equal(again.field, scene.landscape.field)
    assert np.array_equal(again.truth, scene.landscape.truth)
    assert np.array_equal(again.region, scene.landscape.region)
    assert not np.array_equal(other.truth, again.truth)


def test_every_pixel_has_a_field_a_class_and_a_region(scene):
    landscape = scene.landscape
    assert landscape.field.shape == landscape.region.shape == landscape.truth.shape == (64, 80)
    assert landscape.field.min() >= 1
    assert landscape.truth.dtype == np.uint8
    assert set(np.unique(landscape.truth)) <= set(CODES)
    assert set(np.unique(landscape.region)) <= {1, 2}


def test_both_regions_hold_every_class(wide):
    for region in (1, 2):
        codes, counts = np.unique(wide.truth[wide.region == region], return_counts=True)
        assert tuple(codes) == CODES
        assert counts.min() > 500


def test_the_border_of_the_regions_crosses_both_halves_and_is_not_straight(wide):
    share = (wide.region == 1).mean(axis=0)
    assert share[:200].max() - share[:200].min() > 0.1
    assert 0.3 < (wide.region == 1).mean() < 0.7
    assert np.abs(np.diff(share, 2)).max() > 0


def test_regions_cover_more_than_the_grid_without_overlap():
    regions = make_regions(GRID, 1)
    box = GRID.boundingbox
    around = shapely.box(box.left - 2000, box.bottom - 2000, box.right + 2000, box.top + 2000)
    assert shapely.union_all(list(regions.values())).buffer(0.01).contains(around)
    assert regions[1].intersection(regions[2]).area == pytest.approx(0.0, abs=1.0)


def test_visible_outlines_are_what_the_raster_shows(scene):
    landscape = scene.landscape
    present = np.unique(landscape.field) - 1
    shown = landscape.visible(present)
    again = burn(zip(shown, present.astype(int) + 1, strict=True), landscape.geobox)
    burnt = again > 0
    assert burnt.mean() > 0.95
    assert np.array_equal(again[burnt], landscape.field[burnt])


def test_a_window_is_found_by_its_place():
    landscape = make_landscape(GRID, 3)
    part = landscape.window(GRID[10:40, 20:70])
    assert (part.row, part.col, part.height, part.width) == (10, 20, 30, 50)
    assert landscape.window(GRID).pixels == 64 * 80


@pytest.mark.parametrize(
    "geobox",
    [
        GeoBox((64, 64), Affine(10, 0, 402590, 0, -10, 4840000), "EPSG:32631"),
        GeoBox((64, 64), Affine(10, 0, 402605, 0, -10, 4840000), "EPSG:32631"),
        GeoBox((32, 32), Affine(20, 0, 402600, 0, -20, 4840000), "EPSG:32631"),
        GeoBox((64, 64), Affine(10, 0, 402600, 0, -10, 4840000), "EPSG:32630"),
    ],
)
def test_a_grid_that_is_not_a_part_is_refused(scene, geobox):
    with pytest.raises(ValueError, match="not a part"):
        scene.landscape.window(geobox)
