"""Bundles: same model, same bytes; a changed file is never opened."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import skops.io
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.tree import DecisionTreeClassifier

from iota_py.errors import InputError
from iota_py.training import storage
from iota_py.training.bundle import describe, load, save
from iota_py.training.estimators import LightGBMOptions, RandomForestOptions
from iota_py.training.fit import Fitted, fit

from .kinds import NAMES as KIND_NAMES
from .kinds import SMALL, samples

NAMES = ("b02_0101", "b03_0101", "ndvi_0101")
CASES = {
    "codes": ("random_forest", RandomForestOptions(trees=3)),
    "values": ("random_forest", RandomForestOptions(trees=3, bins=None, class_weight="balanced")),
    "lightgbm": ("lightgbm", LightGBMOptions(rounds=3)),
}


def fitted(case: str, threads: int = 1) -> Fitted:
    rng = np.random.default_rng(4)
    features = rng.integers(-500, 6000, (200, 3)).astype(np.int16)
    labels = (1 + (features[:, 0] > 2000) + 7 * (features[:, 2] > 1000)).astype(np.uint8)
    kind, options = CASES[case]
    return fit(kind, options, features, labels, NAMES, seed=11, threads=threads)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("case", CASES)
def test_round_trip_gives_the_same_answers(case, tmp_path):
    before = fitted(case)
    save(before, tmp_path / "m", {"region": "alps", "run": 2})
    after = load(tmp_path / "m", NAMES)
    assert (after.kind, after.names, after.options, after.seed) == (before.kind, before.names, before.options, before.seed)
    assert after.classes.dtype == np.uint8
    assert after.classes.tolist() == [1, 2, 8, 9]
    values = np.random.default_rng(1).integers(-500, 6000, (500, 3)).astype(np.int16)
    shares = []
    for model in (before, after):
        matrix = (values if model.book is None else model.book.encode(values)).astype(np.float32)
        shares.append(getattr(model.estimator, "predict_proba", model.estimator.predict)(matrix))
    np.testing.assert_array_equal(*shares)
    description = describe(tmp_path / "m")
    assert description["extra"] == {"region": "alps", "run": 2}
    assert set(description["files"]) == set(content(tmp_path / "m")) - {"bundle.json"}


@pytest.mark.parametrize("case", CASES)
def test_bytes_depend_on_the_model_only(case, tmp_path):
    save(fitted(case), tmp_path / "once")
    save(fitted(case, threads=2), tmp_path / "threads")
    save(load(tmp_path / "once"), tmp_path / "again")
    assert content(tmp_path / "once") == content(tmp_path / "threads") == content(tmp_path / "again")


def test_bytes_are_the_same_in_another_process(tmp_path):
    program = (
        "import sys; from pathlib import Path; from tests.training.test_bundle import CASES, fitted, save\n"
        "junk = [object() for _ in range(10000)]\n"  # other addresses in memory
        "for case in CASES: save(fitted(case), Path(sys.argv[1]) / case)"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "there")], cwd=root, check=True)
    for case in CASES:
        save(fitted(case), tmp_path / "here" / case)
        assert content(tmp_path / "here" / case) == content(tmp_path / "there" / case)


def test_saving_over_another_kind_leaves_none_of_its_files(tmp_path):
    save(fitted("codes"), tmp_path)
    assert set(content(tmp_path)) == {"bundle.json", "edges.npz", "model.skops"}
    save(fitted("lightgbm"), tmp_path)
    assert set(content(tmp_path)) == {"bundle.json", "model.txt"}


@pytest.mark.parametrize(
    ("case", "name"), [("codes", "model.skops"), ("codes", "edges.npz"), ("codes", "bundle.json"), ("lightgbm", "model.txt")]
)
@pytest.mark.parametrize("damage", ["cut", "flip", "delete"])
def test_damage_to_any_file_is_found_before_it_is_used(case, name, damage, tmp_path):
    save(fitted(case), tmp_path)
    path = tmp_path / name
    whole = path.read_bytes()
    if damage == "delete":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    else:
        place = whole.index(b"ndvi") if name == "bundle.json" else len(whole) // 2
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    with pytest.raises(InputError, match=f"E-MOD-001 .*{name}"):
        load(tmp_path)


def test_pickles_are_refused_by_format(tmp_path):
    for name in ("model.pkl", "model.joblib"):
        folder = tmp_path / name.replace(".", "_")
        folder.mkdir()
        (folder / name).write_bytes(pickle.dumps({"a": 1}))
        for place in (folder, folder / name):
            with pytest.raises(InputError, match=f"E-MOD-002 .* found {name}"):
                load(place)
    with pytest.raises(InputError, match=r"E-MOD-001 .*bundle\.json: missing"):
        load(tmp_path / "nowhere")


def test_types_outside_the_list_are_refused(tmp_path):
    """A skops file with another type, under a digest that fits: a bundle made by somebody with bad intent."""
    save(fitted("codes"), tmp_path)
    evil = skops.io.dumps({"model": np.random.RandomState(1), "call": subprocess.Popen})
    assert skops.io.get_untrusted_types(data=evil) == ["subprocess.Popen"]
    _forge(tmp_path, "model.skops", evil)
    with pytest.raises(InputError, match=r"E-MOD-002 .*UntrustedTypesFoundException.*subprocess\.Popen.*scikit-learn"):
        load(tmp_path)
    assert storage._TREES == ("sklearn.tree._tree.Tree",)
    assert storage._HISTOGRAMS == ("sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",)


@pytest.mark.parametrize("kind", ["hist_gradient_boosting", "knn", "logistic_regression", "svm", "extra_trees"])
def test_a_model_of_one_kind_may_not_hold_the_types_of_another(kind, tmp_path):
    """The types that are trusted are of the kind, not of all kinds together."""
    features, labels = samples()
    save(fit(kind, SMALL[kind], features, labels, KIND_NAMES, 1), tmp_path)
    other = HistGradientBoostingClassifier(max_iter=1) if kind == "extra_trees" else DecisionTreeClassifier()
    _forge(tmp_path, "model.skops", skops.io.dumps(other.fit(features, labels)))
    with pytest.raises(InputError, match=r"E-MOD-002 .*UntrustedTypesFoundException.*sklearn"):
        load(tmp_path)


def test_edges_with_pickles_inside_are_refused(tmp_path):
    save(fitted("codes"), tmp_path)
    path = tmp_path / "forged.npz"
    np.savez(path, edges=np.array([{}], object), starts=np.zeros(1, np.int64))
    _forge(tmp_path, "edges.npz", path.read_bytes())
    with pytest.raises(InputError, match=r"E-MOD-002 .*allow_pickle"):
        load(tmp_path)


def _forge(folder: Path, name: str, data: bytes) -> None:
    from hashlib import sha256

    from iota_py.training.bundle import _digest

    (folder / name).write_bytes(data)
    description = json.loads((folder / "bundle.json").read_text())
    del description["digest"]
    description["files"][name] = sha256(data).hexdigest()
    (folder / "bundle.json").write_text(json.dumps(description | {"digest": _digest(description)}))


def test_later_format_is_named(tmp_path):
    save(fitted("lightgbm"), tmp_path)
    path = tmp_path / "bundle.json"
    path.write_text(path.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(InputError, match=r"E-MOD-004 .*expected a bundle of format 1, found 2"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (NAMES[:2], "fitted on 3 features, 2 are given; missing ndvi_0101"),
        ((*NAMES, "evi"), "fitted on 3 features, 4 are given; unexpected evi"),
        (("b02_0101", "b04_0101", "ndvi_0101"), "missing b03_0101; unexpected b04_0101"),
        (("b02_0101", "ndvi_0101", "b03_0101"), "differs first at position 2: expected b03_0101, found ndvi_0101"),
        ((*NAMES, "b02_0101"), "4 are given; the order differs first at position 4: expected nothing, found b02_0101"),
        (tuple("cdefgh"), "missing b02_0101, b03_0101, ndvi_0101; unexpected c, d, e, f, g and 1 more"),
    ],
)
def test_other_features_are_named(names, message, tmp_path):
    save(fitted("lightgbm"), tmp_path)
    with pytest.raises(InputError, match="E-MOD-003") as caught:
        load(tmp_path, names)
    assert message in str(caught.value)


def test_loaded_forest_works_on_one_thread(tmp_path):
    model = fitted("codes", threads=2)
    save(model, tmp_path)
    assert model.estimator.n_jobs == load(tmp_path).estimator.n_jobs == 1
