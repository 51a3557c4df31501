"""Small random models that hypothesis draws: of many shapes, on values that touch the limits of int16."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from iota_py.prediction.engine import Engine
from iota_py.prediction.library import LibraryEngine
from iota_py.training.estimators import LightGBMOptions, RandomForestOptions
from iota_py.training.fit import Fitted, fit
from iota_py.training.options import ExtraTreesOptions, HistGradientBoostingOptions

RANGES = ((-32768, 32767), (-1000, 1000), (0, 2), (-32768, -32760), (32760, 32767))


class Drawn(NamedTuple):
    """A fitted model, and features (n, feature) int16 to predict."""

    fitted: Fitted
    features: np.ndarray


def table(rng: np.random.Generator, n: int, columns: int, limits: tuple[int, int]) -> np.ndarray:
    """Random values (n, columns) int16; the last of several columns is constant."""
    values = rng.integers(limits[0], limits[1] + 1, (n, columns)).astype(np.int16)
    if columns > 1:
        values[:, -1] = limits[1]
    return values


@st.composite
def samples(draw: Any, most_classes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Training features, labels of 2 to `most_classes` classes, and features to predict."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, columns, limits = draw(st.integers(4, 250)), draw(st.integers(1, 7)), draw(st.sampled_from(RANGES))
    features = table(rng, n, columns, limits)
    codes = np.sort(rng.choice(np.arange(1, 256), draw(st.integers(2, min(most_classes, n // 2))), replace=False)).astype(np.uint8)
    labels = codes[np.minimum(np.argsort(np.argsort(features[:, 0], kind="stable")) * len(codes) // n, len(codes) - 1)]
    mixed = rng.random(n) < draw(st.sampled_from([0.0, 0.3, 1.0]))
    labels[mixed] = rng.choice(codes, mixed.sum())
    labels[: len(codes)] = codes
    return features, labels, table(rng, draw(st.integers(0, 40)), columns, RANGES[draw(st.integers(0, 1))])


@st.composite
def forests(draw: Any) -> Drawn:
    """Forests of 1 to 12 trees, from stumps to unlimited depth, on codes or on values."""
    options = RandomForestOptions(
        trees=draw(st.integers(1, 12)),
        max_depth=draw(st.sampled_from([None, 1, 2, 6, 25])),
        min_samples_leaf=draw(st.sampled_from([1, 2, 5, 200])),
        max_features=draw(st.sampled_from(["sqrt", 1.0])),
        class_weight=draw(st.sampled_from([None, "balanced"])),
        bins=draw(st.sampled_from([None, 2, 16, 255, 256])),
    )
    features, labels, values = draw(samples(60))
    names = tuple(f"f{k}" for k in range(features.shape[1]))
    return Drawn(fit("random_forest", options, features, labels, names, draw(st.integers(0, 99))), values)


@st.composite
def extra_trees(draw: Any) -> Drawn:
    """Extra trees, as forests: thresholds lie anywhere between two values."""
    options = ExtraTreesOptions(
        trees=draw(st.integers(1, 12)),
        max_depth=draw(st.sampled_from([None, 1, 2, 6, 25])),
        min_samples_leaf=draw(st.sampled_from([1, 2, 5, 200])),
        max_features=draw(st.sampled_from(["sqrt", 1.0])),
        class_weight=draw(st.sampled_from([None, "balanced", tuple((code, 1 + code / 7) for code in range(1, 256, 2))])),
        bins=draw(st.sampled_from([None, 2, 16, 255, 256])),
        criterion=draw(st.sampled_from(["gini", "entropy"])),
        bootstrap=draw(st.booleans()),
    )
    features, labels, values = draw(samples(60))
    names = tuple(f"f{k}" for k in range(features.shape[1]))
    return Drawn(fit("extra_trees", options, features, labels, names, draw(st.integers(0, 99))), values)


@st.composite
def boosters(draw: Any) -> Drawn:
    """Boosters of two or more classes, of trees of one leaf and more."""
    options = LightGBMOptions(
        rounds=draw(st.integers(1, 8)),
        leaves=draw(st.sampled_from([2, 8, 9, 31, 64, 200])),
        learning_rate=draw(st.sampled_from([0.05, 0.5])),
        min_data_in_leaf=draw(st.sampled_from([1, 5, 60])),
        feature_fraction=draw(st.sampled_from([0.5, 1.0])),
        max_bin=draw(st.sampled_from([7, 255])),
    )
    features, labels, values = draw(samples(12))
    names = tuple(f"f{k}" for k in range(features.shape[1]))
    return Drawn(fit("lightgbm", options, features, labels, names, draw(st.integers(0, 99))), values)


@st.composite
def histograms(draw: Any) -> Drawn:
    """Boosters of scikit-learn."""
    options = HistGradientBoostingOptions(
        rounds=draw(st.integers(1, 8)),
        leaves=draw(st.sampled_from([2, 9, 31, 200])),
        learning_rate=draw(st.sampled_from([0.05, 0.5])),
        max_depth=draw(st.sampled_from([None, 1, 4])),
        min_samples_leaf=draw(st.sampled_from([1, 5, 60])),
        max_features=draw(st.sampled_from([0.5, 1.0])),
        max_bin=draw(st.sampled_from([7, 255])),
    )
    features, labels, values = draw(samples(12))
    names = tuple(f"f{k}" for k in range(features.shape[1]))
    return Drawn(fit("hist_gradient_boosting", options, features, labels, names, draw(st.integers(0, 99))), values)


def assert_same_answers(engine: Engine, fitted: Fitted, features: np.ndarray, within: float = 1e-5, ties: bool = False) -> None:
    """Labels of an engine are the library's; confidence and probabilities are within a tolerance.

    ties: a label may be another one to which the library gives the same probability, to a ten-millionth.
    """
    reference = LibraryEngine(fitted.estimator, fitted.book, fitted.classes).predict(features, probabilities=True)
    found = engine.predict(features, probabilities=True)
    assert (found.labels.dtype, found.confidence.dtype, found.probabilities.dtype) == (np.uint8, np.float32, np.float32)
    differ = np.flatnonzero(found.labels != reference.labels) if ties else []
    for pixel in differ:
        ours, theirs = (np.searchsorted(fitted.classes, labels[pixel]) for labels in (found.labels, reference.labels))
        assert abs(reference.probabilities[pixel, ours] - reference.probabilities[pixel, theirs]) <= 1e-7
    np.testing.assert_array_equal(np.delete(found.labels, differ), np.delete(reference.labels, differ))
    np.testing.assert_allclose(found.confidence, reference.confidence, rtol=0, atol=within)
    np.testing.assert_allclose(found.probabilities, reference.probabilities, rtol=0, atol=within)
    alone = engine.predict(features)
    assert alone.probabilities is None
    np.testing.assert_array_equal(alone.labels, found.labels)
    np.testing.assert_array_equal(alone.confidence, found.confidence)
