"""Every kind of estimator trains and maps; what came before the models is taken over from a finished run."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from iota_py.config import load_config
from iota_py.config.schema import RunConfig
from iota_py.errors import InputError
from iota_py.io.documents import read_yaml, yaml_text
from iota_py.io.publish import read_json, write_text
from iota_py.io.raster import read_window
from iota_py.io.tables import read_table
from iota_py.pipeline import paths
from iota_py.pipeline.models.engines import engine_at
from iota_py.pipeline.preflight import examine
from iota_py.pipeline.run import run
from iota_py.pipeline.steps.learning import write_model
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.split import VALIDATION
from iota_py.training.trainers import choose_trainer, installed

MODELS = {
    "extra_trees": "trees: 8",
    "hist_gradient_boosting": "rounds: 5, leaves: 8",
    "svm": "folds: 2",
    "knn": "neighbours: 3",
    "logistic_regression": "class_weight: {11: 2}",
    "voting": "members: {a: {kind: extra_trees, trees: 5}, b: {kind: logistic_regression}}, weights: {a: 2}",
    "stacking": "members: {a: {kind: random_forest, trees: 5}, b: {kind: knn}}, folds: 2",
    "xgboost": "rounds: 3, max_depth: 3",
    "tempcnn": "filters: 8, dense: 16, epochs: 60, dropout: 0.2, learning_rate: 0.005",
}
OPTIONAL = {"xgboost": "xgboost", "tempcnn": "torch"}


def skip_without(kind: str) -> None:
    if kind in OPTIONAL and installed(OPTIONAL[kind]) is None:
        pytest.skip(f"{OPTIONAL[kind]} is not installed (pip install 'iota-py[{OPTIONAL[kind]}]')")


@pytest.mark.parametrize("kind", ["knn", "voting"])
def test_a_kind_trains_and_maps(kind: str, light_run: RunConfig, light_config: Callable[[Path, str], Path], tmp_path: Path) -> None:
    config = load_config(light_config(tmp_path, f"model: {{kind: {kind}, {MODELS[kind]}}}\n"))
    shutil.copytree(light_run.output, config.output)
    executed = run(config).executed
    assert executed["train"] == 4
    assert not executed.get("samples")
    bundles = [read_json(config.output / paths.model(region, 0) / "bundle.json") for region in (1, 2)]
    assert [bundle["kind"] for bundle in bundles] == [kind] * 2
    labels, before = (read_window(str(root / "map" / "classification.tif")) for root in (config.output, light_run.output))
    assert set(np.unique(labels).tolist()) - {0} <= {code for bundle in bundles for code in bundle["classes"]}
    assert ((labels == 0) == (before == 0)).all()
    assert (labels == before).mean() > 0.6


@pytest.mark.parametrize("kind", MODELS)
def test_the_step_of_a_kind_and_its_engine(kind: str, light_run: RunConfig, tmp_path: Path) -> None:
    """Trained by the step on the samples of a finished run; other polygons are told apart by the engine of its bundle."""
    skip_without(kind)
    root = tmp_path / "run"
    shutil.copytree(light_run.output, root)
    document = read_yaml(root / paths.CONFIG)
    document["model"] = {"kind": kind, **yaml.safe_load(f"{{{MODELS[kind]}}}")}
    write_text(root / paths.CONFIG, yaml_text(document))
    ws = Workspace(root, "")
    trainer = choose_trainer(ws.config.model)
    write_model(ws, {"region": 1, "run": 0, "seed": 4, "model": {"trainer": [trainer.name, trainer.version]}})
    engine = engine_at(root / paths.model(1, 0), ws.feature_names)
    tables = pd.concat([read_table(ws.path(paths.features(tile))) for tile in sorted(ws.tiles)])
    held = tables[(tables.region == 1) & (tables.run_0 == VALIDATION)]
    found = engine.predict(np.ascontiguousarray(held[list(ws.feature_names)].to_numpy(np.int16)))
    assert (found.labels == held.code.to_numpy()).mean() > 0.7


def test_what_a_model_needs_is_found_before_any_work(light_config: Callable[[Path, str], Path], tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("iota_py.training.trainers.installed", lambda name: "1.0")
    more = "model: {kind: tempcnn, class_weight: {11: 2, 99: 3}}\nperiod: {start: 2023-06-01, end: 2023-06-20, step: 45}\n"
    with pytest.raises(InputError) as caught:
        examine(load_config(light_config(tmp_path, more)))
    lines = str(caught.value).splitlines()
    assert [line.split()[0] for line in lines] == ["E-CFG-027", "E-CFG-026"]
    assert "config: model.class_weight: no class has code 99; codes are " in lines[0]
    assert "model.kind: tempcnn: expected features of two dates at least, found 1 " in lines[1]
