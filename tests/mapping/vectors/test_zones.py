"""Polygons cut by zones: each zone done on its own, neighbours meet exactly."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mapping.vectors.maps import OSO, RAW, SHAPES, check, covered, image, rasters


def halves(classes: np.ndarray, turns: list[tuple[float, float]]) -> tuple[shapely.Polygon, shapely.Polygon]:
    """Two zones that share a border from north to south of the map, through places given as shares of the width and of the height."""
    height, width = 20.0 * classes.shape[0], 20.0 * classes.shape[1]
    line = [(x * width, 30.0 - (k + y) * (height + 60) / len(turns)) for k, (x, y) in enumerate(turns)]
    line = [(line[0][0], 100.0), *line, (line[-1][0], -height - 100.0)]
    west = shapely.Polygon([(-100.0, 100.0), *line, (-100.0, -height - 100.0)])
    east = shapely.Polygon([(width + 100.0, 100.0), *line, (width + 100.0, -height - 100.0)])
    return west, east


TURNS = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 0.99)), min_size=1, max_size=6)


@given(rasters(3), SHAPES, st.sampled_from([1, 3, 8, 1024]), TURNS)
@settings(max_examples=60, deadline=None)
def test_two_zones_give_the_parts_of_one_coverage(classes, shape, cell, turns):
    zones = halves(classes, turns)
    whole = covered(classes, shape, cell=cell)
    parts = [covered(classes, shape, zone, cell) for zone in zones]
    polygons = np.concatenate([part.polygons for part in parts])
    assert shapely.area(polygons).sum() == pytest.approx(shapely.area(whole.polygons).sum(), rel=1e-9)
    if len(polygons) == 0:
        return
    assert shapely.is_valid(polygons).all()
    assert shapely.coverage_is_valid(polygons)
    for zone, part in zip(zones, parts):
        for code in np.unique(whole.codes):
            expected = shapely.area(shapely.intersection(whole.polygons[whole.codes == code], zone)).sum()
            assert shapely.area(part.polygons[part.codes == code]).sum() == pytest.approx(expected, abs=1e-6)


def test_a_zone_sees_only_its_cells():
    classes = np.random.default_rng(1).integers(1, 4, (40, 40)).astype(np.uint8)
    seen = np.zeros(classes.shape, bool)

    def guarded() -> np.ndarray:
        class Guarded(np.ndarray):
            def __getitem__(self, key):
                seen[key] = True
                return np.asarray(self)[key]

        return classes.view(Guarded)

    covered(guarded(), OSO, shapely.box(250, -350, 350, -250), 8)
    assert seen[7:24, 7:24].all()  # cells 1 and 2, rows and columns 7–15 and 15–23
    assert seen.sum() == 17 * 17


def test_what_lies_outside_the_cells_of_a_zone_changes_nothing():
    classes = np.random.default_rng(2).integers(0, 4, (40, 40)).astype(np.uint8)
    other = classes.copy()
    other[24:], other[:, 24:], other[:7], other[:, :7] = 1, 2, 3, 0
    zone = shapely.box(250, -350, 350, -250)
    one, two = covered(classes, OSO, zone, 8), covered(other, OSO, zone, 8)
    assert shapely.equals_exact(shapely.union_all(one.polygons[one.codes == 2]), shapely.union_all(two.polygons[two.codes == 2]))


def test_a_zone_that_misses_the_map_gives_nothing():
    found = covered(np.ones((4, 4), np.uint8), OSO, shapely.box(1000, 0, 1100, 100))
    assert (found.codes.dtype, len(found.codes), len(found.polygons)) == (np.uint8, 0, 0)
    touching = covered(np.ones((4, 4), np.uint8), RAW, shapely.box(80, -80, 100, 0))
    assert len(touching.polygons) == 0  # they share a line, no area


def test_a_zone_cuts_a_polygon_in_parts_one_row_each():
    comb = shapely.union_all([shapely.box(x, -50, x + 10, 50) for x in (5, 45, 85)] + [shapely.box(-50, 20, 150, 50)])
    found = covered(image("11111", "22222"), RAW, comb)
    check(found)
    assert found.codes.tolist() == [1, 1, 1, 2, 2, 2]
    assert shapely.area(found.polygons).tolist() == [200] * 6


def test_a_zone_with_a_hole_and_one_in_two_parts():
    ring = shapely.box(0, -100, 100, 0) - shapely.box(30, -70, 70, -30)
    (polygon,) = covered(np.ones((5, 5), np.uint8), RAW, ring).polygons
    assert polygon.equals(ring)
    two = shapely.MultiPolygon([shapely.box(0, -20, 20, 0), shapely.box(60, -20, 80, 0)])
    found = covered(np.ones((5, 5), np.uint8), RAW, two, 2)
    assert shapely.area(found.polygons).tolist() == [400, 400]


def test_zones_along_the_lines_of_the_lattice():
    classes = np.random.default_rng(5).integers(0, 4, (30, 30)).astype(np.uint8)
    line = 20.0 * 8 - 10  # cells of 8: the middle of the pixels of column 7
    zones = shapely.box(-50, -700, line, 50), shapely.box(line, -700, 700, 50)
    whole = covered(classes, OSO, cell=8)
    polygons = np.concatenate([covered(classes, OSO, zone, 8).polygons for zone in zones])
    assert shapely.coverage_is_valid(polygons)
    assert shapely.area(polygons).sum() == pytest.approx(shapely.area(whole.polygons).sum(), rel=1e-12)
