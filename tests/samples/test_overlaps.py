import itertools

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from iota_py.samples.overlaps import outside_higher, without_contested
from tests.samples.test_geometry import array

PROPERTY = settings(max_examples=40, deadline=None, derandomize=True)


def areas(shapes) -> list[float]:
    return shapely.area(shapes).round(6).tolist()


def test_the_higher_source_wins():
    shapes = array(shapely.box(0, 0, 4, 4), shapely.box(2, 2, 6, 6), shapely.box(5, 5, 8, 8), shapely.box(20, 0, 21, 1))
    found = outside_higher(shapes, np.array([0, 1, 2, 0]))
    assert areas(found) == [16 - 4, 16 - 1, 9, 1]
    assert areas(shapes) == [16, 16, 9, 1], "what was given is left as it is"


def test_what_is_covered_by_several_is_gone():
    shapes = array(shapely.box(0, 0, 2, 2), shapely.box(-1, -1, 1, 3), shapely.box(1, -1, 3, 3))
    found = outside_higher(shapes, np.array([0, 1, 1]))
    assert found[0].is_empty
    assert areas(found) == [0, 8, 8]


def test_a_hole_keeps_the_rest():
    found = outside_higher(array(shapely.box(0, 0, 10, 10), shapely.box(4, 4, 6, 6)), np.array([0, 1]))
    assert areas(found) == [96, 4]
    assert len(found[0].interiors) == 1


def test_points_inside_a_higher_polygon_are_gone():
    shapes = array(shapely.Point(1, 1), shapely.Point(5, 5), shapely.box(0, 0, 2, 2), shapely.Point(1.5, 1.5))
    found = outside_higher(shapes, np.array([0, 0, 1, 1]))
    assert [g.is_empty for g in found] == [True, False, False, False]


def test_neighbours_that_touch_lose_nothing():
    shapes = array(shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(0.9999999, 1, 2, 2), shapely.box(0, 1, 1, 2))
    found = outside_higher(shapes, np.array([0, 1, 0, 1]))
    assert all(a is b for a, b in zip(found, shapes))
    found, contested = without_contested(shapes, np.zeros(4, int), np.array([1, 5, 1, 5]))
    assert all(a is b for a, b in zip(found, shapes))
    assert not contested.any()


def test_what_two_classes_contest_is_taken_from_both():
    shapes = array(shapely.box(0, 0, 4, 4), shapely.box(2, 2, 6, 6), shapely.box(3, 3, 7, 7))
    found, contested = without_contested(shapes, np.zeros(3, int), np.array([5, 23, 5]))
    # the second loses its ground with the first (4) and with the third (9), of which 1 is the same
    assert areas(found) == [16 - 4, 16 - (4 + 9 - 1), 16 - 9]
    assert contested.tolist() == [True, True, True]
    overlap = shapely.intersection(found[:, None], found[None, :])
    assert shapely.area(overlap)[~np.eye(3, dtype=bool)].sum() == 0


def test_of_one_class_the_first_keeps_the_ground():
    shapes = array(shapely.box(0, 0, 4, 4), shapely.box(2, 2, 6, 6), shapely.box(0, 0, 4, 4))
    found, contested = without_contested(shapes, np.zeros(3, int), np.array([5, 5, 5]))
    assert areas(found) == [16, 12, 0]
    assert found[2].is_empty
    assert not contested.any()


def test_other_priorities_and_points_are_left_alone():
    shapes = array(shapely.box(0, 0, 4, 4), shapely.box(2, 2, 6, 6), shapely.Point(1, 1))
    found, contested = without_contested(shapes, np.array([0, 1, 0]), np.array([5, 23, 23]))
    assert all(a is b for a, b in zip(found, shapes))
    assert not contested.any()
    assert len(outside_higher(array(), np.array([], int))) == 0


@PROPERTY
@given(
    st.lists(
        st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(1, 4), st.integers(0, 2), st.sampled_from([1, 5])),
        min_size=1,
        max_size=9,
    )
)
def test_nothing_overlaps_and_what_one_source_alone_says_is_kept(entries):
    shapes = array(*(shapely.box(x, y, x + size, y + size) for x, y, size, _, _ in entries))
    priority, code = (np.array([entry[column] for entry in entries]) for column in (3, 4))
    found, _ = without_contested(outside_higher(shapes, priority), priority, code)
    assert shapely.is_valid(found).all()
    pairs = shapely.area(shapely.intersection(found[:, None], found[None, :]))
    np.fill_diagonal(pairs, 0)
    assert pairs.max() < 1e-9
    for x, y in itertools.product(np.arange(0.5, 12), repeat=2):  # cell by cell: whose it is, worked out without geometry
        there = [k for k, (x0, y0, size, _, _) in enumerate(entries) if x0 < x < x0 + size and y0 < y < y0 + size]
        best = [k for k in there if priority[k] == max(priority[there])]
        expected = best[:1] if len({code[k] for k in best}) == 1 else []
        assert np.flatnonzero(shapely.contains_xy(found, x, y)).tolist() == expected


def test_many_pieces_are_taken_from_one():
    holes = [shapely.box(x, y, x + 1, y + 1) for x in range(0, 20, 2) for y in range(0, 20, 2)]
    shapes = array(shapely.box(0, 0, 20, 20), shapely.box(-3, 0, 1, 1.5), *holes)
    found = outside_higher(shapes, np.array([0, 0] + [1] * 100))
    assert areas(found) == [300, 5] + [1] * 100
