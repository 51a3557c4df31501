"""Which tasks of a plan take over what passes, and which are still to be done."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from iota_py.pipeline.plan import Plan
from iota_py.pipeline.state import State
from iota_py.pipeline.task import Task


def consumers_of(tasks: Sequence[Task]) -> dict[str, tuple[str, ...]]:
    """Transient task -> tasks that read what it makes."""
    found: dict[str, list[str]] = {task.id: [] for task in tasks if task.transient}
    passing: dict[int, tuple[str, ...]] = {}  # windows of a tile share one tuple of needs
    for task in tasks:
        if id(task.needs) not in passing:
            passing[id(task.needs)] = tuple(need for need in task.needs if need in found)
        for need in passing[id(task.needs)]:
            found[need].append(task.id)
    return {name: tuple(names) for name, names in found.items()}


def pending(plan: Plan, state: State) -> set[str]:
    """Identifiers of the tasks that are to be done: not there, or needing something that is to be done.

    At most these: what is made again with the same bytes as before does not redo what needs it.
    """
    consumers = consumers_of(plan.tasks)
    wanted: set[str] = set()
    for task in plan.tasks:
        if any(need in wanted and need not in consumers for need in task.needs) or not state.done(task):
            wanted.add(task.id)
    for task in reversed(plan.tasks):
        if task.transient and not any(name in wanted for name in consumers[task.id]):
            wanted.discard(task.id)
    return wanted


def remove_strays(root: Path, tasks: Sequence[Task]) -> None:
    """Windows of another size, left by an interrupted run. tasks: of the whole plan."""
    planned = {name for task in tasks if task.transient for name in task.outputs}
    for folder in {Path(name).parent for name in planned}:
        for path in (root / folder).glob("*.tif") if (root / folder).is_dir() else ():
            if path.relative_to(root).as_posix() not in planned:
                path.unlink()
