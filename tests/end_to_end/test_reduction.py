"""Fewer columns, from samples to map: principal components, columns kept by an elimination, and what is said of their importance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio

from iota_py.config import load_config
from iota_py.config.schema import RunConfig
from iota_py.io.publish import read_json, sha256
from iota_py.pipeline import paths
from iota_py.pipeline.models.engines import engine_at
from iota_py.pipeline.run import run
from iota_py.pipeline.workspace import Workspace
from iota_py.training.bundle import load

ONE_TILE = "tiles: [31TCJ]\nsamples: {split: {runs: 1}}\n"
COMPONENTS = ONE_TILE + "reduction: {groups: date, components: 3}\n"
STUDIES = (
    "importance: {permutation: true, repeats: 2, pixels_per_class: 20, shap_pixels_per_class: 5, elimination: {folds: 2, drop: 0.7}}\n"
)


@pytest.fixture(scope="module")
def reduced(light_config, tmp_path_factory) -> RunConfig:
    config = load_config(light_config(tmp_path_factory.mktemp("reduced"), COMPONENTS))
    run(config)
    return config


@pytest.fixture(scope="module")
def studied(light_config, tmp_path_factory) -> RunConfig:
    config = load_config(light_config(tmp_path_factory.mktemp("studied"), ONE_TILE + STUDIES))
    run(config)
    return config


def models(config: RunConfig) -> list[Path]:
    return sorted((config.output / "models").iterdir())


def test_models_hold_their_own_components(reduced: RunConfig) -> None:
    projections = []
    for folder in models(reduced):
        fitted = load(folder)
        assert len(fitted.names) == 9 * 13
        assert fitted.estimator.n_features_in_ == len(fitted.projection.names) == 9 * 3
        assert fitted.projection.names[:2] == ("pca_sentinel2_20230101_1", "pca_sentinel2_20230101_2")
        assert all(len(group.columns) == 13 for group in fitted.projection.groups)
        projections.append(sha256(folder / "projection.npz"))
    assert len(set(projections)) == len(projections) == 2, "each region has its own"


@pytest.mark.slow
def test_same_bytes_for_other_windows_and_more_workers(reduced: RunConfig, light_config, tmp_path) -> None:
    other = load_config(light_config(tmp_path, COMPONENTS + "engine: {workers: 2, window: 64}\n"))
    run(other)
    names = [paths.map_layer("classification"), paths.map_layer("confidence"), paths.IMPORTANCE, paths.importance_figure("importance")]
    names += [str(path.relative_to(reduced.output)) for path in sorted((reduced.output / "models").rglob("*")) if path.is_file()]
    assert len(names) >= 12
    for name in names:
        assert sha256(reduced.output / name) == sha256(other.output / name), name


def test_importance_of_components_goes_back_to_the_columns(reduced: RunConfig) -> None:
    table = pd.read_csv(reduced.output / paths.IMPORTANCE)
    assert len(table) == 2 * 9 * 13
    np.testing.assert_allclose(table.groupby("region").importance.sum(), 1)
    report = (reduced.output / paths.REPORT).read_text(encoding="utf-8")
    assert 'id="figure-importance"' in report
    assert 'id="figure-importance_permutation"' not in report


def test_the_map_says_what_the_models_say_of_validation_pixels(studied: RunConfig) -> None:
    ws = Workspace(studied.output, "")
    pixels = pd.read_parquet(studied.output / paths.held_out("31TCJ"))
    assert len(pixels) > 100
    assert pixels.groupby(["region", "code"]).size().max() == 20
    split = pd.read_csv(studied.output / paths.SPLIT).set_index("polygon").run_0
    assert (split[pixels.polygon.unique()] == 2).all(), "validation polygons only"
    with rasterio.open(studied.output / paths.map_layer("classification")) as dataset:
        mapped = dataset.read(1)[pixels.row, pixels.col]
    for region, group in pixels.assign(mapped=mapped).groupby("region"):
        engine = engine_at(studied.output / paths.model(int(region), 0), ws.feature_names)
        assert (engine.predict(np.ascontiguousarray(group[list(ws.feature_names)].to_numpy(np.int16))).labels == group.mapped).all()


def test_studies_of_the_models(studied: RunConfig) -> None:
    table = pd.read_csv(studied.output / paths.PERMUTATION)
    assert table.groupby("kind", sort=False).size().to_dict() == {"column": 2 * 117, "band": 2 * 13, "date": 2 * 9}
    assert (table.overall_accuracy.abs() <= 1).all()
    groups = table[table.kind == "band"].groupby("name").f1_macro.mean()
    assert groups["sentinel2_ndvi"] == groups.max() > 0.02, "what most tells the classes of this landscape apart"
    report = (studied.output / paths.REPORT).read_text(encoding="utf-8")
    for name in ("importance", "importance_permutation", "importance_groups", "importance_elimination"):
        assert f'id="figure-{name}"' in report
    assert "This figure was not drawn" not in report


def test_a_run_learns_on_the_columns_that_another_kept(studied: RunConfig, light_config, tmp_path) -> None:
    document = read_json(studied.output / paths.ELIMINATION)
    kept = [line for line in (studied.output / paths.COLUMNS).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert kept == document["kept"]
    assert [step["columns"] for step in document["steps"]] == [117, 36, 11, 4, 2, 1]
    assert len(document["order"]) == len(set(document["order"])) == 117
    more = f"keep_columns: {studied.output / paths.COLUMNS}\nmodel: {{kind: lightgbm, rounds: 5}}\n"
    more += "importance: {shap: true, pixels_per_class: 10, shap_pixels_per_class: 10}\n"
    config = load_config(light_config(tmp_path, ONE_TILE + more))
    run(config)
    for folder in models(config):
        fitted = load(folder)
        assert fitted.projection.names == tuple(sorted(kept, key=fitted.names.index))
        assert fitted.estimator.num_feature() == len(kept)
    own = pd.read_csv(config.output / paths.IMPORTANCE)
    assert set(own.column[own.importance > 0]) <= set(kept)
    shap = pd.read_csv(config.output / paths.SHAP)
    assert set(shap.column) == set(kept)
    assert (shap.groupby(["region", "class"]).mean_absolute.sum() > 0).all()
