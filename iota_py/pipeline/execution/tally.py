"""What is counted while a plan is carried out: tasks done and left of each stage, their cost, and how busy the workers were."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from iota_py.pipeline.execution.usage import StageUsage, Usage
from iota_py.pipeline.journal import Journal
from iota_py.pipeline.plan import Plan
from iota_py.pipeline.task import Outcome, Task
from iota_py.pipeline.timing import Spent, add_timings, bytes_in


@dataclass
class _Stage:
    """Of one stage of the plan in hand. left: tasks that are not over. ended: by workers. seconds: of their work; cpu: of processors."""

    planned: int = 0
    pending: int = 0
    left: int = 0
    begun: bool = False
    ended: int = 0
    good: int = 0
    seconds: float = 0.0
    cpu: float = 0.0


class Tally:
    """One for each time that a run is started; it is opened again when the plan is made anew."""

    def __init__(self, root: Path, journal: Journal, workers: Callable[[], int]) -> None:
        self.root, self.journal = root, journal
        self.usage = Usage(workers)
        self.executed: dict[str, int] = {}
        self.idle: dict[str, float] = {}
        self._stages: dict[str, _Stage] = {}
        self._pending: set[str] = set()

    def open(self, plan: Plan, pending: set[str]) -> None:
        """A plan is begun. pending: tasks that are to be done, at most."""
        self._pending = pending
        self._stages = {}
        for task in plan.tasks:
            entry = self._stages.setdefault(task.stage, _Stage())
            entry.planned += 1
            entry.left += 1
            entry.pending += task.id in pending
        self.journal.planned(plan.tasks, {name: entry.pending for name, entry in self._stages.items()})

    def begin(self, task: Task, threads: int) -> None:
        """A task has been given to a worker."""
        entry = self._stages[task.stage]
        if not entry.begun:
            entry.begun = True
            self.journal.start(task.stage, entry.planned, entry.pending)
        self.journal.given(task.stage)
        self.usage.begin(task.stage, threads)

    def end(self, task: Task, threads: int, outcome: Outcome) -> None:
        """A worker is through with it."""
        self.usage.end(task.stage, threads)
        entry = self._stages[task.stage]
        entry.ended += 1
        entry.good += outcome.ok
        entry.seconds += outcome.seconds
        entry.cpu += outcome.cpu
        self.journal.ended(task.stage, outcome)

    def settled(self, task: Task, ok: bool, done: bool) -> None:
        """It is over. ok: its outputs are there, or nobody needs them. done: by a worker."""
        entry = self._stages[task.stage]
        entry.left -= 1
        if ok and not done and task.id in self._pending:
            entry.pending -= 1
            self.journal.skipped(task.stage)
        if not entry.left:
            self._close(task.stage)

    def close(self) -> None:
        """Nothing more of this plan will be done."""
        self.usage.count()
        for stage, entry in self._stages.items():
            if entry.begun and entry.left:
                self._close(stage)

    def _close(self, stage: str) -> None:
        entry = self._stages[stage]
        spent = StageUsage()
        if entry.ended:
            self.usage.count()
            spent = self.usage.stages.pop(stage, spent)
            self.idle[stage] = self.idle.get(stage, 0.0) + spent.idle
            self.executed[stage] = self.executed.get(stage, 0) + entry.good
            add_timings(self.root, stage, entry.ended, Spent(entry.seconds, spent.wall, entry.cpu, bytes_in(self.root), spent.idle))
        self.journal.end(stage, spent.wall)


def idle_sentence(idle: Mapping[str, float], unused: float, capacity: float) -> str:
    """How busy the workers were, and what they waited for. idle: seconds of workers by stage. unused: while no task ran. capacity: of all."""
    waited = sum(idle.values()) + unused
    if capacity <= 0:
        return ""
    most = sorted(((seconds, stage) for stage, seconds in idle.items()), reverse=True)[:4]
    shown = [f"{seconds:.1f} s in {stage}" for seconds, stage in most if seconds >= 0.05 * waited and seconds >= 0.05]
    shown += [f"{unused:.1f} s between tasks"] if unused >= 0.05 * waited and unused >= 0.05 else []
    text = f"busy {100 * (1 - waited / capacity):.0f} % of {capacity:.1f} s"
    return f"{text}, idle {', '.join(shown)}" if shown else text
