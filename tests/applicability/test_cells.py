"""Nearest samples: those of numpy where all cells are looked at, those of the nearest cells where not."""

from __future__ import annotations

import numpy as np
import pytest

from iota_py.applicability.cells import Cells, mean_distance


def points_of(count: int, seed: int = 0, width: int = 8) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, width)).astype(np.float32)


def brute(points: np.ndarray, samples: np.ndarray) -> np.ndarray:
    return np.sqrt(((points[:, None].astype(float) - samples) ** 2).sum(axis=2))


@pytest.mark.parametrize("count", [1, 5, 33, 700, 3000])
def test_all_cells_give_the_nearest_sample(count: int) -> None:
    samples, points = points_of(count), points_of(100, 1)
    cells = Cells.of(samples)
    np.testing.assert_allclose(cells.distances(points, 10**6), brute(points, samples).min(axis=1), rtol=1e-5)
    assert (cells.distances(samples, 1) == 0).all(), "the cell of a sample is the nearest to it"


@pytest.mark.parametrize("visited", [1, 3, 8, 16, 20])
def test_the_nearest_cells_are_visited_and_no_others(visited: int) -> None:
    cells, points = Cells.of(points_of(2000)), points_of(60, 2)
    order = brute(points, cells.middles).argsort(axis=1)[:, :visited]
    starts = np.concatenate([[0], cells.ends])
    every = brute(points, cells.samples)
    expected = [min(every[i, starts[c] : starts[c + 1]].min() for c in order[i]) for i in range(len(points))]
    np.testing.assert_allclose(cells.distances(points, visited), expected, rtol=1e-5)


def test_cells_hold_every_sample_once_and_lie_together() -> None:
    samples = points_of(1500)
    cells = Cells.of(samples)
    assert sorted(cells.rows.tolist()) == list(range(1500))
    assert np.array_equal(cells.samples, samples[cells.rows])
    assert 30 < len(cells.ends) <= 1500 // 32
    own = np.repeat(np.arange(len(cells.ends)), np.diff(cells.ends, prepend=0))
    away = np.linalg.norm(cells.samples - cells.middles[own], axis=1)
    assert away.mean() < 0.8 * np.linalg.norm(samples - samples.mean(axis=0), axis=1).mean()


def test_samples_of_other_folds() -> None:
    samples, fold = points_of(600), np.arange(600) // 100
    cells = Cells.of(samples)
    distance = brute(samples, samples)
    distance[fold[:, None] == fold] = np.inf
    np.testing.assert_allclose(cells.apart(samples, fold, fold, 10**6), distance.min(axis=1), rtol=1e-5)
    few = cells.apart(samples, fold, fold, 4)
    assert (few >= distance.min(axis=1) * (1 - 1e-5)).all()
    assert np.isfinite(few).all()


def test_one_fold_has_nothing_to_be_compared_with() -> None:
    samples = points_of(50)
    assert np.isinf(Cells.of(samples).apart(samples, np.zeros(50), np.zeros(50), 8)).all()


def test_cells_whose_samples_are_all_of_the_own_fold_do_not_count() -> None:
    """Two heaps far apart, each a fold: the nearest cells of a point are all of its own heap, and the other one is found all the same."""
    samples = points_of(640)
    samples[320:, 0] += 1000
    fold = np.arange(640) // 320
    found = Cells.of(samples).apart(samples, fold, fold, 1)
    assert (found > 900).all()
    assert np.isfinite(found).all()


def test_mean_distance() -> None:
    assert mean_distance(np.array([[0, 0, 0, 0], [3, 4, 0, 0]], np.float32)) == 5.0
    samples = points_of(300)
    np.testing.assert_allclose(mean_distance(samples), brute(samples, samples).sum() / (300 * 299), rtol=1e-6)
    many = points_of(6000)
    np.testing.assert_allclose(mean_distance(many), brute(many[::20], many).sum() / (300 * 5999), rtol=0.01)
