"""Threads of a task: what is left of the workers, and no byte more or less."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from iota_py.config import load_config
from iota_py.pipeline.engine import local as module
from iota_py.pipeline.engine.local import JoblibEngine
from iota_py.pipeline.run import run
from iota_py.pipeline.task import Outcome, Task
from iota_py.pipeline.threads import allowed, given
from tests.end_to_end.products import digests


def test_a_task_has_one_thread_unless_it_is_given_more() -> None:
    assert allowed() == 1
    with given(3):
        assert allowed() == 3
        with given(0):
            assert allowed() == 1
    assert allowed() == 1


def record(root: str, version: str, task: Task, threads: int = 1) -> Outcome:
    return Outcome(f"{task.id} {threads}", 0.0)


def tasks_of(count: int) -> Sequence[Task]:
    return [Task(f"t{i}", "train", "train", {}, (), (), "key") for i in range(count)]


@pytest.mark.parametrize(("workers", "count", "threads"), [(2, 1, 2), (2, 2, 1), (2, 5, 1), (7, 3, 2)])
def test_workers_without_a_task_lend_their_thread(workers: int, count: int, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "execute", record)
    found = sorted(outcome.task for outcome in JoblibEngine(workers).run(Path(), "", tasks_of(count)))
    assert found == [f"t{i} {threads}" for i in range(count)]


@pytest.mark.slow
def test_models_do_not_depend_on_threads(light_config: Callable[[Path, str], Path], tmp_path: Path) -> None:
    roots = []
    for name, workers in (("one", 1), ("many", 3)):
        more = f"samples: {{split: {{runs: 1}}}}\nengine: {{workers: {workers}}}\n"
        config = load_config(light_config(tmp_path / name, more))
        run(config)
        roots.append(config.output)
    assert digests(roots[0]) == digests(roots[1])
