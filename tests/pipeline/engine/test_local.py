"""Processes of this machine: tasks that are ready go to them, one that is alone stays here, and one that kills its process is found out."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from iota_py.pipeline.engine import local as module
from iota_py.pipeline.engine.local import ProcessEngine, SerialEngine
from iota_py.pipeline.engine.protocol import Listed
from iota_py.pipeline.task import Outcome, Task


def tasks_of(*names: str) -> list[Task]:
    return [Task(name, "predict", "predict", {}, (), (), "key") for name in names]


def told(root: str, version: str, task: Task, threads: int = 1) -> Outcome:
    return Outcome(f"{task.id} {threads}", 0.0, worker=str(os.getpid()))


def deadly(root: str, version: str, task: Task, threads: int = 1) -> Outcome:
    """`poison` kills its process always, `unlucky` the first time."""
    once = Path(root) / task.id
    if task.id == "poison" or (task.id == "unlucky" and not once.exists()):
        once.touch()
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.05)
    return Outcome(task.id, 0.0, worker=str(os.getpid()))


@pytest.fixture
def engine() -> Iterator[ProcessEngine]:
    made = ProcessEngine(2)
    yield made
    made.close()


def test_tasks_go_to_other_processes(engine: ProcessEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "execute", told)
    found = list(engine.run(Path(), "", Listed(tasks_of("a", "b", "c"))))
    assert sorted(one.task for one in found) == ["a 1", "b 1", "c 1"]
    assert str(os.getpid()) not in {one.worker for one in found}


def test_a_task_that_is_alone_is_done_here_with_every_thread(engine: ProcessEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "execute", told)
    found = list(engine.run(Path(), "", Listed(tasks_of("a"), threads=2)))
    assert [(one.task, one.worker) for one in found] == [("a 2", str(os.getpid()))]
    assert engine._pool is None, "no process was started for it"


class Chain:
    """Two tasks, then one that needs both, then two that need that."""

    def __init__(self) -> None:
        self.ready = tasks_of("a", "b")
        self.taken: list[str] = []

    def take(self, free: int) -> tuple[Task, int] | None:
        if not self.ready:
            return None
        self.taken.append(self.ready[0].id)
        return self.ready.pop(0), 1

    @property
    def alone(self) -> bool:
        return False

    def ended(self, name: str) -> None:
        self.ready += {"b": tasks_of("c"), "c": tasks_of("d", "e")}.get(name, [])


@pytest.mark.parametrize("workers", [1, 2])
def test_what_becomes_ready_is_taken_then(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "execute", told)
    supply, found = Chain(), []
    engine = SerialEngine() if workers == 1 else ProcessEngine(workers)
    for outcome in engine.run(Path(), "", supply):
        found.append(outcome.task.split()[0])
        supply.ended(found[-1])
    if isinstance(engine, ProcessEngine):
        engine.close()
    assert sorted(found) == ["a", "b", "c", "d", "e"]
    assert found.index("b") < found.index("c") < min(found.index("d"), found.index("e"))


def test_only_the_task_that_kills_its_process_is_blamed(engine: ProcessEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "execute", deadly)
    names = ["a", "poison", "b", "unlucky", "c", "d"]
    found = {one.task: one for one in engine.run(tmp_path, "", Listed(tasks_of(*names)))}
    assert sorted(found) == sorted(names)
    assert [name for name, one in found.items() if not one.ok] == ["poison"]
    line = found["poison"].faults[0].line()
    assert line.startswith(
        "E-RUN-003 poison: its process died twice, the second time with nothing beside it (TerminatedWorkerError), likely out of memory"
    )
    assert "Fix: lower engine.window_pixels" in line
    assert found["poison"].exit_code == 2


def test_the_processes_end_with_the_engine(engine: ProcessEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "execute", told)
    workers = {int(one.worker) for one in engine.run(Path(), "", Listed(tasks_of("a", "b", "c")))}
    engine.close()
    for number in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(number, 0)
