"""What columns are worth: shares of splits, falls under shuffling, SHAP values."""

from __future__ import annotations

import lightgbm
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier

from iota_py.errors import TaskError
from iota_py.training import importance
from iota_py.training.importance import booster_contributions, mean_contributions, own_importance, permutation_falls


def samples(n: int = 400, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Column 0 decides the class, column 1 a little, column 2 nothing."""
    rng = np.random.default_rng(6)
    matrix = rng.integers(0, 300, (n, 3)).astype(np.float32)
    return matrix, ((matrix[:, 0] + 0.3 * matrix[:, 1]) // (390 / classes + 1)).astype(np.uint8)


def booster(matrix: np.ndarray, labels: np.ndarray, **more: object) -> lightgbm.Booster:
    classes = int(labels.max()) + 1
    objective = {"objective": "binary"} if classes == 2 else {"objective": "multiclass", "num_class": classes}
    options = {**objective, "num_leaves": 8, "verbosity": -1, "num_threads": 1, "deterministic": True, **more}
    return lightgbm.train(options, lightgbm.Dataset(matrix, label=labels), num_boost_round=10)


def test_trees_say_what_columns_were_worth():
    matrix, labels = samples()
    for estimator in (RandomForestClassifier(20, max_features=3, random_state=0).fit(matrix, labels), booster(matrix, labels)):
        found = own_importance(estimator)
        assert found.sum() == pytest.approx(1)
        assert found[0] > 3 * found[1] > 3 * found[2] >= 0
    assert own_importance(KNeighborsClassifier().fit(matrix, labels)) is None


def test_a_single_split_is_all_the_importance_and_no_split_is_none():
    matrix = np.array([[1, 5], [2, 5], [3, 5], [4, 5]], np.float32)
    stump = RandomForestClassifier(3, max_depth=1, bootstrap=False, random_state=0).fit(matrix, [0, 0, 1, 1])
    assert own_importance(stump).tolist() == [1, 0]
    flat = RandomForestClassifier(3, random_state=0).fit(matrix[:, 1:], [0, 0, 1, 1])
    assert own_importance(flat).tolist() == [0]


def test_falls_by_hand():
    """The score is the mean of column 0 over even rows less twice that of column 1 there: shuffling a constant column changes nothing."""
    features = np.array([[10, 7], [0, 7], [10, 7], [0, 7]], np.int16)

    def score(values: np.ndarray) -> tuple[float]:
        return (float(values[::2, 0].mean() - 2 * values[::2, 1].mean()),)

    before = features.copy()
    base, falls = permutation_falls(score, features, {"first": [0], "second": [1]}, repeats=60, seed=3)
    assert base.tolist() == [10 - 14]
    assert falls.shape == (2, 60, 1)
    assert set(falls[0].ravel().tolist()) == {0.0, 5.0, 10.0}, "two, one or none of the even rows still have 10"
    assert falls[0].mean() == pytest.approx(5, abs=1.5)  # a row is left with 10 half of the time
    assert not falls[1].any()
    assert (features == before).all()


def test_columns_of_a_group_move_together():
    features = np.arange(40, dtype=np.int16).reshape(20, 2)

    def together(values: np.ndarray) -> tuple[bool, bool]:
        return bool((values[:, 1] - values[:, 0] == 1).all()), bool((values == features).all())

    _, falls = permutation_falls(together, features, {"pair": [0, 1], "one": [0]}, repeats=4, seed=1)
    assert falls[0].tolist() == [[0, 1]] * 4, "pairs stay pairs, in another order"
    assert falls[1].tolist() == [[1, 1]] * 4


@given(st.permutations(["a", "b", "c"]), st.integers(0, 2**31))
def test_a_fall_does_not_depend_on_what_else_is_asked_for(order, seed):
    features = np.random.default_rng(1).integers(0, 99, (30, 3)).astype(np.int16)
    columns = {"a": [0], "b": [1, 2], "c": [2]}

    def score(values: np.ndarray) -> tuple[float]:
        return (float((values * [[1, 2, 3]] * np.arange(30)[:, None]).sum()),)

    _, falls = permutation_falls(score, features, {name: columns[name] for name in order}, 2, seed)
    for row, name in enumerate(order):
        np.testing.assert_array_equal(permutation_falls(score, features, {name: columns[name]}, 2, seed)[1][0], falls[row])


@pytest.mark.parametrize("classes", [2, 3])
def test_contributions_and_their_base_add_up_to_the_raw_scores(classes):
    matrix, labels = samples(classes=classes)
    model = booster(matrix, labels)
    found = booster_contributions(model, matrix)
    scores = 1 if classes == 2 else classes
    assert found.shape == (len(matrix), scores, 3)
    base = np.asarray(model.predict(matrix, pred_contrib=True)).reshape(len(matrix), scores, 4)[:, :, 3]
    raw = model.predict(matrix, raw_score=True).reshape(len(matrix), scores)
    np.testing.assert_allclose(found.sum(axis=2) + base, raw, atol=1e-9)
    mean = mean_contributions(model, matrix, classes)
    assert mean.shape == (classes, 3)
    np.testing.assert_allclose(mean, np.broadcast_to(np.abs(found).mean(axis=0), (classes, 3)), rtol=1e-6)
    assert (mean[:, 0] > mean[:, 1]).all()


def test_contributions_of_one_split_by_hand(monkeypatch):
    """One split in the middle: both sides are half of the samples, so a sample is moved from the mean by half of the step."""
    monkeypatch.setattr(importance, "_BLOCK", 3)
    matrix = np.repeat([[0.0, 9.0], [1.0, 9.0]], 20, axis=0)
    model = booster(matrix, np.repeat([0, 1], 20), num_leaves=2, min_data_in_leaf=1)
    low, high = model.predict(np.array([[0.0, 9.0], [1.0, 9.0]]), raw_score=True)
    mean = mean_contributions(model, matrix, 2)
    np.testing.assert_allclose(mean, [[(high - low) / 2, 0]] * 2)


def test_forests_need_the_package(monkeypatch):
    matrix, labels = samples()
    forest = RandomForestClassifier(3, random_state=0).fit(matrix, labels)
    monkeypatch.setattr(importance, "find_spec", lambda name: None)
    with pytest.raises(TaskError, match=r"E-IMP-001 importance: importance\.shap: the package shap is not installed\. Fix: pip install"):
        mean_contributions(forest, matrix, 3)


def test_other_kinds_have_no_shap_values():
    matrix, labels = samples()
    with pytest.raises(
        TaskError, match=r"E-IMP-002 importance: importance\.shap: there are no SHAP values of KNeighborsClassifier\. Fix: use"
    ):
        mean_contributions(KNeighborsClassifier().fit(matrix, labels), matrix, 3)


@pytest.mark.filterwarnings("ignore")
def test_contributions_of_a_forest():
    pytest.importorskip("shap")
    matrix, labels = samples(120)
    forest = RandomForestClassifier(5, max_depth=4, random_state=0).fit(matrix, labels)
    explained = importance._explainer(forest)(matrix)
    assert explained.shape == (120, 3, 3)
    moved = forest.predict_proba(matrix) - explained.sum(axis=2)
    np.testing.assert_allclose(moved, np.broadcast_to(moved[0], moved.shape), atol=1e-6, err_msg="one base for all pixels")
    mean = mean_contributions(forest, matrix, 3)
    np.testing.assert_allclose(mean, np.abs(explained).mean(axis=0), atol=1e-9)
    assert (mean[:, 0] > mean[:, 2]).all()


def test_xgboost_says_the_same_things():
    xgboost = pytest.importorskip("xgboost")
    matrix, labels = samples()
    data = xgboost.DMatrix(matrix, label=labels, nthread=1)
    model = xgboost.train({"objective": "multi:softprob", "num_class": 3, "nthread": 1}, data, num_boost_round=5)
    found = own_importance(model)
    assert found.sum() == pytest.approx(1)
    assert found.argmax() == 0
    contributions = booster_contributions(model, matrix)
    assert contributions.shape == (len(matrix), 3, 3)
    base = model.predict(data, pred_contribs=True)[:, :, 3]
    np.testing.assert_allclose(contributions.sum(axis=2) + base, model.predict(data, output_margin=True), atol=1e-4)
