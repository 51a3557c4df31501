"""The library that fits: refused before any work, said once, and the same on every worker."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from iota_py.config import RunConfig, load_config
from iota_py.errors import InputError, TaskError
from iota_py.io.publish import read_json
from iota_py.pipeline import paths
from iota_py.pipeline import run as run_module
from iota_py.pipeline.preflight import examine
from iota_py.pipeline.progress import Silent
from iota_py.pipeline.run import prepare
from iota_py.pipeline.steps.learning import options_of, write_model
from iota_py.pipeline.workspace import Workspace
from iota_py.training import trainers
from iota_py.training.trainers import Trainer, choose_trainer


class Listening(Silent):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    def say(self, topic: str, text: str) -> None:
        self.said.append((topic, text))


def test_an_extension_asked_for_and_missing_is_found_before_any_work(light_config, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(trainers, "_extension", lambda: None)
    config = load_config(light_config(tmp_path, "model: {kind: random_forest, trainer: intel}\n"))
    with pytest.raises(
        InputError, match=r"E-CFG-018 config: model\.trainer: .*Fix: pip install 'iota-py\[intel\]', or trainer: scikit-learn"
    ):
        examine(config)
    assert not config.output.exists()


def test_options_name_the_library_found(light_config: Callable[[Path, str], Path], tmp_path, monkeypatch) -> None:
    assert load_config(light_config(tmp_path, "")).model.trainer == "scikit-learn"
    config = load_config(light_config(tmp_path, "model: {kind: random_forest, trainer: auto}\n"))
    for installed, name in ((None, "scikit-learn"), ("2026.2.0", "intel")):
        monkeypatch.setattr(trainers, "_extension", lambda installed=installed: installed)
        assert options_of(config.model)[1].trainer == name


def test_the_bundle_and_the_plan_name_the_library_that_was_used(light_run: RunConfig) -> None:
    expected = choose_trainer(light_run.model)
    described = read_json(light_run.output / paths.model(1, 0) / "bundle.json")
    assert described["trainer"] == {"name": expected.name, "version": version(expected.package)}
    assert described["extra"]["trainer"] == str(expected)
    train = prepare(light_run)[1].stage("train")
    assert {tuple(task.params["model"]["trainer"]) for task in train} == {(expected.name, expected.version)}


def test_a_worker_with_other_packages_than_the_plan_refuses(light_run: RunConfig) -> None:
    params = {"region": 1, "run": 0, "seed": 0, "model": {"trainer": ["intel", "1999.0"]}}
    with pytest.raises(
        TaskError, match=r"E-TRN-003 .*the plan is for scikit-learn-intelex 1999\.0, this worker would fit with scikit-learn"
    ):
        write_model(Workspace(light_run.output, ""), params)


@pytest.mark.parametrize(("trainer", "lines"), [(Trainer("intel", "2026.2.0"), 1), (Trainer("scikit-learn", "1.9.1"), 0)])
def test_the_extension_is_said_once(light_run: RunConfig, monkeypatch, trainer: Trainer, lines: int) -> None:
    """Over a finished run, so that nothing is trained."""
    listening = Listening()
    monkeypatch.setattr(run_module, "choose_trainer", lambda model: trainer)
    run_module.run(light_run, listening)
    assert [text for topic, text in listening.said if topic == "trainer"] == [
        "random forests are grown by scikit-learn-intelex 2026.2.0"
    ] * lines
