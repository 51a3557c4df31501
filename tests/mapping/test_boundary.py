"""Borders of regions: distances, weights and fusion by hand, and windows of any size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from iota_py.mapping import boundary
from iota_py.mapping.boundary import Pixels, border_pairs, border_weights, class_change, fuse, outline, region_distances

WEST, EAST = shapely.box(0, 0, 100, 40), shapely.box(100, 0, 200, 40)
PIXELS = Pixels(0, 0, (4, 20), 0.0, 40.0, 10.0, 10.0)


def places(shapes: list[shapely.Polygon], pixels: Pixels) -> np.ndarray:
    """Place of the region that holds each centre."""
    x, y = pixels.centres(slice(0, pixels.shape[0]), slice(0, pixels.shape[1]))
    own = np.full(len(x), -1)
    for place, shape in enumerate(shapes):
        own[shapely.contains_xy(shape, x, y)] = place
    return own.reshape(pixels.shape)


def test_weights_fall_linearly_across_a_straight_border() -> None:
    own = places([WEST, EAST], PIXELS)
    distances = region_distances([outline(WEST), outline(EAST)], own, PIXELS, 40)
    # Centres at 5, 15, …: the four columns at 65 to 95 are at 35, 25, 15, 5 m from the east.
    assert distances[1, 0, :12].tolist() == [np.inf] * 6 + [35, 25, 15, 5] + [0, 0]
    weights = border_weights(distances, own, interior=20, exterior=40)
    # The east: 0 at 40 m outside, 1 at 20 m inside, linear over 60 m.
    assert weights[1, 0, 5:13] == pytest.approx([0, 5 / 60, 15 / 60, 25 / 60, 35 / 60, 45 / 60, 55 / 60, 1])
    assert weights[0, 0, 7:15] == pytest.approx([1, 55 / 60, 45 / 60, 35 / 60, 25 / 60, 15 / 60, 5 / 60, 0])
    assert ((weights > 0).sum(axis=0) > 1)[0].tolist() == [False] * 6 + [True] * 8 + [False] * 6


def test_equal_limits_weigh_one_together_and_the_outer_limit_is_no_border() -> None:
    own = places([WEST, EAST], PIXELS)
    weights = border_weights(region_distances([outline(WEST), outline(EAST)], own, PIXELS, 50), own, 50, 50)
    assert weights.sum(axis=0) == pytest.approx(np.ones(PIXELS.shape))
    assert (weights[0, :, :5] == 1).all(), "the western edge, where no region follows"
    alone = border_weights(region_distances([outline(WEST)], np.where(own == 0, 0, -1), PIXELS, 50), np.where(own == 0, 0, -1), 50, 50)
    assert (alone[0, :, :10] == 1).all()
    assert not alone[0, :, 10:].any()


def test_three_regions_that_meet() -> None:
    shapes = [shapely.box(0, 20, 100, 40), shapely.box(100, 20, 200, 40), shapely.box(0, 0, 200, 20)]
    own = places(shapes, PIXELS)
    weights = border_weights(region_distances([outline(shape) for shape in shapes], own, PIXELS, 30), own, 30, 30)
    # The pixel at (95, 25): in the first, 5 m from each of the other two.
    assert weights[:, 1, 9] == pytest.approx([35 / 60, 25 / 60, 25 / 60])
    assert np.count_nonzero(weights[:, 1, 0]) == 2


def test_fused_probabilities_by_hand() -> None:
    west, east = np.array([[0.6, 0.4, 0], [1, 0, 0]]), np.array([[0, 0.3, 0.7], [0, 0, 1]])
    fused = fuse({0: west, 1: east}, {0: np.array([0.75, 0.2]), 1: np.array([0.25, 0.2])})
    assert fused == pytest.approx(np.array([[0.45, 0.375, 0.175], [0.5, 0, 0.5]]))
    one = fuse({4: west}, {4: np.array([0.1, 1.0])})
    assert one == pytest.approx(west), "weights are divided by their sum"


def coast(seed: int) -> list[shapely.Polygon]:
    """Two regions with a border of many corners."""
    rng = np.random.default_rng(seed)
    line = [(x, 300 + 120 * rng.random()) for x in np.linspace(0, 900, 30)]
    return [shapely.Polygon([(0, 0), *line, (900, 0)]), shapely.Polygon([(0, 700), *line, (900, 700)])]


def test_outlines_of_several_polygons_with_holes() -> None:
    shape = shapely.MultiPolygon([(((0, 0), (0, 9), (9, 9), (9, 0)), [((3, 3), (3, 6), (6, 6), (6, 3))]), shapely.box(20, 0, 29, 9)])
    sides = outline(shape)
    assert len(sides.geometries) == 12
    assert shapely.get_num_coordinates(sides.geometries).tolist() == [2] * 12
    assert shapely.union_all(sides.geometries).length == pytest.approx(shape.length)


def parts(pixels: Pixels, rows: int, cols: int) -> Iterator[tuple[Pixels, tuple[slice, slice]]]:
    for row in range(0, pixels.shape[0], rows):
        for col in range(0, pixels.shape[1], cols):
            shape = min(rows, pixels.shape[0] - row), min(cols, pixels.shape[1] - col)
            yield replace(pixels, row=row, col=col, shape=shape), (slice(row, row + shape[0]), slice(col, col + shape[1]))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.integers(5, 40), st.integers(5, 60), st.sampled_from([3, 16, 64]))
def test_any_window_gives_the_same_bits(seed: int, rows: int, cols: int, cell: int) -> None:
    shapes = coast(seed)
    pixels = Pixels(0, 0, (37, 45), 0.1, 700.3, 20.0, 19.0)
    own = places(shapes, pixels)
    own[3:5, 7:9] = -1
    sides = [outline(shape) for shape in shapes]
    whole = region_distances(sides, own, pixels, 60)
    x, y = pixels.centres(slice(0, 37), slice(0, 45))
    for place, shape in enumerate(shapes):
        exact = shapely.distance(shape, shapely.points(x, y)).reshape(own.shape)
        near = (exact <= 60) & (own >= 0)
        assert (whole[place][near] == exact[near]).all()
        assert np.isinf(whole[place][~near]).all()
    before, boundary.CELL = boundary.CELL, cell
    try:
        for part, where in parts(pixels, rows, cols):
            found = region_distances(sides, own[where], part, 60)
            assert (found == whole[(slice(None), *where)]).all()
    finally:
        boundary.CELL = before


def test_changes_hold_both_classes() -> None:
    before, after = np.array([[3, 19, 0, 7]], np.uint8), np.array([[3, 255, 5, 0]], np.uint8)
    found = class_change(before, after)
    assert (found.tolist(), found.dtype) == ([[0, 19255, 5, 7000]], np.dtype("uint32"))


def test_pairs_across_a_border() -> None:
    region = np.array([[1, 1, 2], [1, 2, 2], [0, 2, 2]])
    classes = np.array([[5, 5, 5], [6, 5, 0], [5, 5, 5]], np.uint8)
    # across: (0,1)-(0,2) alike, (1,0)-(1,1) differ; down: (0,1)-(1,1) alike; region 0 and class 0 are nobody's neighbours
    assert border_pairs(region, classes, True, True) == (3, 1)


@given(st.integers(0, 1000), st.integers(1, 5), st.integers(1, 6))
def test_blocks_count_each_pair_once(seed: int, rows: int, cols: int) -> None:
    rng = np.random.default_rng(seed)
    region, classes = rng.integers(0, 3, (7, 9)), rng.integers(0, 3, (7, 9)).astype(np.uint8)
    total = np.zeros(2, int)
    for row in range(0, 7, rows):
        for col in range(0, 9, cols):
            part = slice(row, row + rows + 1), slice(col, col + cols + 1)
            total += border_pairs(region[part], classes[part], row + rows >= 7, col + cols >= 9)
    assert total.tolist() == list(border_pairs(region, classes, True, True))
