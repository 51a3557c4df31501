"""Forests of the Intel extension: scikit-learn's in all but the splits; run where it is installed."""

from __future__ import annotations

import io
import logging
import sys
import threading
import zipfile
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from iota_py.errors import ConfigError, TaskError
from iota_py.prediction.forest import forest_engine
from iota_py.training import archive, bundle
from iota_py.training.estimators import RandomForestOptions
from iota_py.training.fit import Fitted, fit
from iota_py.training.intel import _share_out, grow_forest

try:
    EXTENSION = version("scikit-learn-intelex")
except PackageNotFoundError:
    EXTENSION = None
needed = pytest.mark.skipif(EXTENSION is None, reason="the Intel extension is not installed (pip install 'iota-py[intel]')")
NAMES = tuple(f"f{i}" for i in range(12))


def samples(n: int = 1500, seed: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Four classes that several features tell apart, a tenth of the labels drawn at random; features of few and of many values."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(np.array([3, 7, 40, 200], np.uint8), n, p=[0.4, 0.3, 0.2, 0.1])
    kinds = np.searchsorted([3, 7, 40, 200], labels)[:, None]
    features = rng.normal(0, 500, (n, len(NAMES))) + kinds * np.linspace(-600, 600, len(NAMES))
    features[:, 0] = np.rint(features[:, 0] / 500)
    wrong = rng.random(n) < 0.1
    labels[wrong] = rng.choice([3, 7, 40, 200], wrong.sum())
    return features.astype(np.int16), labels


def grown(threads: int = 1, seed: int = 5, **options) -> Fitted:
    """A forest of the extension."""
    return fit("random_forest", RandomForestOptions(**{"trees": 12, "trainer": "intel", **options}), *samples(), NAMES, seed, threads)


def test_every_number_of_a_node_becomes_one_of_the_samples():
    """Root 0: value <= 4 -> leaf 1, else node 2: value <= 8 -> leaf 3, else leaf 4; worked out by hand."""
    values = np.array([[0.0], [4.0], [8.0], [8.0], [9.0], [9.0], [9.0], [9.0]], np.float32)
    tree = DecisionTreeClassifier().fit([[0.0], [8.0], [9.0]], [0, 1, 2])
    state = tree.tree_.__getstate__()
    nodes = np.sort(state["nodes"], order="threshold")[:0].copy()
    nodes.resize(5, refcheck=False)
    nodes["left_child"], nodes["right_child"] = [1, -1, 3, -1, -1], [2, -1, 4, -1, -1]
    nodes["feature"], nodes["threshold"] = [0, -2, 0, -2, -2], [4, -2, 8, -2, -2]
    nodes["n_node_samples"], nodes["weighted_n_node_samples"] = 99, 99
    tree.tree_.__setstate__({"max_depth": 2, "node_count": 5, "nodes": nodes, "values": np.zeros((5, 1, 3))})
    _share_out(tree, values, np.array([0, 1, 1, 2, 2, 2, 2, 0]), 3)
    expected = [[2 / 8, 2 / 8, 4 / 8], [1 / 2, 1 / 2, 0], [1 / 6, 1 / 6, 4 / 6], [0, 1 / 2, 1 / 2], [1 / 4, 0, 3 / 4]]
    np.testing.assert_allclose(tree.tree_.value[:, 0], expected, rtol=1e-15)
    assert tree.tree_.n_node_samples.tolist() == tree.tree_.weighted_n_node_samples.tolist() == [8, 2, 6, 2, 4]
    np.testing.assert_allclose(tree.tree_.impurity, [0.625, 0.5, 0.5, 0.5, 0.375], rtol=1e-15)
    _share_out(tree, values[4:], np.array([2, 2, 2, 0]), 3)  # all go right twice: what is empty takes after the node above
    np.testing.assert_array_equal(tree.tree_.value[:, 0], [[1 / 4, 0, 3 / 4]] * 5)
    assert tree.tree_.n_node_samples.tolist() == [4, 0, 4, 0, 4]


@needed
@pytest.mark.parametrize(
    "options", [{}, {"max_depth": 3}, {"min_samples_leaf": 40}, {"max_features": 1.0}, {"max_depth": None, "bins": 16}]
)
def test_the_forest_is_one_of_scikit_learn_and_obeys_its_options(options):
    fitted = grown(**options)
    forest, asked = fitted.estimator, fitted.options
    assert type(forest) is RandomForestClassifier
    assert {type(tree) for tree in forest.estimators_} == {DecisionTreeClassifier}
    assert (len(forest.estimators_), forest.n_jobs) == (12, 1)
    assert fitted.classes.tolist() == forest.classes_.tolist() == [3, 7, 40, 200]
    trees = [tree.tree_ for tree in forest.estimators_]
    assert max(tree.max_depth for tree in trees) <= (asked.max_depth or 10**6)
    thresholds = np.concatenate([tree.threshold[tree.feature >= 0] for tree in trees])
    assert thresholds.min() >= 0
    assert set(thresholds % 1) <= {0.0, 0.5}  # half-way between two codes: a code is above it or not
    for tree in trees:
        samples_, left = tree.n_node_samples, tree.children_left
        assert samples_[0] == 1500
        inner = left >= 0
        np.testing.assert_array_equal(samples_[inner], samples_[left[inner]] + samples_[tree.children_right[inner]])
        np.testing.assert_allclose(tree.value.sum(axis=2), 1, rtol=1e-12)
    if asked.min_samples_leaf == 40:  # of the draws: as many samples in the mean of the leaves
        assert np.mean([tree.n_node_samples[tree.children_left < 0].mean() for tree in trees]) > 40
        assert sum(tree.node_count for tree in trees) < sum(tree.tree_.node_count for tree in grown().estimator.estimators_)


@needed
def test_it_learns_as_well_as_scikit_learn():
    """Over seeds: the means differ by less than three standard errors of their difference, or the extension is the better one."""
    features, labels = samples(4000, 9)
    learnt, held = (features[:1500], labels[:1500]), (features[1500:], labels[1500:])
    right = {}
    for trainer in ("scikit-learn", "intel"):
        options = RandomForestOptions(trees=30, trainer=trainer)
        models = [fit("random_forest", options, *learnt, NAMES, seed) for seed in range(8)]
        right[trainer] = np.array([(m.estimator.predict(m.book.encode(held[0]).astype(np.float32)) == held[1]).mean() for m in models])
    plain, ours = right["scikit-learn"], right["intel"]
    error = np.sqrt((plain.var(ddof=1) + ours.var(ddof=1)) / 8)
    assert plain.mean() > 0.75
    assert ours.mean() > plain.mean() - 3 * error


@needed
def test_the_compiled_engine_gives_its_labels_and_confidence():
    fitted = grown(trees=40)
    features = samples(5000, 3)[0]
    shares = fitted.estimator.predict_proba(fitted.book.encode(features).astype(np.float32))
    found = forest_engine(fitted.estimator, fitted.book, fitted.classes).predict(features, True)
    np.testing.assert_array_equal(found.labels, fitted.classes[shares.argmax(axis=1)])
    np.testing.assert_allclose(found.confidence, shares.max(axis=1), atol=1e-5)
    np.testing.assert_allclose(found.probabilities, shares, atol=1e-5)


@needed
def test_bytes_depend_on_the_seed_and_not_on_the_threads_or_the_thread():
    once = archive.dump(grown().estimator)
    assert archive.dump(grown(threads=2).estimator) == once
    assert archive.dump(grown(seed=6).estimator) != once
    inside: list[bytes] = []
    worker = threading.Thread(target=lambda: inside.append(archive.dump(grown(threads=2).estimator)))
    worker.start()
    worker.join()
    assert inside == [once]


@needed
def test_the_extension_is_left_as_it_was_found():
    import daal4py

    before = daal4py.num_threads()
    handlers = logging.root.handlers[:]
    grown(threads=1)
    assert daal4py.num_threads() == before
    assert logging.root.handlers == handlers
    assert np.float32(1e-40) * np.float32(1) > 0  # the processor still knows numbers below the smallest normal one


@needed
def test_the_bundle_names_the_trainer_and_is_read_without_it(tmp_path, monkeypatch):
    fitted = grown()
    bundle.save(fitted, tmp_path / "m")
    described = bundle.describe(tmp_path / "m")
    assert described["trainer"] == {"name": "intel", "version": EXTENSION}
    assert described["options"]["trainer"] == "intel"
    with zipfile.ZipFile(io.BytesIO((tmp_path / "m" / "model.skops").read_bytes())) as content:
        assert b"sklearnex" not in content.read("schema.json")
    monkeypatch.setitem(sys.modules, "sklearnex", None)  # as where it is not installed
    monkeypatch.setattr("iota_py.training.trainers._extension", lambda: None)
    again = bundle.load(tmp_path / "m", NAMES)
    bundle.save(again, tmp_path / "again")
    for path in (tmp_path / "m").iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()
    with pytest.raises(ConfigError, match="E-CFG-018"):
        grown()


def test_an_extension_that_cannot_be_loaded_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearnex", None)
    monkeypatch.setitem(sys.modules, "sklearnex.ensemble", None)
    with pytest.raises(
        TaskError, match=r"E-TRN-004 training: model\.trainer: the Intel extension cannot be loaded .*Fix: install it again, or set"
    ):
        grow_forest({"random_state": 1}, np.zeros((4, 2), np.float32), np.array([1, 1, 2, 2], np.uint8), 1)


def test_work_handed_back_to_scikit_learn_is_refused(monkeypatch):
    """A stand-in for the extension that does what the real one does on conditions that it cannot meet: it is scikit-learn."""
    from types import ModuleType

    class Fallen(RandomForestClassifier):
        def __init__(self, max_bins: int = 256, **rest) -> None:
            super().__init__(**rest)
            self.max_bins = max_bins

    extension, ensemble, core = ModuleType("sklearnex"), ModuleType("sklearnex.ensemble"), ModuleType("daal4py")
    threads = [4]
    ensemble.RandomForestClassifier = Fallen
    core.num_threads, core.daalinit = lambda: threads[-1], threads.append
    for module in (extension, ensemble, core):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    features, labels = samples(60)
    with pytest.raises(TaskError, match=r"E-TRN-005 .*handed the work back to scikit-learn\. Fix: set model\.trainer: scikit-learn"):
        grow_forest({"random_state": 1, "n_estimators": 2}, features.astype(np.float32), labels, 1)
    assert threads == [4, 1, 4]
