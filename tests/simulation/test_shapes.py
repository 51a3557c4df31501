import numpy as np
import pytest
import shapely

from iota_py.simulation.noise import stream
from iota_py.simulation.shapes import blobs, cells, cut, parcels, rivers, roads, scattered

EXTENT = (0.0, 0.0, 3000.0, 2000.0)
BOX = shapely.box(*EXTENT)


def rng():
    return stream(0, "shapes")


def test_cells_cover_the_extent_once():
    found = shapely.intersection(cells(EXTENT, 300.0, rng()), BOX)
    assert shapely.area(found).sum() == pytest.approx(3000.0 * 2000.0)
    assert shapely.union_all(found).area == pytest.approx(3000.0 * 2000.0)


def test_parcels_are_straight_sided_apart_and_of_all_sizes():
    found, block = parcels(EXTENT, rng())
    assert len(found) == len(block)
    assert (shapely.get_type_id(found) == 3).all()
    assert shapely.get_num_coordinates(found).max() < 14
    assert shapely.union_all(found).area == pytest.approx(shapely.area(found).sum(), rel=1e-6)
    inside = shapely.intersection(found, BOX)
    assert shapely.area(inside).sum() > 0.9 * BOX.area
    sizes = shapely.area(found)
    assert sizes.min() >= 1500.0
    assert np.quantile(sizes, 0.9) > 4 * np.quantile(sizes, 0.1)


def test_parcels_of_two_blocks_have_their_own_directions():
    found, block = parcels(EXTENT, rng())
    whole = shapely.get_num_coordinates(found) == 5
    corners = shapely.get_coordinates(found[whole]).reshape(-1, 5, 2)
    side = corners[:, 1] - corners[:, 0]
    direction = np.degrees(np.arctan2(side[:, 1], side[:, 0])) % 90
    groups = [direction[block[whole] == b] for b in np.unique(block[whole])]
    means = [g.mean() for g in groups if len(g) > 3 and np.ptp(g) < 1.0]
    assert len(means) > 3
    assert np.ptp(means) > 20.0


def test_blobs_lie_about_their_centres():
    centres, radii = scattered(EXTENT, 500.0, rng()), None
    radii = np.full(len(centres), 80.0)
    found = blobs(centres, radii, rng())
    assert shapely.is_valid(found).all()
    assert shapely.contains_xy(found, centres).all()
    outlines = shapely.get_coordinates(found[0]) - centres[0]
    assert 24.0 - 1e-9 <= np.hypot(*outlines.T).min() < np.hypot(*outlines.T).max() <= 160.0 + 1e-9


def test_rivers_cross_the_extent_and_meander():
    (river,) = rivers(EXTENT, rng())
    west, _, east, _ = river.bounds
    assert west < 0.0 < 3000.0 < east
    middle = river.intersection(shapely.LineString([(1500.0, -500.0), (1500.0, 2500.0)]))
    assert 40.0 <= middle.length < 200.0


def test_roads_join_villages():
    centres = np.array([[0.0, 0.0], [1000.0, 0.0], [0.0, 1000.0]])
    found = roads(centres, rng())
    assert len(found) == 3
    assert shapely.intersects(found[:, None], shapely.points(centres)[None, :]).sum(axis=0).tolist() == [2, 2, 2]
    assert len(roads(centres[:1], rng())) == 0


def test_cut_pieces_stay_inside_and_do_not_overlap():
    discs = shapely.buffer(shapely.points([[500.0, 500.0], [620.0, 500.0]]), 150.0)
    found = cut(discs, EXTENT, 120.0, rng(), smallest=0.0)
    assert len(found) > 4
    assert shapely.area(found).sum() == pytest.approx(shapely.union_all(discs).area)
    assert len(cut(np.array([], dtype=object), EXTENT, 120.0, rng())) == 0
