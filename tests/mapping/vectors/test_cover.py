"""Polygons of a map: one for each component, sides shared, nothing lost, whatever the cells."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from iota_py.mapping.vectors.cover import cover
from iota_py.mapping.vectors.shape import Shape
from tests.mapping.vectors.maps import OSO, RAW, SHAPES, check, components, covered, grid_of, image, neighbours, rasters, touching


@given(rasters(4), SHAPES, st.sampled_from([1, 2, 3, 7, 1024]), st.sampled_from([(20, 20), (10, 30)]))
@settings(max_examples=60, deadline=None)
def test_each_component_is_one_valid_polygon_with_the_same_neighbours(classes, shape, cell, pixel):
    found = covered(classes, shape, cell=cell, pixel=pixel)
    labels, count = components(classes)
    first = [int(np.flatnonzero(labels.ravel() == k)[0]) for k in range(1, count + 1)]
    assert found.codes.dtype == np.uint8
    assert found.codes.tolist() == [int(classes.ravel()[k]) for k in first]
    if count == 0:
        return
    check(found)
    assert touching(found.polygons) == neighbours(labels)


@given(rasters(3, least=1), SHAPES, st.sampled_from([1, 4, 1024]))
@settings(max_examples=60, deadline=None)
def test_there_is_no_hole_between_neighbours(classes, shape, cell):
    found = covered(classes, shape, cell=cell)
    whole = shapely.union_all(found.polygons)
    assert whole.geom_type == "Polygon"
    assert len(whole.interiors) == 0
    assert whole.area == pytest.approx(shapely.area(found.polygons).sum(), rel=1e-9)


@given(rasters(3), st.sampled_from([1, 2, 5]))
@settings(max_examples=60, deadline=None)
def test_without_simplification_the_polygons_are_the_pixels_whatever_the_cells(classes, cell):
    whole, cells = covered(classes), covered(classes, cell=cell)
    labels, _ = components(classes)
    assert (shapely.area(whole.polygons) / 400).tolist() == np.bincount(labels.ravel())[1:].tolist()
    assert shapely.to_wkb(whole.polygons).tolist() == shapely.to_wkb(cells.polygons).tolist()
    y, x = np.nonzero(labels)
    assert shapely.contains_xy(whole.polygons[labels[y, x] - 1], 20 * x + 10, -20 * y - 10).all()


@given(rasters(3), st.sampled_from([(12, 0), (30, 0), (10, 10), (30, 25)]))
@settings(max_examples=60, deadline=None)
def test_outlines_stay_within_the_tolerance_of_those_of_the_pixels(classes, lengths):
    shape = Shape(*lengths)  # pixels of 20 m: the line that their steps stand for is within 10 m of their sides
    raw, found = covered(classes), covered(classes, shape)
    away = shapely.hausdorff_distance(shapely.boundary(raw.polygons), shapely.boundary(found.polygons))
    assert (away <= shape.simplify + shape.smooth / 2**0.5 + 10 + 1e-9).all()


def test_a_staircase_becomes_a_straight_line():
    steps = np.where(np.arange(8) <= np.arange(8)[:, None], 1, 2).astype(np.uint8)
    one, two = covered(steps, Shape(10, 0)).polygons
    # the middles of the steps lie on a line, 50**0.5 = 7.07 m from the line between the corners where 1, 2 and no data meet
    assert shapely.intersection(one, two).normalize().wkt == "LINESTRING (20 0, 160 -140)"
    raw_one, raw_two = covered(steps).polygons
    assert shapely.intersection(raw_one, raw_two).length == 14 * 20


def test_lines_of_any_slope_become_nearly_straight():
    draw, rows, cols = np.random.default_rng(0), *np.mgrid[-20:21, -20:21]
    counts = []
    for angle, offset in zip(draw.uniform(0, np.pi, 150), draw.uniform(-8, 8, 150)):
        side = np.where(rows * np.sin(angle) + cols * np.cos(angle) > offset, 1, 2).astype(np.uint8)
        one, two = covered(side, Shape(10, 0)).polygons
        x, y = shapely.get_coordinates(shapely.line_merge(shapely.intersection(one, two))).T / 20
        assert (np.abs((-y - 20.5) * np.sin(angle) + (x - 20.5) * np.cos(angle) - offset) <= 0.5**0.5 + 1e-9).all()  # the corner of a pixel
        counts.append(len(x))
    assert np.median(counts) == 2
    assert max(counts) <= 9  # of some 40 steps


def test_corners_between_straight_sides_stay():
    field = image("111111", "122211", "122211", "111311", "111111")
    found = covered(field, Shape(10, 0))
    assert found.polygons[1].equals(shapely.box(20, -60, 80, -20))
    assert found.polygons[2].equals(shapely.box(60, -80, 80, -60))
    assert shapely.union_all(found.polygons).equals(shapely.box(0, -100, 120, 0))


def test_a_tolerance_below_half_a_pixel_keeps_all_the_corners():
    steps = np.tri(5, dtype=np.uint8)
    (polygon,) = covered(
        steps, Shape(8, 0)
    ).polygons  # the corners of steps of 20 m are 200**0.5 = 14.1 m or, at the end, 80**0.5 = 8.9 m off
    assert polygon.equals(covered(steps).polygons[0])
    (straight,) = covered(steps, Shape(10, 0)).polygons
    assert straight.equals(shapely.Polygon([(0, 0), (0, -100), (100, -100)]))


def test_a_corner_is_rounded_by_the_curve_between_points_at_the_length():
    (polygon,) = covered(image("1111", "1111", "1111", "1111"), Shape(0, 8)).polygons
    points = set(map(tuple, np.round(shapely.get_coordinates(polygon), 9).tolist()))
    # P (8, 0), B (0, 0), R (0, -8): at half way a quarter of P, half of B, a quarter of R
    assert {(8, 0), (2, -2), (0, -8), (72, -80), (78, -78), (80, -72)} <= points
    assert len(points) == 12
    assert polygon.area == pytest.approx(6400 - 4 * 16)  # of the 32 of the triangle PBR, the curve's two chords leave 16


def test_rings_run_as_the_formats_want_them():
    found = covered(image("1111", "1221", "1221", "1111"), RAW)
    outer, inner = found.polygons
    assert found.codes.tolist() == [1, 2]
    assert shapely.is_ccw(outer.exterior)
    assert not shapely.is_ccw(outer.interiors[0])
    assert outer.exterior.coords[0] == (0, 0)
    assert inner.equals(shapely.box(20, -60, 60, -20))


@pytest.mark.parametrize("shape", [RAW, OSO, Shape(60, 40)])
@pytest.mark.parametrize("cell", [1, 3, 1024])
@pytest.mark.parametrize(
    ("rows", "holes"),
    [
        (("11111", "10001", "10201", "10001", "11111"), [1, 0]),
        (("1111111", "1222221", "1211121", "1213121", "1211121", "1222221", "1111111"), [1, 1, 1, 0]),
        (("1110", "1011", "1111"), [1]),  # the hole is a pixel of no data that touches another one, outside, by a corner
        (("11100", "10100", "11211", "00101", "00111"), [1, 0, 1]),
        (("11110", "10011", "10101", "11111"), [2]),  # two holes that touch by a corner
        (("12", "21"), [0, 0, 0, 0]),
    ],
)
def test_holes_and_corners(shape, cell, rows, holes):
    found = covered(image(*rows), shape, cell=cell)
    check(found)
    assert shapely.get_num_interior_rings(found.polygons).tolist() == holes


def test_an_island_in_a_bay_stays_outside_of_what_surrounds_it():
    bay = image("1111111", "1222222", "1223222", "1222222", "1111111", "2222222")
    found = covered(bay, Shape(1000, 0))
    labels, _ = components(bay)
    check(found)
    assert touching(found.polygons) == neighbours(labels)


@pytest.mark.parametrize("value", [0, 7])
def test_a_map_of_one_value(value):
    found = covered(np.full((5, 9), value, np.uint8), RAW, cell=2)
    assert found.codes.tolist() == ([7] if value else [])
    assert [polygon.wkt for polygon in found.polygons] == (["POLYGON ((0 0, 0 -100, 180 -100, 180 0, 0 0))"] if value else [])


def test_class_255_and_a_map_of_one_pixel():
    found = covered(np.full((1, 1), 255, np.uint8), Shape(1000, 0))
    assert found.codes.tolist() == [255]
    assert found.polygons[0].equals(shapely.box(0, -20, 20, 0))
    (smooth,) = covered(np.full((1, 1), 255, np.uint8), Shape(10, 10)).polygons
    assert smooth.area == 400 - 4 * 25  # half of the triangle of 10 by 10 at each corner


def test_cells_are_read_once_with_the_pixels_that_they_share():
    classes, seen = np.ones((10, 7), np.uint8), []

    def read(window):
        seen.append(str(window))
        return classes[window.slices]

    cover(read, grid_of(classes), RAW, None, 4)
    assert seen[:3] == ["rows 0–3, columns 0–3", "rows 0–3, columns 3–6", "rows 3–7, columns 0–3"]
    assert len(seen) == 6


def test_the_same_bytes_again():
    classes = np.random.default_rng(3).integers(0, 4, (40, 50)).astype(np.uint8)
    first, second = covered(classes, OSO, cell=16), covered(classes.copy(order="F"), OSO, cell=16)
    assert shapely.to_wkb(first.polygons).tolist() == shapely.to_wkb(second.polygons).tolist()


def test_wrong_wishes_are_refused():
    classes = np.ones((3, 3), np.uint8)
    with pytest.raises(ValueError, match="at least 0"):
        Shape(-1, 0)
    with pytest.raises(ValueError, match="cells of 0 pixels"):
        covered(classes, cell=0)
    with pytest.raises(ValueError, match="expected uint8"):
        covered(classes.astype(np.int16))
    with pytest.raises(ValueError, match="north-up"):
        cover(lambda window: classes[window.slices], grid_of(classes, (-20, 20)), RAW, None)
