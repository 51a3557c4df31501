"""`iota-py status`: what a person and a program are told of a run."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from iota_py.cli import status as page
from iota_py.config import load_config
from iota_py.config.schema import RunConfig
from iota_py.errors import Fault, PartialRunError
from iota_py.pipeline import paths
from iota_py.pipeline.journal import Journal, journal_of
from iota_py.pipeline.lock import locked
from iota_py.pipeline.progress import Silent
from iota_py.pipeline.run import run
from iota_py.pipeline.task import Outcome, Task
from tests.conftest import DEMO, Command


def _config(tmp_path: Path) -> RunConfig:
    return load_config(DEMO, changes={"output": str(tmp_path / "run"), "engine": {"workers": 2}})


def _work(journal: Journal, ended: int) -> None:
    tasks = [Task(f"predict/A/{n}", "predict", "predict", {"tile": "A"}, (), (f"{n}",), "k") for n in range(8)]
    journal.planned(tasks, {"predict": 8})
    journal.start("predict", 8, 8)
    for _ in tasks[: ended + 2]:
        journal.given("predict")
    for number, task in enumerate(tasks[:ended]):
        faults = (Fault("E-RUN-001", task.id, "", "failed unexpectedly (OSError: quota)"),) if number == 1 else ()
        journal.ended("predict", Outcome(task.id, 0.5, faults, worker="node:1", peak=2_500_000_000))
    journal.write()


def _failed(config: RunConfig) -> None:
    with locked(config.output), journal_of(config, Silent()) as journal:
        _work(journal, 8)
        raise PartialRunError(Fault("E-RUN-004", "x", "", "1 tasks failed"))


def test_a_run_that_goes_on(tmp_path: Path, command: Command) -> None:
    config = _config(tmp_path)
    with locked(config.output), journal_of(config, Silent()) as journal:
        _work(journal, 4)
        told = command("status", str(config.output))
    assert told.returncode == 4
    assert told.stdout.startswith("demo runs since ")
    (line,) = [line.split() for line in told.stdout.splitlines() if line.startswith("map ")]
    assert line[:5] == ["map", "8", "3", "2", "1"], "planned, done, running, failed"
    for words in (
        "2.5 GB at most in one of 1 process",
        "failed   E-RUN-001 predict/A/1: failed unexpectedly (OSError: quota)",
        "lock     process",
        "log      ",
    ):
        assert words in told.stdout


def test_a_run_that_failed_as_json(tmp_path: Path, command: Command) -> None:
    config = _config(tmp_path)
    with pytest.raises(PartialRunError):
        _failed(config)
    told = command("status", str(config.output), "--json")
    document = json.loads(told.stdout)
    assert told.returncode == document["exit_code"] == 2
    assert (document["state"], document["failed"], document["failures"][0]["tile"]) == ("failed", 1, "A")
    assert document["stages"][0]["name"] == "predict"
    words = command("status", str(config.output)).stdout
    assert "demo ended with failures" in words
    assert "resume   " in words


def test_by_its_configuration(tmp_path: Path, command: Command) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(f"extends: {DEMO}\noutput: {tmp_path / 'run'}\n")
    told = command("status", str(path))
    assert (told.returncode, told.stderr.split()[0]) == (1, "E-STA-001")
    config = load_config(path)
    with locked(config.output), journal_of(config, Silent()):
        pass
    assert command("status", str(path)).returncode == 0


def test_watching_ends_with_the_run(tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "EVERY", 0.05)
    config, over = _config(tmp_path), threading.Event()

    def work() -> None:
        with locked(config.output), journal_of(config, Silent()) as journal:
            _work(journal, 1)
            over.wait(30)
            _work(journal, 1)

    thread = threading.Thread(target=work)
    thread.start()
    while not (config.output / paths.PROGRESS).exists():
        time.sleep(0.01)
    timer = threading.Timer(0.5, over.set)
    timer.start()
    told = command("status", str(config.output), "--watch")
    thread.join(30)
    assert told.returncode == 0
    assert "finished" in told.stdout


def test_a_real_run_is_counted_to_the_last_task(light_run: RunConfig, command: Command) -> None:
    told = command("status", str(light_run.output), "--json")
    document = json.loads(told.stdout)
    assert (document["state"], document["exit_code"], document["failed"]) == ("finished", 0, 0)
    assert all(one["done"] == one["planned"] for one in document["stages"])
    assert document["memory"] > 50_000_000
    events = [json.loads(line) for line in (light_run.output / paths.LOG_EVENTS).read_text(encoding="utf-8").splitlines()]
    done = [one for one in events if one["text"].endswith(" done") and "task" in one]
    assert len(done) == sum(one["planned"] for one in document["stages"])
    assert {one["tile"] for one in done if one["stage"] == "predict"} == {"31TCJ", "31TDJ"}
    assert all(one["worker"] for one in done)


def test_the_trace_of_a_failed_task_is_in_the_log_that_the_message_names(
    tmp_path: Path, light_config: Callable[[Path, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from iota_py.pipeline.steps import footprint

    def breaks(*words: object) -> None:
        raise RuntimeError("canary of the trace")

    names = [name for name, value in vars(footprint).items() if callable(value) and getattr(value, "__module__", "") == footprint.__name__]
    for name in names:
        monkeypatch.setattr(footprint, name, breaks)
    config = load_config(light_config(tmp_path, ""))
    with pytest.raises(PartialRunError) as caught:
        run(config)
    assert str(config.output / paths.LOG) in str(caught.value)
    log = (config.output / paths.LOG).read_text(encoding="utf-8")
    assert "Traceback" in log
    assert "RuntimeError: canary of the trace" in log
