"""Which engine a model gets, and what is said when it is not a compiled one."""

from __future__ import annotations

import dataclasses
import logging
from concurrent.futures import ThreadPoolExecutor

import lightgbm
import numba
import numpy as np
import pytest

from iota_py.prediction import loading
from iota_py.prediction.boosting import BoostingEngine
from iota_py.prediction.ensembles import StackingEngine, VotingEngine
from iota_py.prediction.forest import ForestEngine
from iota_py.prediction.library import LibraryEngine
from iota_py.prediction.loading import load_engine
from iota_py.training.fit import Fitted, fit
from iota_py.training.options import OPTIONS, LightGBMOptions, MemberOptions

from .models import assert_same_answers


@pytest.fixture(autouse=True)
def nothing_said_yet():
    loading._say_once.cache_clear()


def fitted(kind: str, **options) -> Fitted:
    rng = np.random.default_rng(1)
    features = rng.integers(-500, 6000, (300, 4)).astype(np.int16)
    labels = (1 + (features[:, 0] > 2000) + (features[:, 1] > 3000)).astype(np.uint8)
    return fit(kind, OPTIONS[kind](**options), features, labels, tuple("abcd"), 2)


@pytest.mark.parametrize(
    ("kind", "options", "engine"),
    [
        ("random_forest", {"trees": 5}, ForestEngine),
        ("random_forest", {"trees": 5, "bins": None}, ForestEngine),
        ("lightgbm", {"rounds": 5}, BoostingEngine),
        ("extra_trees", {"trees": 5}, ForestEngine),
        ("extra_trees", {"trees": 5, "bins": None}, ForestEngine),
        ("hist_gradient_boosting", {"rounds": 5}, BoostingEngine),
    ],
)
def test_compiled_engines_are_chosen_without_a_word(kind, options, engine, caplog):
    model = fitted(kind, **options)
    chosen = load_engine(model)
    assert type(chosen) is engine
    assert not caplog.records
    assert_same_answers(chosen, model, np.random.default_rng(4).integers(-500, 6000, (100, 4)).astype(np.int16))


def test_threads_share_an_engine():
    rng = np.random.default_rng(6)
    for kind, options in (("random_forest", {"trees": 20}), ("lightgbm", {"rounds": 20})):
        model = fitted(kind, **options)
        engine = load_engine(model)
        windows = [rng.integers(-500, 6000, (900, 4)).astype(np.int16) for _ in range(12)]
        alone = [engine.predict(window).labels.tolist() for window in windows]
        with ThreadPoolExecutor(4) as pool:
            assert [found.labels.tolist() for found in pool.map(engine.predict, windows)] == alone


def test_the_library_is_asked_where_no_engine_fits_and_that_is_said_once(caplog):
    rng = np.random.default_rng(1)
    features, labels = rng.integers(0, 5, (300, 4)), rng.integers(0, 3, 300)
    options = {"objective": "multiclass", "num_class": 3, "verbosity": -1, "num_threads": 1, "zero_as_missing": True}
    booster = lightgbm.train(options, lightgbm.Dataset(features.astype(np.float32), labels), 3)
    classes = np.array([1, 2, 3], np.uint8)
    with caplog.at_level(logging.WARNING, logger="iota_py"):
        engines = [load_engine(Fitted("lightgbm", booster, None, classes, tuple("abcd"), LightGBMOptions(), 0)) for _ in range(3)]
    assert all(type(engine) is LibraryEngine for engine in engines)
    assert [record.getMessage() for record in caplog.records] == [
        "lightgbm: predicted by the library itself, many times slower: zero is taken as missing"
    ]
    expected = classes[booster.predict(features.astype(np.float32)).argmax(axis=1)]
    np.testing.assert_array_equal(engines[0].predict(features.astype(np.int16)).labels, expected)


def test_the_library_is_asked_where_compilation_is_off(caplog, monkeypatch):
    monkeypatch.setattr(numba.config, "DISABLE_JIT", True)
    model = fitted("random_forest", trees=3)
    with caplog.at_level(logging.WARNING, logger="iota_py"):
        engine = load_engine(model)
    assert type(engine) is LibraryEngine
    assert "NUMBA_DISABLE_JIT" in caplog.text
    values = np.random.default_rng(4).integers(-500, 6000, (50, 4)).astype(np.int16)
    labels = engine.predict(values).labels  # the codes, too, are made without compilation
    monkeypatch.undo()
    np.testing.assert_array_equal(labels, load_engine(model).predict(values).labels)


def test_a_mistake_of_the_caller_is_no_reason_to_fall_back():
    model = fitted("random_forest", trees=3)
    with pytest.raises(ValueError, match="not fitted on 8-bit codes"):
        load_engine(dataclasses.replace(model, estimator=fitted("random_forest", trees=3, bins=None).estimator))


def test_members_of_an_ensemble_have_engines_of_their_own_kind():
    parts = (MemberOptions("a", "extra_trees", OPTIONS["extra_trees"](trees=3)), MemberOptions("b", "knn", OPTIONS["knn"]()))
    for kind, engine in (("voting", VotingEngine), ("stacking", StackingEngine)):
        chosen = load_engine(fitted(kind, members=parts))
        assert type(chosen) is engine
        assert [type(member) for member in chosen.engines] == [ForestEngine, LibraryEngine]


@pytest.mark.parametrize("kind", ["svm", "knn", "logistic_regression"])
def test_kinds_without_an_engine_of_ours_are_asked_of_the_library_without_a_word(kind, caplog):
    model = fitted(kind)
    engine = load_engine(model)
    assert type(engine) is LibraryEngine
    assert not caplog.records
    values = np.random.default_rng(4).integers(-500, 6000, (100, 4)).astype(np.int16)
    expected = model.estimator.predict_proba(values.astype(np.float32))
    np.testing.assert_array_equal(engine.predict(values).labels, model.classes[expected.argmax(axis=1)])
