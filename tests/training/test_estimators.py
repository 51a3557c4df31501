"""Every kind: it learns, says what it is, comes back from its bundle, and its bytes depend on rows, options and seed only."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from iota_py.errors import ConfigError, InputError, TaskError
from iota_py.prediction.library import LibraryEngine
from iota_py.prediction.loading import load_engine
from iota_py.training import trainers
from iota_py.training.bundle import describe, load, save
from iota_py.training.estimators import ESTIMATORS
from iota_py.training.fit import Fitted, fit
from iota_py.training.options import OPTIONS, KNNOptions, VotingOptions, options_named
from iota_py.training.trainers import installed

from .kinds import KINDS, MEMBERS, NAMES, OPTIONAL, SMALL, samples


def fitted(kind: str, threads: int = 1, seed: int = 5, **beside: np.ndarray) -> Fitted:
    features, labels = samples()
    return fit(kind, SMALL[kind], features, labels, NAMES, seed, threads, **beside)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_every_kind_has_options_and_a_case():
    assert set(ESTIMATORS) == set(OPTIONS) == set(SMALL)
    assert all(ESTIMATORS[kind].options is OPTIONS[kind] for kind in OPTIONS)


@pytest.mark.parametrize("kind", KINDS)
def test_it_learns_and_says_what_it_is(kind):
    model = fitted(kind)
    features, labels = samples(400, seed=9)
    found = load_engine(model).predict(features, probabilities=True)
    assert (found.labels == labels).mean() > 0.85
    assert (model.kind, model.names, model.seed, model.classes.tolist()) == (kind, NAMES, 5, [12, 31, 211])
    assert found.probabilities.shape == (400, 3)
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(found.labels, model.classes[found.probabilities.argmax(axis=1)])
    np.testing.assert_allclose(found.confidence, found.probabilities.max(axis=1), atol=1e-6)
    assert load_engine(model).predict(features[:0], probabilities=True).probabilities.shape == (0, 3)


@pytest.mark.parametrize("kind", KINDS)
def test_two_classes_are_ascending(kind):
    features, labels = samples()
    two = np.where(labels == 211, 9, 4).astype(np.uint8)
    model = fit(kind, SMALL[kind], features, two, NAMES, 5)
    found = load_engine(model).predict(features, probabilities=True)
    assert found.probabilities.shape == (300, 2)
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, atol=1e-5)
    assert (found.labels == two).mean() > 0.9


@pytest.mark.parametrize("kind", KINDS)
def test_bundle_round_trip_and_bytes(kind, tmp_path):
    model = fitted(kind)
    save(model, tmp_path / "once")
    save(fitted(kind, threads=2), tmp_path / "threads")
    after = load(tmp_path / "once", NAMES)
    save(after, tmp_path / "again")
    assert content(tmp_path / "once") == content(tmp_path / "threads") == content(tmp_path / "again")
    assert (after.kind, after.options, after.seed, after.trainer) == (model.kind, model.options, model.seed, model.trainer)
    features, _ = samples(200, seed=3)
    one, other = (load_engine(m).predict(features, probabilities=True) for m in (model, after))
    np.testing.assert_array_equal(one.probabilities, other.probabilities)
    assert set(describe(tmp_path / "once")["files"]) == set(content(tmp_path / "once")) - {"bundle.json"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_seed_or_the_order_of_rows_matters_where_something_is_drawn(kind, tmp_path):
    save(fitted(kind), tmp_path / "one")
    save(fitted(kind, seed=6), tmp_path / "two")
    one, two = content(tmp_path / "one"), content(tmp_path / "two")
    del one["bundle.json"], two["bundle.json"]
    drawn = {name for name in one if one[name] != two[name]} - {"edges.npz", "trees.edges.npz"}
    assert bool(drawn) == (kind != "knn")


def test_bytes_are_the_same_in_another_process(tmp_path):
    program = (
        "import sys; from pathlib import Path; from tests.training.test_estimators import *\n"
        "junk = [object() for _ in range(10000)]\n"  # other addresses in memory
        "for kind in sys.argv[2:]: save(fitted(kind), Path(sys.argv[1]) / kind)"
    )
    kinds = [kind for kind in SMALL if kind not in OPTIONAL or installed(OPTIONAL[kind])]
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "there"), *kinds], cwd=root, check=True)
    for kind in kinds:
        save(fitted(kind), tmp_path / "here" / kind)
        assert content(tmp_path / "here" / kind) == content(tmp_path / "there" / kind), kind


@pytest.mark.parametrize("kind", KINDS)
def test_blocks_of_pixels_do_not_change_the_labels(kind, monkeypatch):
    model = fitted(kind)
    features, _ = samples(500, seed=2)
    engine = load_engine(model)
    whole = engine.predict(features, probabilities=True)
    parts = [engine.predict(features[first : first + 77], probabilities=True) for first in range(0, 500, 77)]
    np.testing.assert_array_equal(whole.labels, np.concatenate([part.labels for part in parts]))
    np.testing.assert_allclose(whole.probabilities, np.concatenate([part.probabilities for part in parts]), atol=1e-5)
    monkeypatch.setattr("iota_py.prediction.library.BLOCK", 50)
    np.testing.assert_array_equal(engine.predict(features).labels, whole.labels)


TAKES_WEIGHTS = [p for p in KINDS if p.values[0] != "knn"]


@pytest.mark.parametrize("kind", TAKES_WEIGHTS)
def test_weights_make_samples_count(kind):
    """Two labels at each place: the one with the weight wins."""
    rng = np.random.default_rng(0)
    features = np.repeat(rng.integers(0, 5000, (150, 5)).astype(np.int16), 2, axis=0)
    labels = np.tile(np.array([3, 7], np.uint8), 150)
    for heavy in (3, 7):
        weights = np.where(labels == heavy, 5.0, 1.0)
        model = fit(kind, SMALL[kind], features, labels, NAMES, 1, weights=weights)
        assert (load_engine(model).predict(features).labels == heavy).mean() > 0.75


@pytest.mark.parametrize("kind", [p for p in TAKES_WEIGHTS if p.values[0] not in ("voting", "stacking")])
def test_class_weights_of_a_table_are_weights_of_samples(kind):
    features, labels = samples()
    by_class = dataclasses.replace(SMALL[kind], class_weight=((12, 3.0), (211, 0.5)))
    weights = np.where(labels == 12, 3.0, np.where(labels == 211, 0.5, 1.0))
    one = fit(kind, by_class, features, labels, NAMES, 1)
    other = fit(kind, SMALL[kind], features, labels, NAMES, 1, weights=weights)
    found = [load_engine(model).predict(features, probabilities=True).probabilities for model in (one, other)]
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("kind", [p for p in TAKES_WEIGHTS if p.values[0] not in ("voting", "stacking")])
def test_balanced_gives_the_rare_class_more(kind):
    features, labels = samples()
    rare = (labels != 12) | (np.arange(300) % 10 == 0)
    shares = []
    for wish in (None, "balanced"):
        model = fit(kind, dataclasses.replace(SMALL[kind], class_weight=wish), features[rare], labels[rare], NAMES, 1)
        shares.append(load_engine(model).predict(features, probabilities=True).probabilities[:, 0].mean())
    assert shares[1] > shares[0]


def test_knn_refuses_weights_and_too_few_samples():
    features, labels = samples()
    with pytest.raises(
        TaskError, match=r"^E-TRN-010 training: model\.kind: knn takes no weights of samples\. Fix: leave the weights out"
    ) as caught:
        fit("knn", KNNOptions(), features, labels, NAMES, 1, weights=np.ones(300))
    assert "\n" not in str(caught.value)
    with pytest.raises(TaskError, match=r"^E-TRN-012 samples: model\.neighbours: 5 neighbours of 4 learning samples\. Fix: ask for fewer"):
        fit("knn", KNNOptions(), features[:4], np.array([1, 1, 2, 2], np.uint8), NAMES, 1)


def test_the_intel_extension_refuses_weights():
    features, labels = samples()
    options = dataclasses.replace(SMALL["random_forest"], trainer="intel")
    model = ESTIMATORS["random_forest"]
    from iota_py.training.learning import LearningSet

    with pytest.raises(
        TaskError, match=r"^E-TRN-011 training: model\.trainer: random_forest grown by the Intel .* Fix: set model\.trainer"
    ):
        model.train(options, LearningSet(features, labels, NAMES, np.ones(300)), 1, 1)


@pytest.mark.parametrize(
    ("beside", "message"),
    [
        ({"weights": np.ones(300, np.float32)}, "float64 weights"),
        ({"weights": np.ones(299)}, "300 float64 weights"),
        ({"weights": np.zeros(300)}, "above 0"),
        ({"weights": np.full(300, np.nan)}, "above 0"),
        ({"groups": np.ones(300)}, "whole numbers of groups"),
        ({"groups": np.ones(3, int)}, "300 whole numbers"),
        ({"wieghts": np.ones(300)}, "unexpected keyword"),
    ],
)
def test_what_goes_with_the_samples_is_checked(beside, message):
    with pytest.raises((ValueError, TypeError), match=message):
        fitted("random_forest", **beside)


@pytest.mark.parametrize(("kind", "library"), [("xgboost", "xgboost"), ("tempcnn", "torch")])
def test_an_optional_library_that_is_missing_is_one_line(kind, library, monkeypatch):
    monkeypatch.setattr(trainers, "installed", lambda name: None if name == library else "1.0")
    expected = rf"^E-CFG-025 config: model\.kind: the library {library} is not installed\. Fix: pip install 'iota-py\[{library}\]', or another kind$"
    with pytest.raises(ConfigError, match=expected):
        fitted(kind)
    inside = VotingOptions((*MEMBERS, dataclasses.replace(MEMBERS[0], kind=kind, options=SMALL[kind])))
    with pytest.raises(ConfigError, match=expected):
        trainers.choose_trainer(inside)


def test_a_bundle_of_a_missing_library_or_unknown_kind_is_one_line(tmp_path, monkeypatch):
    from iota_py.training import bundle

    save(fitted("knn"), tmp_path)
    description = json.loads((tmp_path / "bundle.json").read_text())
    del description["digest"]
    for kind, message in (
        ("xgboost", r"E-MOD-005 .*: kind: the library xgboost is not installed\. Fix: pip install 'iota-py\[xgboost\]'"),
        ("oracle", r"E-MOD-006 .*: kind: an estimator of kind `oracle`, which this version does not know\. Fix: use the version"),
    ):
        monkeypatch.setattr(bundle, "installed", lambda name: None)
        forged = description | {"kind": kind}
        (tmp_path / "bundle.json").write_text(json.dumps(forged | {"digest": bundle._digest(forged)}))
        with pytest.raises(InputError, match=message) as caught:
            load(tmp_path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", SMALL)
def test_options_come_back_from_json(kind):
    options = SMALL[kind]
    if hasattr(options, "class_weight"):
        options = dataclasses.replace(options, class_weight=((3, 2.0), (7, 0.5)))
    assert options_named(kind, json.loads(json.dumps(dataclasses.asdict(options)))) == options


def test_seeds_of_members_are_of_their_names():
    features, labels = samples()
    whole = fit("voting", VotingOptions(MEMBERS), features, labels, NAMES, 5).estimator
    fewer = fit("voting", VotingOptions(MEMBERS[1:]), features, labels, NAMES, 5).estimator
    assert whole.members[2].seed == fewer.members[1].seed != whole.members[0].seed
    trees = [[tree.tree_.threshold.tolist() for tree in v.members[-1].estimator.estimators_] for v in (whole, fewer)]
    assert trees[0] == trees[1]
    np.testing.assert_array_equal(whole.weights, [0.25, 0.5, 0.25])


def test_the_library_itself_gives_the_answers_of_its_engine():
    """Kinds with a compiled engine, against the library's own."""
    features, _ = samples(500, seed=4)
    for kind in ("random_forest", "extra_trees", "lightgbm"):
        model = fitted(kind)
        reference = LibraryEngine(model.estimator, model.book, model.classes).predict(features)
        np.testing.assert_array_equal(load_engine(model).predict(features).labels, reference.labels)
