"""What a run leaves of itself while it goes on, and what `status` makes of it: running, ended, killed, silent."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from iota_py.config import load_config
from iota_py.config.schema import RunConfig
from iota_py.errors import Fault, InputError, PartialRunError
from iota_py.pipeline import journal as journals
from iota_py.pipeline import paths
from iota_py.pipeline.journal import FAILURES, Journal, journal_of
from iota_py.pipeline.lock import locked
from iota_py.pipeline.progress import Silent
from iota_py.pipeline.status import EXIT_RUNNING, QUIET, read_holder, read_status
from iota_py.pipeline.task import Outcome, Task
from tests.conftest import DEMO


@pytest.fixture
def config(tmp_path: Path) -> RunConfig:
    return load_config(DEMO, changes={"output": str(tmp_path / "run"), "engine": {"workers": 2}})


def _tasks(stage: str, number: int) -> list[Task]:
    return [Task(f"{stage}/A/{n}", stage, stage, {"tile": "A"}, (), (f"{stage}{n}",), "k") for n in range(number)]


def _outcome(task: Task, **more: Any) -> Outcome:
    return Outcome(task.id, 0.25, worker="h:1", peak=7_000_000, **more)


def _half_done(journal: Journal) -> None:
    """One stage whole, another with one of four done and one failed, a third not begun."""
    train, predict = _tasks("train", 1), _tasks("predict", 5)
    journal.planned([*train, *predict, *_tasks("mosaic", 2)], {"train": 1, "predict": 4, "mosaic": 2})
    journal.start("train", 1, 1)
    journal.ended("train", _outcome(train[0]))
    journal.end("train", 0.5)
    journal.start("predict", 5, 4)
    for _ in range(4):
        journal.given("predict")
    journal.ended("predict", _outcome(predict[1]))
    journal.ended("predict", _outcome(predict[2], faults=(Fault("E-RUN-001", "predict/A/2", "", "broke"),), exit_code=3, trace="Traceback"))


def test_while_it_runs(config: RunConfig) -> None:
    root = config.output
    with locked(root), journal_of(config, Silent()) as journal:
        _half_done(journal)
        journal.write()
        found = read_status(root, time.time() + 10)
        assert (found.state, found.exit_code) == ("running", EXIT_RUNNING)
        stages = {one.name: one for one in found.stages}
        counted = {name: (one.planned, one.done, one.running, one.failed) for name, one in stages.items()}
        assert counted == {"train": (1, 1, 0, 0), "predict": (5, 2, 2, 1), "mosaic": (2, 0, 0, 0)}
        rate = stages["predict"].rate
        assert rate == pytest.approx(2 / 10, rel=0.15), "two tasks ended in about ten seconds"
        assert stages["predict"].left == pytest.approx(2 * 0.25 / 2), "two more of a quarter of a second, by two workers"
        assert stages["mosaic"].left is None
        assert found.left == stages["predict"].left
        assert found.unknown == 1
        assert found.failed == 1
        assert found.failures[0]["text"] == "E-RUN-001 predict/A/2: broke"
        assert (found.memory, found.workers) == (7_000_000, {"h:1": 7_000_000})
        assert found.holder is not None
        assert (found.holder.host, found.holder.pid, found.holder.alive) == (socket.gethostname(), os.getpid(), True)
        assert json.loads(json.dumps(found.document()))["exit_code"] == 4


def test_stages_to_come_cost_what_they_cost_before(config: RunConfig) -> None:
    timings = config.output / ".state" / "timings.json"
    timings.parent.mkdir(parents=True)
    timings.write_text(json.dumps([["mosaic", 4, 40.0, 20.0, None, None]]))
    with locked(config.output), journal_of(config, Silent()) as journal:
        _half_done(journal)
        journal.write()
        mosaic = read_status(config.output).stages[-1]
    assert (mosaic.name, mosaic.left) == ("mosaic", 10.0), "two tasks of ten seconds for two workers"


def _ended_by(config: RunConfig, error: BaseException) -> None:
    """A run that is half done and ends with this error."""

    def work() -> None:
        with locked(config.output), journal_of(config, Silent()) as journal:
            _half_done(journal)
            raise error

    with pytest.raises(type(error)):
        work()


def test_how_it_ended(config: RunConfig) -> None:
    with locked(config.output), journal_of(config, Silent()) as journal:
        journal.planned(_tasks("train", 1), {"train": 0})
        journal.start("train", 1, 0)
        journal.end("train", 0.0)
    found = read_status(config.output)
    assert (found.state, found.exit_code, found.holder, found.stages[0].done) == ("finished", 0, None, 1)
    _ended_by(config, PartialRunError(Fault("E-RUN-004", "x", "", "one failed")))
    found = read_status(config.output)
    assert (found.state, found.exit_code, found.text, found.failed) == ("failed", 2, "E-RUN-004 x: one failed", 1)
    _ended_by(config, KeyboardInterrupt())
    assert (read_status(config.output).state, read_status(config.output).exit_code) == ("stopped", 2)
    _ended_by(config, ZeroDivisionError("no reason"))
    assert "ZeroDivisionError" in read_status(config.output).text
    assert "Traceback" in (config.output / paths.LOG).read_text(encoding="utf-8")


def test_a_run_that_was_killed(config: RunConfig) -> None:
    code = (
        "import os, signal, sys; from iota_py.config import load_config; from iota_py.pipeline.journal import journal_of\n"
        "from iota_py.pipeline.lock import locked; from iota_py.pipeline.progress import Silent\n"
        f"config = load_config({str(DEMO)!r}, changes={{'output': {str(config.output)!r}}})\n"
        "with locked(config.output), journal_of(config, Silent()):\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=120).returncode == -9
    found = read_status(config.output)
    assert (found.state, found.exit_code) == ("killed", 2)
    assert found.holder is not None
    assert found.holder.alive is False


def test_a_run_of_another_host_is_judged_by_its_signs_of_life(config: RunConfig) -> None:
    with locked(config.output), journal_of(config, Silent()) as journal:
        journal.facts["host"] = "elsewhere"
        journal.write()
        (config.output / paths.LOCK).write_text(json.dumps({"host": "elsewhere", "pid": os.getpid()}))
        now = (config.output / paths.PROGRESS).stat().st_mtime
        assert read_status(config.output, now + QUIET - 5).state == "running"
        silent = read_status(config.output, now + QUIET + 5)
        assert (silent.state, silent.exit_code) == ("silent", 2)
        holder = read_holder(config.output)
        assert holder is not None
        assert holder.alive is None


def test_a_number_that_was_given_again_is_not_the_run(config: RunConfig) -> None:
    with locked(config.output):
        path = config.output / paths.LOCK
        os.utime(path, (1_000_000_000, 1_000_000_000))
        holder = read_holder(config.output)
        assert holder is not None
        assert holder.alive is False, "this process began after the lock was written"


def test_set_aside_acquisitions_are_no_failures_of_the_new_plan(config: RunConfig) -> None:
    journal = Journal(config, Silent())
    tasks = _tasks("predict", 2)
    journal.planned(tasks, {"predict": len(tasks)})
    journal.start("predict", 2, 2)
    journal.ended("predict", _outcome(tasks[0], faults=(Fault("E-PRD-001", "p", "", "bad"),), product="p", exit_code=2))
    journal.planned(tasks, {"predict": len(tasks)})
    journal.write()
    found = read_status(config.output)
    assert (found.failed, found.set_aside, found.failures, found.stages[0].failed) == (0, 1, (), 0)


def test_counting_is_light(config: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred thousand windows: the file holds counts and a few failures, and is written a handful of times."""
    monkeypatch.setattr(journals, "note", lambda *words, **event: None)
    tasks = _tasks("predict", 100_000)
    fault = (Fault("E-RUN-001", "x", "", "broke"),)
    written = []
    with locked(config.output), journal_of(config, Silent()) as journal:
        write = journal.write
        monkeypatch.setattr(journal, "write", lambda: (written.append(1), write()))
        journal.planned(tasks, {"predict": len(tasks)})
        journal.start("predict", len(tasks), len(tasks))
        for number, task in enumerate(tasks):
            journal.ended("predict", _outcome(task, faults=fault if number % 10 == 0 else ()))
    assert len(written) < 20
    assert (config.output / paths.PROGRESS).stat().st_size < 20_000
    found = read_status(config.output)
    assert (found.stages[0].done, found.stages[0].failed, len(found.failures)) == (90_000, 10_000, FAILURES)


def test_a_run_that_left_no_count_is_told_by_its_markers(tmp_path: Path) -> None:
    for name in ("split.json", "train/region_1_run_0.json", "train/region_1_run_1.json", "predict/A/r0.json", "timings.json"):
        path = tmp_path / ".state" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    found = read_status(tmp_path)
    assert [(one.name, one.done) for one in found.stages] == [("split", 1), ("train", 2), ("predict", 1)]
    assert (found.state, found.exit_code) == ("stopped", 2)
    (tmp_path / paths.MANIFEST).write_text("{}")
    assert (read_status(tmp_path).state, read_status(tmp_path).exit_code) == ("unknown", 0)


def test_a_folder_without_a_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="E-STA-001"):
        read_status(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"name": "x"}', "\x00\x01"])
def test_a_count_that_cannot_be_read_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / ".state").mkdir()
    (tmp_path / paths.PROGRESS).write_text(content)
    (tmp_path / paths.LOCK).write_text(content)
    assert read_status(tmp_path).stages == ()
