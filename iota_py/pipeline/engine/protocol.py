"""What a run asks of an engine, and an engine of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from iota_py.pipeline.task import Outcome, Task


class Supply(Protocol):
    """Where an engine takes its tasks from."""

    def take(self, free: int) -> tuple[Task, int] | None:
        """A task to begin, and the threads that it may use; None when there is none now. free: tasks that could be begun at once.

        When there is none though nothing runs, there will be none.
        """
        ...

    @property
    def alone(self) -> bool:
        """True when the task taken last is the only one in hand, and no other could be begun before it ends."""
        ...


class Engine(Protocol):
    """Carries tasks out."""

    @property
    def workers(self) -> int:
        """Tasks, or threads of tasks, that it carries out at the same time."""
        ...

    def run(self, root: Path, version: str, supply: Supply) -> Iterator[Outcome]:
        """Outcomes as they come, in any order, until there is nothing left to take. version: tells workers when the inventory has changed.

        A task is taken only when a worker is free, and only after the outcomes up to then have been asked for: what a task makes ready is
        known before the next is taken.
        """
        ...


class Listed:
    """A supply of tasks that do not depend on each other. threads: of each."""

    def __init__(self, tasks: Sequence[Task], threads: int = 1) -> None:
        self._tasks, self._threads, self._alone = iter(tasks), threads, len(tasks) == 1

    def take(self, free: int) -> tuple[Task, int] | None:
        """See Supply."""
        task = next(self._tasks, None)
        return None if task is None else (task, self._threads)

    @property
    def alone(self) -> bool:
        """See Supply."""
        return self._alone
