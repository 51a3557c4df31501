"""Engines of regressors give the numbers of the libraries, for any block of pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iota_py.prediction import regression
from iota_py.prediction.regression import LibraryValueEngine, TreesEngine, load_value_engine
from iota_py.training.fit import Fitted
from iota_py.training.fitted import Target
from iota_py.training.options import ExtraTreesOptions, LightGBMOptions, RandomForestOptions
from iota_py.training.regressors import ValueSet, fit_regressor
from tests.prediction.models import RANGES, table


@st.composite
def regressors(draw: Any) -> tuple[Fitted, np.ndarray]:
    """A regressor of any kind on few or many values, and features to predict."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, columns, limits = draw(st.integers(4, 250)), draw(st.integers(1, 7)), draw(st.sampled_from(RANGES))
    features = table(rng, n, columns, limits)
    values = draw(st.sampled_from([1.0, 1e-3, 1e6])) * (features[:, 0].astype(np.float64) + rng.normal(0, 300, n))
    kind, depth = draw(st.sampled_from(["random_forest", "extra_trees", "lightgbm"])), draw(st.sampled_from([None, 1, 6]))
    trees, bins, leaf = draw(st.integers(1, 12)), draw(st.sampled_from([None, 2, 16, 255, 256])), draw(st.sampled_from([1, 2, 5, 200]))
    if kind == "lightgbm":
        options: Any = LightGBMOptions(rounds=trees, leaves=draw(st.integers(2, 40)), min_data_in_leaf=leaf)
    else:
        options = (RandomForestOptions if kind == "random_forest" else ExtraTreesOptions)(
            trees=trees, max_depth=depth, bins=bins, min_samples_leaf=leaf
        )
    fitted = fit_regressor(
        options, ValueSet(features, values, tuple(f"f{k}" for k in range(columns))), Target("t"), draw(st.integers(0, 99))
    )
    return fitted, table(rng, draw(st.integers(0, 40)), columns, RANGES[draw(st.integers(0, 1))])


@settings(max_examples=40, deadline=None)
@given(regressors())
def test_the_numbers_are_those_of_the_library(drawn: tuple[Fitted, np.ndarray]) -> None:
    fitted, features = drawn
    engine = load_value_engine(fitted)
    assert isinstance(engine, TreesEngine)
    found, expected = engine.predict(features), LibraryValueEngine(fitted.estimator, fitted.book).predict(features)
    assert found.dtype == np.float32
    assert found.shape == (len(features),)
    np.testing.assert_array_equal(found, expected)
    if engine.book is not None:
        assert engine.predict_codes(engine.book.encode(features), len(features)).tobytes() == found.tobytes()
    alone = [engine.predict(features[k : k + 1]) for k in range(len(features))]
    assert b"".join(one.tobytes() for one in alone) == found.tobytes()


def forest(n: int = 4000, **options: Any) -> tuple[Fitted, np.ndarray]:
    rng = np.random.default_rng(1)
    features = rng.integers(-30000, 30000, (n, 4)).astype(np.int16)
    values = features[:, 0] / 300.0 + rng.normal(0, 1, n)
    return fit_regressor(
        RandomForestOptions(trees=3, min_samples_leaf=1, max_depth=None, **options),
        ValueSet(features, values, tuple("abcd")),
        Target("t"),
        0,
    ), features


def test_thresholds_too_many_for_codes_are_compared_as_values() -> None:
    fitted, features = forest(bins=None)
    engine = load_value_engine(fitted)
    assert engine.book is None
    np.testing.assert_array_equal(engine.predict(features), fitted.estimator.predict(features.astype(np.float32)).astype(np.float32))


def test_blocks_of_pixels_do_not_change_the_numbers() -> None:
    fitted, features = forest()
    engine = load_value_engine(fitted)
    whole = engine.predict(features)
    for size in (1000, 517, 77):
        assert np.concatenate([engine.predict(features[k : k + size]) for k in range(0, len(features), size)]).tobytes() == whole.tobytes()


def test_without_a_compiler_the_library_answers(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    fitted, features = forest(100)
    compiled = load_value_engine(fitted).predict(features)
    monkeypatch.setattr(regression.config, "DISABLE_JIT", True)
    regression._say_once.cache_clear()
    engine = load_value_engine(fitted)
    assert isinstance(engine, LibraryValueEngine)
    assert "predicted by the library itself" in caplog.text
    monkeypatch.undo()
    np.testing.assert_array_equal(engine.predict(features), compiled)


def test_other_features_are_refused() -> None:
    fitted, features = forest(100, bins=None)
    with pytest.raises(ValueError, match="expected"):
        load_value_engine(fitted).predict(features[:, :3])
