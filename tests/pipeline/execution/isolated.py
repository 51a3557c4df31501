"""An engine that shows each task the files of what it needs, directly or through others, and no more: what a task reads without saying so in
the plan is missing then, or the result differs. Without stages that wait for one another, the order of tasks holds nothing together but their needs.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from iota_py.config.schema import RunConfig
from iota_py.pipeline import run as run_module
from iota_py.pipeline.engine.work import execute
from iota_py.pipeline.run import Planner, run
from iota_py.pipeline.task import Outcome, Task


class IsolatedEngine:
    """One task after the other, each in a folder of its own. Its supply must know the tasks of the whole plan, as Dispatch does."""

    workers = 1

    def run(self, root: Path, version: str, supply: Any) -> Iterator[Outcome]:
        """See engine.protocol.Engine."""
        while (taken := supply.take(1)) is not None:
            with tempfile.TemporaryDirectory(dir=root.parent) as place:
                yield _alone(root, Path(place) / root.name, version, taken[0], supply.tasks)


def _alone(root: Path, place: Path, version: str, task: Task, tasks: Mapping[str, Task]) -> Outcome:
    seen = closure(task, tasks)
    hidden = {name for one in tasks.values() if one.id not in seen for name in one.outputs}
    _mirror(root, place, hidden)
    outcome = execute(str(place), version, task)
    if outcome.ok:
        for name in task.outputs:
            _replace(place / name, root / name)
        marker = f".state/{task.id}.json"
        _replace(place / marker, root / marker)
    return outcome


def closure(task: Task, tasks: Mapping[str, Task]) -> set[str]:
    """Tasks that a task needs, and those that they need in their turn."""
    found: set[str] = set()
    waiting = list(task.needs)
    while waiting:
        name = waiting.pop()
        if name in tasks and name not in found:
            found.add(name)
            waiting += tasks[name].needs
    return found


def _mirror(root: Path, place: Path, hidden: set[str]) -> None:
    """Links to all files of a run but those that are hidden, which are files or whole folders."""
    for folder, folders, names in os.walk(root):
        here = Path(folder).relative_to(root)
        folders[:] = [name for name in folders if (here / name).as_posix() not in hidden]
        (place / here).mkdir(parents=True, exist_ok=True)
        for name in names:
            if (here / name).as_posix() not in hidden:
                os.link(root / here / name, place / here / name)


def _replace(source: Path, target: Path) -> None:
    if target.is_dir():
        shutil.rmtree(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(source, target)


@contextmanager
def _isolated(*words: Any) -> Iterator[IsolatedEngine]:
    yield IsolatedEngine()


def run_isolated(config: RunConfig, planner: Planner | None = None) -> None:
    """A run whose tasks see what they need only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_module, "open_engine", _isolated)
        run(config, planner=planner)
