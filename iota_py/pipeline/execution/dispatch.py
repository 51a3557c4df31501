"""A plan is given to an engine, task by task, and what comes back is noted: markers are asked, passing files removed, the journal is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from iota_py.errors import InputError, StorageError
from iota_py.pipeline import paths
from iota_py.pipeline.delivered import is_delivered
from iota_py.pipeline.engine.protocol import Engine
from iota_py.pipeline.execution.graph import consumers_of, remove_strays
from iota_py.pipeline.execution.schedule import Schedule
from iota_py.pipeline.execution.tally import Tally
from iota_py.pipeline.journal import Journal
from iota_py.pipeline.plan import Plan
from iota_py.pipeline.set_aside import add_bad
from iota_py.pipeline.sharing import Siblings
from iota_py.pipeline.stages import CHECKS, THREADED
from iota_py.pipeline.state import KnownState
from iota_py.pipeline.task import Outcome, Task

_UNWRITTEN = ("E-IO-001", "E-IO-002")  # of io: a file could not be written whole


class BadAcquisitionError(Exception):
    """Products were found unreadable: the plan has to be made anew without them."""


@dataclass(frozen=True)
class Place:
    """Where a run works, and with what. version: of configuration and inventory."""

    root: Path
    engine: Engine
    journal: Journal
    siblings: Siblings


def carry_out(place: Place, version: str, plan: Plan, tally: Tally, pending: set[str]) -> list[Outcome]:
    """Do what is to be done of a plan; the outcomes of the tasks that failed. pending: see graph.pending.

    Raises BadAcquisitionError when products cannot be read, InputError when an input is unusable and StorageError when files cannot be
    written: what was in hand then is finished first.
    """
    remove_strays(place.root, plan.tasks)
    tally.open(plan, pending)
    dispatch = Dispatch(place, plan, tally)
    outcomes = []
    for outcome in place.engine.run(place.root, version, dispatch):
        dispatch.ended(outcome)
        if not outcome.ok:
            outcomes.append(outcome)
    tally.close()
    refuse_bad(place.root, outcomes)
    if dispatch.schedule.stuck:
        raise RuntimeError(f"tasks wait for each other: {', '.join(dispatch.schedule.stuck[:5])}")
    return outcomes


class Dispatch:
    """A plan on its way: the supply of an engine, and the watch of its schedule."""

    def __init__(self, place: Place, plan: Plan, tally: Tally) -> None:
        """tally: opened for this plan."""
        self.place, self.tally = place, tally
        self.state = KnownState(place.root)
        self.tasks, self.consumers = plan.by_id(), consumers_of(plan.tasks)
        self._missing: dict[str, bool] = {}  # of those that read what passes: whether they are to be done
        self._threads: dict[str, int] = {}
        self.schedule = Schedule(plan.tasks, self.consumers, self, THREADED, CHECKS)

    def take(self, free: int) -> tuple[Task, int] | None:
        """See engine.protocol.Supply."""
        taken = self.schedule.take(free)
        if taken is not None:
            task, threads = taken
            if any(is_delivered(name) for name in task.outputs):
                # It is written anew when all is there: until then nothing counts as handed over.
                (self.place.root / paths.MANIFEST).unlink(missing_ok=True)
            self._threads[task.id] = threads
            self.tally.begin(task, threads)
        return taken

    @property
    def alone(self) -> bool:
        """See engine.protocol.Supply."""
        return self.schedule.alone

    def ended(self, outcome: Outcome) -> None:
        """A worker has told what became of a task."""
        self.state.changed(outcome.task)
        task = self.tasks[outcome.task]
        self.tally.end(task, self._threads.pop(task.id), outcome)
        if is_fatal(outcome):
            self.schedule.restrict(lambda task: False)
        elif outcome.product:  # others of this stage may find further products unreadable: all are told at once
            self.schedule.restrict(lambda other: other.stage == task.stage)
        self.schedule.ended(task.id, outcome.ok)

    def needed(self, task: Task) -> bool:
        """See schedule.Watch."""
        if task.transient and not any(self._to_do(name, task) for name in self.consumers[task.id]):
            return False
        return not self._there(task)

    def settled(self, task: Task, ok: bool, done: bool) -> None:
        """See schedule.Watch."""
        self.tally.settled(task, ok, done)

    def passed(self, tasks: Sequence[Task]) -> None:
        """See schedule.Watch."""
        self.state.discard(tasks)

    def _there(self, task: Task) -> bool:
        return self.state.done(task) or (not task.transient and self.place.siblings.take(self.state, task, self.tasks))

    def _to_do(self, name: str, asking: Task) -> bool:
        """Whether a task that reads what another passes on is to be done. It is asked for each of those, and answered once where nothing can
        change any more: where all that it needs of kept results is there."""
        if name in self._missing:
            return self._missing[name]
        task = self.tasks[name]
        if name in self.schedule.over or any(not self.schedule.over.get(need, True) for need in task.needs):
            return False  # it was done or lost
        if task.transient:
            return any(self._to_do(one, task) for one in self.consumers[name])
        found = not self._there(task)
        if all(need in self.schedule.over for need in task.needs if need in self.tasks and not self.tasks[need].transient):
            self._missing[name] = found
        return found


def is_fatal(outcome: Outcome) -> bool:
    """Whether no other task can go well either: files cannot be written, or an input is unusable."""
    unwritten = any(fault.code in _UNWRITTEN for fault in outcome.faults)
    return unwritten or (outcome.exit_code == InputError.exit_code and not outcome.product)


def refuse_bad(root: Path, outcomes: Sequence[Outcome]) -> None:
    """Set unreadable products aside and ask for a new plan; stop when an input is unusable, or files cannot be written."""
    bad = {o.product: o.faults[0].line() for o in outcomes if o.product}
    if bad:
        add_bad(root, bad)
        raise BadAcquisitionError(
            f"{len(bad)} acquisition(s) cannot be read and are set aside: {'; '.join(bad[key] for key in sorted(bad))}"
        )
    unwritten = [fault for o in outcomes for fault in o.faults if fault.code in _UNWRITTEN]
    if unwritten:  # the disk is full for all that follows too
        raise StorageError(*dict.fromkeys(unwritten))
    fatal = [fault for o in outcomes if o.exit_code == InputError.exit_code for fault in o.faults]
    if fatal:
        raise InputError(*fatal)
