"""Compiled boosted trees give LightGBM's labels, always."""

from __future__ import annotations

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings

from iota_py.prediction.boosters import read_booster
from iota_py.prediction.boosting import BoostingEngine, boosting_engine
from iota_py.prediction.boosting_kernels import TILE, _add_leaves_by_register, _add_leaves_one_by_one
from iota_py.prediction.engine import UnsupportedModelError
from iota_py.prediction.library import LibraryEngine
from iota_py.prediction.vectors import PERMUTES
from iota_py.training.estimators import LightGBMOptions
from iota_py.training.fit import Fitted, fit

from .models import assert_same_answers, boosters


def engine_of(fitted: Fitted) -> BoostingEngine:
    return boosting_engine(read_booster(fitted.estimator.model_to_string()), fitted.classes)


def fitted_on_noise(n: int, classes: int, **options) -> Fitted:
    rng = np.random.default_rng(0)
    features, labels = rng.integers(-2000, 9000, (n, 6)).astype(np.int16), rng.integers(1, classes + 1, n).astype(np.uint8)
    return fit("lightgbm", LightGBMOptions(**options), features, labels, tuple("abcdef"), 3)


def values(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(-3000, 10000, (n, 6)).astype(np.int16)


@settings(max_examples=60, deadline=None)
@given(boosters())
def test_labels_are_the_librarys(drawn):
    assert_same_answers(engine_of(drawn.fitted), drawn.fitted, drawn.features)


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("n", [0, 1, TILE - 1, TILE, 2 * TILE + 3])
def test_any_number_of_pixels(classes, n):
    fitted = fitted_on_noise(300, classes, rounds=5)
    assert_same_answers(engine_of(fitted), fitted, values(n, seed=n))


@pytest.mark.parametrize("leaves", [32, 33, 64, 65, 256])
def test_planes_of_many_leaves(leaves):
    fitted = fitted_on_noise(4000, 3, rounds=3, leaves=leaves, min_data_in_leaf=1)
    engine = engine_of(fitted)
    assert np.diff(engine.trees.leaf_start.astype(int)).max() == leaves
    assert_same_answers(engine, fitted, values(900, seed=1))


@pytest.mark.skipif(not PERMUTES, reason="this processor has no look-up in registers (AVX-512)")
@pytest.mark.parametrize("leaves", [2, 31, 32, 33, 63, 64, 65])
def test_leaves_looked_up_in_registers_add_the_same_bits(leaves):
    trees = engine_of(fitted_on_noise(4000, 3, rounds=3, leaves=leaves, min_data_in_leaf=1)).trees
    rng = np.random.default_rng(leaves)
    exits = rng.integers(0, leaves, TILE).astype(np.uint8)
    for tree in range(len(trees.leaf_start) - 1):
        start = rng.normal(size=TILE).astype(np.float32)
        alone, together = start.copy(), start.copy()
        _add_leaves_one_by_one(trees, tree, exits, alone)
        _add_leaves_by_register(trees, tree, exits, together)
        np.testing.assert_array_equal(together, alone)
        assert (together != start).any()


def test_labels_are_the_librarys_where_scores_are_close():
    """A large learning rate over features of two values: many pixels share leaves, and scores tie to the last bits."""
    rng = np.random.default_rng(5)
    features, labels = rng.integers(0, 2, (400, 6)).astype(np.int16), rng.integers(1, 9, 400).astype(np.uint8)
    fitted = fit("lightgbm", LightGBMOptions(rounds=30, min_data_in_leaf=1, learning_rate=0.3), features, labels, tuple("abcdef"), 3)
    everything = np.array(np.meshgrid(*[[0, 1]] * 6)).reshape(6, -1).T.astype(np.int16)
    engine = engine_of(fitted)
    assert_same_answers(engine, fitted, everything)
    wary = BoostingEngine(engine.trees._replace(doubt=np.float32(np.inf)), engine.book, engine.classes)
    exact = fitted.estimator.predict(everything.astype(np.float32), num_threads=1)
    np.testing.assert_array_equal(wary.predict(everything, probabilities=True).probabilities, exact.astype(np.float32))


def test_exact_ties_go_to_the_lowest_class():
    """Labels that the features say nothing about, equally often: all scores are equal."""
    features, labels = np.zeros((90, 1), np.int16), np.tile(np.array([5, 7, 9], np.uint8), 30)
    fitted = fit("lightgbm", LightGBMOptions(rounds=2), features, labels, ("f",), 0)
    found = engine_of(fitted).predict(features[:10], probabilities=True)
    assert set(found.labels.tolist()) == {5}
    assert found.probabilities == pytest.approx(1 / 3)


def test_gaps_in_the_training_values_change_nothing_for_whole_ones():
    """A booster fitted with not-a-number has default directions; int16 values never take them."""
    rng = np.random.default_rng(2)
    matrix, labels = rng.integers(-500, 500, (500, 6)).astype(np.float32), rng.integers(0, 3, 500)
    matrix[rng.random(matrix.shape) < 0.2] = np.nan
    options = {"objective": "multiclass", "num_class": 3, "verbosity": -1, "num_threads": 1}
    booster = lightgbm.train(options, lightgbm.Dataset(matrix, labels), 6)
    assert "decision_type=8" in booster.model_to_string() or "decision_type=10" in booster.model_to_string()
    classes, features = np.array([1, 2, 3], np.uint8), values(700, seed=3)
    engine = boosting_engine(read_booster(booster.model_to_string()), classes)
    np.testing.assert_array_equal(engine.predict(features).labels, LibraryEngine(booster, None, classes).predict(features).labels)


def test_too_many_leaves_or_thresholds_are_said():
    with pytest.raises(UnsupportedModelError, match="a tree has 257 leaves, more than 256"):
        engine_of(fitted_on_noise(4000, 2, rounds=1, leaves=257, min_data_in_leaf=1))
    with pytest.raises(UnsupportedModelError, match=r"a feature has \d+ thresholds, more than 255"):
        engine_of(fitted_on_noise(4000, 3, rounds=20, max_bin=2000, leaves=200, min_data_in_leaf=1))


def test_codes_of_another_shape_are_refused():
    engine = engine_of(fitted_on_noise(200, 3, rounds=2))
    with pytest.raises(ValueError, match=f"expected \\(1, 6, {TILE}\\) uint8, found \\(2, 6\\) uint8"):
        engine.predict_codes(np.zeros((2, 6), np.uint8), 2)
