"""Models of another run: copied, checked, fetched from MLflow's registry, and refused with reasons."""

from collections.abc import Callable
from pathlib import Path

import pytest

from iota_py.cli.run import _finish
from iota_py.config import load_config
from iota_py.config.schema import RunConfig
from iota_py.errors import IotaError
from iota_py.io.publish import read_json
from iota_py.pipeline import paths
from iota_py.pipeline.progress import Silent
from iota_py.pipeline.run import run
from iota_py.training.bundle import describe
from tests.end_to_end.products import digests

Write = Callable[[Path, str], Path]


def test_a_map_of_the_models_of_another_run_is_the_same_map(light_run: RunConfig, light_config: Write, tmp_path: Path) -> None:
    config = load_config(light_config(tmp_path, f"model: {{from: {light_run.output}}}\n"))
    done = run(config)
    assert "samples" not in done.executed
    assert digests(config.output)["map/classification.tif"] == digests(light_run.output)["map/classification.tif"]
    assert describe(config.output / paths.model(1, 0)) == describe(light_run.output / paths.model(1, 0))
    assert run(config).nothing


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ("model: {from: nowhere}", "E-REU-001.*found none in .*nowhere/models"),
        ("model: {from: OTHER}\nsamples: {split: {runs: 3}}", "E-REU-003.*no model of region .* run 2"),
        ("model: {from: OTHER}\nperiod: {step: 60}", "E-MOD-003.*names.*the model was fitted on"),
        ("model: {from: OTHER}\nsearch: {trials: 2}", "E-REU-002.*search.*used as they are"),
        ("model: {from: OTHER, trees: 5}", "model.from: models of another run are used as they are; leave trees out"),
        ("model: {from: 'models:/a/b/c'}", "E-REU-010.*expected models:/<name>/<version>"),
        ("model: {from: 'models:/none@champion'}\ntracking: {enabled: true}", "E-REU-011.*not in the registry"),
    ],
)
def test_models_that_do_not_fit_are_refused_before_any_work(
    light_run: RunConfig, light_config: Write, tmp_path: Path, more: str, line: str
) -> None:
    path = light_config(tmp_path, more.replace("OTHER", str(light_run.output)) + "\n")
    with pytest.raises(IotaError, match=line):
        run(load_config(path))
    assert not (tmp_path / "run" / "models").exists()


def test_a_registered_version_gives_its_models(light_config: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlflow import MlflowClient

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    config = load_config(light_config(tmp_path / "first", "samples: {split: {runs: 1}}\ntracking: {enabled: true}\n"))
    _finish(config, run(config), Silent())  # type: ignore[arg-type]
    record = read_json(config.output / paths.TRACKING)
    client = MlflowClient(tracking_uri=record["uri"], registry_uri=record["uri"])
    client.create_registered_model("demo")
    client.create_model_version("demo", client.get_run(record["run"]).info.artifact_uri, record["run"])
    client.set_registered_model_alias("demo", "champion", "1")
    more = f"samples: {{split: {{runs: 1}}}}\nmodel: {{from: models:/demo@champion}}\ntracking: {{uri: '{record['uri']}'}}\n"
    other = load_config(light_config(tmp_path / "second", more))
    run(other)
    assert digests(other.output)["map/classification.tif"] == digests(config.output)["map/classification.tif"]
