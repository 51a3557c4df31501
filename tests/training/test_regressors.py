"""Regressors: fitted twice they are the same, written and read back they say the same, and what makes no sense is refused."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import lightgbm
import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor

from iota_py.codes import CodeBook
from iota_py.errors import TaskError
from iota_py.prediction.loading import load_engine
from iota_py.prediction.regression import load_value_engine
from iota_py.training.bundle import load, save
from iota_py.training.fitted import Target
from iota_py.training.options import ExtraTreesOptions, KNNOptions, LightGBMOptions, Options, RandomForestOptions
from iota_py.training.regressors import ValueSet, fit_regressor

NAMES = ("a", "b", "c")
COVER = Target("cover", 100.0, "%")
OPTIONS = [RandomForestOptions(trees=5), ExtraTreesOptions(trees=5), LightGBMOptions(rounds=8)]


def samples(n: int = 300) -> ValueSet:
    rng = np.random.default_rng(5)
    matrix = rng.integers(-500, 8000, (n, 3)).astype(np.int16)
    return ValueSet(matrix, matrix[:, 0] / 100 + rng.normal(0, 1, n), NAMES)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: options.kind)
def test_any_number_of_threads_gives_the_same_bytes_and_they_are_read_back(options: Options, tmp_path: Path) -> None:
    for threads in (1, 2):
        save(fit_regressor(options, samples(), COVER, 7, threads), tmp_path / str(threads))
    assert content(tmp_path / "1") == content(tmp_path / "2")
    found = load(tmp_path / "1", NAMES)
    assert (found.target, found.kind, len(found.classes)) == (COVER, options.kind, 0)
    given = samples().matrix
    before = load_value_engine(fit_regressor(options, samples(), COVER, 7)).predict(given)
    assert load_value_engine(found).predict(given).tobytes() == before.tobytes()
    save(found, tmp_path / "again")
    assert content(tmp_path / "again") == content(tmp_path / "1")


def test_the_estimators_are_those_of_the_libraries_on_codes() -> None:
    given = samples()
    book = CodeBook.fit(given.matrix, 255)
    codes = book.encode(given.matrix).astype(np.float32)
    common = {"n_estimators": 5, "max_depth": 25, "min_samples_leaf": 5, "max_features": "sqrt", "random_state": 7}
    for options, estimator in ((OPTIONS[0], RandomForestRegressor(**common)), (OPTIONS[1], ExtraTreesRegressor(**common))):
        expected = estimator.fit(codes, given.values).predict(codes)
        np.testing.assert_array_equal(fit_regressor(options, given, COVER, 7).estimator.predict(codes), expected)
    booster = fit_regressor(OPTIONS[2], given, COVER, 7).estimator
    assert isinstance(booster, lightgbm.Booster)
    assert "objective=regression" in booster.model_to_string()
    assert np.corrcoef(booster.predict(given.matrix), given.values)[0, 1] > 0.9


def test_weights_of_samples_count() -> None:
    given = ValueSet(np.zeros((4, 1), np.int16), np.array([0.0, 0.0, 10.0, 10.0]), ("a",), np.array([1.0, 1.0, 3.0, 3.0]))
    options = ExtraTreesOptions(trees=1, min_samples_leaf=1)
    fitted = fit_regressor(options, given, COVER, 0)
    assert load_value_engine(fitted).predict(np.zeros((1, 1), np.int16)).tolist() == [7.5]  # (2 × 0 + 6 × 10) / 8


def test_one_value_only_cannot_be_learnt() -> None:
    with pytest.raises(TaskError, match=r"E-TGT-020.*all 300 learning samples have the value 4"):
        fit_regressor(OPTIONS[0], dataclasses.replace(samples(), values=np.full(300, 4.0)), COVER, 0)


@pytest.mark.parametrize(
    "options",
    [
        KNNOptions(),
        RandomForestOptions(class_weight="balanced"),
        ExtraTreesOptions(criterion="entropy"),
        RandomForestOptions(trainer="intel"),
    ],
)
def test_what_is_for_classes_is_refused(options: Options) -> None:
    with pytest.raises(ValueError, match=r"predicts classes only|has no use for"):
        fit_regressor(options, samples(), COVER, 0)


def test_no_engine_of_classes_is_made_of_a_regressor() -> None:
    with pytest.raises(ValueError, match="predicts cover, a number"):
        load_engine(fit_regressor(OPTIONS[0], samples(), COVER, 0))
