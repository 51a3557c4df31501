"""Folds matched in distance: a line worked out by hand, clustered and even references, order and size."""

import numpy as np
import pytest

from iota_py.samples import distance_folds as module
from iota_py.samples.distance_folds import distance_folds, nearest_elsewhere


def test_nearest_elsewhere_on_a_line():
    points = np.array([[0.0], [1], [10], [13]])
    assert nearest_elsewhere(points, np.array([0, 0, 1, 1])).tolist() == [10, 9, 9, 12]
    assert nearest_elsewhere(points, np.array([0, 1, 0, 1])).tolist() == [1, 1, 3, 3]


def test_two_groups_far_apart_and_a_map_as_far():
    """Pairs at 0, 1 and 100, 101; a map at 200, 99 and 100 away: whole pairs are 100, 99, 99, 100 apart, points for themselves 1."""
    points = np.array([[0.0, 0], [1, 0], [100, 0], [101, 0]])
    found = distance_folds(points, np.zeros(4, int), np.array([[200.0, 0], [201.0, 0]]), 2, 1)
    assert found.fold[0] == found.fold[1] != found.fold[2] == found.fold[3]
    assert (found.difference, found.at_random) == (0.0, 98.5)
    assert (found.prediction, found.validation) == (99.5, 99.5)


def clustered(count: int = 300) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    centres = rng.uniform(0, 100_000, (15, 2))
    points = centres[rng.integers(0, 15, count)] + rng.normal(0, 500, (count, 2))
    return points, rng.integers(0, 4, count), rng.uniform(0, 100_000, (500, 2))


def test_clustered_samples_get_folds_that_are_as_far_as_the_map():
    points, stratum, places = clustered()
    found = distance_folds(points, stratum, places, 5, 1)
    assert found.difference < 0.5 * found.at_random
    assert 5 <= found.clusters < 300
    assert abs(found.validation - found.prediction) < 0.5 * found.prediction
    assert (np.bincount(found.fold, minlength=5) > 0).all()


def test_samples_spread_like_the_map_are_folded_point_by_point():
    rng = np.random.default_rng(4)
    points, places = rng.uniform(0, 10_000, (400, 2)), rng.uniform(0, 10_000, (2000, 2))
    found = distance_folds(points, rng.integers(0, 4, 400), places, 5, 1)
    assert found.clusters > 100
    assert found.difference <= found.at_random


def test_the_classes_are_shared_out_evenly_where_every_point_is_a_cluster():
    rng = np.random.default_rng(5)
    points, stratum = rng.uniform(0, 1000, (100, 2)), np.repeat([0, 1], 50)
    found = distance_folds(points, stratum, points + 0.01, 5, 1)  # the map is where the samples are: nothing can be near enough
    assert found.clusters == 100
    for one in (0, 1):
        assert np.bincount(found.fold[stratum == one]).tolist() == [10] * 5


def test_the_same_twice_and_another_seed():
    points, stratum, places = clustered()
    first, second = (distance_folds(points, stratum, places, 5, 1).fold for _ in range(2))
    assert first.tolist() == second.tolist()


def test_points_in_space_and_many_points_go_by_cells(monkeypatch):
    points, stratum, places = clustered(2000)
    high = np.column_stack([points, np.zeros(len(points))])
    flat = distance_folds(points, stratum, places, 4, 1)
    spatial = distance_folds(high, stratum, np.column_stack([places, np.zeros(len(places))]), 4, 1)
    assert flat.fold.tolist() == spatial.fold.tolist()
    monkeypatch.setattr(module, "MOST_CELLS", 50)
    cells, cell = module._cells(points)
    assert len(cells) <= 50
    assert cell.max() == len(cells) - 1
    assert np.allclose(cells[cell[0]], points[cell == cell[0]].mean(axis=0))
    assert distance_folds(points, stratum, places, 4, 1).clusters <= 50


@pytest.mark.parametrize(("points", "folds"), [(np.zeros((9, 2)), 2), (np.arange(6.0).reshape(3, 2), 4), (np.arange(6.0).reshape(3, 2), 1)])
def test_too_few_places(points, folds):
    with pytest.raises(ValueError, match=f"for {folds} folds"):
        distance_folds(points, np.zeros(len(points), int), np.ones((5, 2)), folds, 1)
