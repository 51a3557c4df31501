"""The models of several regions, draws and parts as one MLflow model: what they say alone, together, and loaded by MLflow in another process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from iota_py.errors import InputError
from iota_py.io.publish import write_json
from iota_py.mapping.vote import majority_vote
from iota_py.prediction.loading import load_engine
from iota_py.tracking.model_files import product_document, write_model_files
from iota_py.tracking.pyfunc import RegionModels, _load_pyfunc, bundle_name
from iota_py.training.bundle import load, save
from iota_py.training.fit import fit
from iota_py.training.options import RandomForestOptions

NAMES = ("b1", "b2", "b3")
CLASSES = {2: "urban", 5: "rapeseed", 17: "conifers"}


def samples(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    codes = rng.choice(list(CLASSES), 300).astype(np.uint8)
    return (codes[:, None] * 30 + rng.normal(0, 250, (300, 3))).round().astype(np.int16), codes


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Region `north` with one model in each of two draws, region `south` with two parts in each."""
    root = tmp_path_factory.mktemp("model")
    for region, parts in ((1, 1), (2, 2)):
        for run in range(2):
            for part in range(parts):
                features, codes = samples(100 * region + 10 * run + part)
                fitted = fit("random_forest", RandomForestOptions(trees=5, max_depth=6), features, codes, NAMES, run, 1)
                save(fitted, root / "data" / bundle_name(region, run, part, parts), {"region": str(region), "run": run})
    product = product_document(NAMES, [(1, "north", 1), (2, "south", 2)], 2, CLASSES, {"undecided": "highest_confidence", "mass": None})
    write_model_files(root, product, [600, 610, 590], {"numpy": np.__version__})
    return root


def own(folder: Path, region: int, run: int, part: int, parts: int, features: np.ndarray, probabilities: bool = False):
    return load_engine(load(folder / "data" / bundle_name(region, run, part, parts))).predict(features, probabilities)


def test_a_draw_says_what_its_own_engine_says(folder):
    features, _ = samples(7)
    found = _load_pyfunc(str(folder / "data")).predict(features, {"region": "north", "run": 1})
    expected = own(folder, 1, 1, 0, 1, features)
    assert found.label.tolist() == expected.labels.tolist()
    assert found.confidence.tolist() == np.rint(expected.confidence * 100).astype(int).tolist()


def test_draws_and_parts_vote_as_on_the_map(folder):
    features, _ = samples(8)
    found = RegionModels(folder / "data").predict(features, {"region": "south"})
    draws = []
    for run in range(2):
        parts = [own(folder, 2, run, part, 2, features) for part in range(2)]
        draws.append(
            majority_vote(np.stack([p.labels for p in parts]), np.stack([np.rint(p.confidence * 100) for p in parts]).astype(np.uint8))
        )
    label, confidence = majority_vote(np.stack([d[0] for d in draws]), np.stack([d[1] for d in draws]))
    assert found.label.tolist() == label.tolist()
    assert found.confidence.tolist() == confidence.tolist()


def test_each_sample_goes_to_the_models_of_its_region_and_keeps_its_place(folder):
    features, _ = samples(9)
    table = pd.DataFrame(features, columns=NAMES)
    table["region"] = np.where(np.arange(len(table)) % 3 == 0, "south", "north")
    model = RegionModels(folder / "data")
    found = model.predict(table[["region", "b3", "b1", "b2"]])  # columns are known by their names
    for region in ("north", "south"):
        here = (table.region == region).to_numpy()
        alone = model.predict(features[here], {"region": region})
        assert found[here].reset_index(drop=True).equals(alone)


def test_probabilities_are_the_mean_of_the_models(folder):
    features, _ = samples(10)
    found = RegionModels(folder / "data").predict(features, {"region": "north", "probabilities": True})
    expected = np.mean([own(folder, 1, run, 0, 1, features, True).probabilities for run in range(2)], axis=0)
    assert list(found) == ["label", "confidence", "p_2", "p_5", "p_17"]
    np.testing.assert_allclose(found[["p_2", "p_5", "p_17"]], expected, atol=1e-7)


@pytest.mark.parametrize(
    ("given", "params", "words"),
    [
        (np.zeros((2, 3)), {}, "expected a column `region`"),
        (np.zeros((2, 3)), {"region": "west"}, "region 'west': expected one of north, south"),
        (np.zeros((2, 2)), {"region": "north"}, r"expected an array \(sample, 3\)"),
        (np.full((2, 3), 0.5), {"region": "north"}, "found fractions"),
        (np.full((2, 3), np.nan), {"region": "north"}, "whole numbers from"),
        (np.full((2, 3), 40_000), {"region": "north"}, "whole numbers from"),
        (np.zeros((2, 3)), {"region": "north", "run": 2}, "run 2: expected -1 for all draws, or 0 to 1"),
        (pd.DataFrame({"b1": [1], "region": ["north"]}), {}, "columns are missing: b2, b3"),
    ],
)
def test_what_does_not_fit_is_told(folder, given, params, words):
    with pytest.raises(ValueError, match=words):
        RegionModels(folder / "data").predict(given, params)


def test_no_samples_have_no_labels(folder):
    assert len(RegionModels(folder / "data").predict(np.empty((0, 3), np.int16), {"region": "north"})) == 0


def test_a_changed_bundle_is_not_read(folder, tmp_path):
    import shutil

    shutil.copytree(folder, tmp_path / "copy")
    with open(tmp_path / "copy" / "data" / "region_1_run_0" / "model.skops", "ab") as stream:
        stream.write(b"x")
    with pytest.raises(InputError, match="E-MOD-001"):
        RegionModels(tmp_path / "copy" / "data").predict(np.zeros((1, 3)), {"region": "north"})


def test_models_of_a_later_version_are_refused(tmp_path):
    write_json(tmp_path / "product.json", {"format": 2})
    with pytest.raises(InputError, match="E-PRO-012"):
        RegionModels(tmp_path)


PROGRAM = """
import json, sys
import mlflow, numpy as np, pandas as pd
model = mlflow.pyfunc.load_model(sys.argv[1])
table = pd.read_json(sys.argv[2], orient="split", dtype={"region": str}).astype({"b1": np.int16, "b2": np.int16, "b3": np.int16})
out = {
    "labels": model.predict(table).label.tolist(),
    "draw": model.predict(table, params={"run": 1}).label.tolist(),
    "columns": model.metadata.signature.inputs.input_names(),
    "example": model.predict(model.input_example).shape,
    "raw": model.get_raw_model().predict(table[["b1", "b2", "b3"]].to_numpy(), {"region": "north"}).shape,
    "draws": model.metadata.metadata["draws"],
}
try:
    model.predict(table[["b1"]])
except Exception as error:
    out["refused"] = type(error).__name__
print(json.dumps(out))
"""


def test_mlflow_loads_it_in_another_process_without_unpickling(folder, tmp_path):
    features, _ = samples(11)
    table = pd.DataFrame(features, columns=NAMES)
    table["region"] = np.where(np.arange(len(table)) % 2 == 0, "south", "north")
    table.to_json(tmp_path / "table.json", orient="split")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MLFLOW", "PYTEST"))}
    environment["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] = "false"
    command = [sys.executable, "-c", PROGRAM, str(folder), str(tmp_path / "table.json")]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    model = RegionModels(folder / "data")
    assert found["labels"] == model.predict(table).label.tolist()
    assert found["draw"] == model.predict(table, {"run": 1}).label.tolist()
    assert (found["columns"], found["draws"]) == ([*NAMES, "region"], 2)
    assert (found["example"], found["raw"]) == ([1, 2], [300, 2])
    assert found["refused"] == "MlflowException"
    assert not [path for path in folder.rglob("*") if path.suffix in (".pkl", ".pickle", ".joblib", ".py")]
