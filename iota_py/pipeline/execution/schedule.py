"""Which task comes next: as soon as all that it needs is there, whatever else of its stage still waits.

Checks go first, and what takes over passing results: a tile whose windows are there is put together before windows of other tiles are begun, so that
little lies about. Then what windows wait for, and windows: what is furthest on its way before the rest (a later stage, then the order of the
plan), so that one ecoregion is mapped while another is still being read. What comes after windows and is awaited by none fills the gaps:
scores, reports, products.
The windows of a tile wait behind one gate, so that a country is a small graph.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from iota_py.pipeline.task import Task


class Watch(Protocol):
    """What is asked of, and told to, who carries a plan out."""

    def needed(self, task: Task) -> bool:
        """Whether a task is to be done, now that all that it needs is there."""
        ...

    def settled(self, task: Task, ok: bool, done: bool) -> None:
        """A task is over. ok: its outputs are there, or nobody needs them. done: by a worker, just now."""
        ...

    def passed(self, tasks: Sequence[Task]) -> None:
        """All that read what these transient tasks made have taken it over."""
        ...


@dataclass
class _Gate:
    """Tasks that wait for the same others. left: how many are not over yet. lost: one of those that they need has failed."""

    left: int
    lost: bool = False
    tasks: list[Task] = field(default_factory=list)


class Schedule:
    """Tasks of a plan on their way. Pure: it knows neither files nor workers."""

    def __init__(
        self,
        tasks: Sequence[Task],
        consumers: Mapping[str, tuple[str, ...]],
        watch: Watch,
        threaded: frozenset[str] = frozenset(),
        checks: frozenset[str] = frozenset(),
    ) -> None:
        """tasks: in the order of their stages, each after those that it needs. consumers: see `graph.consumers_of`.

        threaded: stages whose tasks can use several threads. checks: stages that windows wait for, though they need nothing of them.
        """
        self.tasks = {task.id: task for task in tasks}
        self.consumers, self.watch, self.threaded = consumers, watch, threaded
        self._checks = tuple(task.id for task in tasks if task.stage in checks)
        self.over: dict[str, bool] = {}
        self._ranks: dict[str, int] = {}
        self._places: dict[str, tuple[int, int, int]] = {}
        awaited, passing = self._awaited(), {task.id for task in tasks if task.transient and task.outputs}
        takers = {needs for needs in {task.needs for task in tasks} if not passing.isdisjoint(needs)}
        windows = False
        for place, task in enumerate(tasks):
            windows = windows or task.id in passing
            first = task.stage in checks or (task.needs in takers and not task.transient)
            urgency = 0 if first else 1 if task.transient or task.id in awaited or not windows else 2
            self._places[task.id] = (urgency, -self._ranks.setdefault(task.stage, len(self._ranks)), place)
        self._ready: list[tuple[tuple[int, int, int], str]] = []
        self._sure: set[str] = set()  # of those ready: known to be needed
        self._running: set[str] = set()
        self._behind: dict[str, list[tuple[_Gate, bool]]] = {}
        self._accepts: Callable[[Task], bool] = lambda task: True
        self._raise_gates(tasks)

    def take(self, free: int) -> tuple[Task, int] | None:
        """The task to begin now, and the threads that it may use; None when there is none until another has ended. free: workers without one."""
        found: list[tuple[tuple[int, int, int], str]] = []
        while self._ready and len(found) < max(1, free):
            entry = heapq.heappop(self._ready)
            if entry[1] in self._sure or self.watch.needed(self.tasks[entry[1]]):
                self._sure.add(entry[1])
                found.append(entry)
            else:
                self._settle(entry[1], ok=True, done=False)
        if not found:
            return None
        first = min(found)
        for entry in found:
            if entry is not first:
                heapq.heappush(self._ready, entry)
        task = self.tasks[first[1]]
        self._sure.discard(task.id)
        self._running.add(task.id)
        return task, max(1, free // len(found)) if task.stage in self.threaded else 1

    def ended(self, name: str, ok: bool) -> None:
        """A worker is through with a task."""
        self._running.discard(name)
        self._settle(name, ok, done=True)

    def restrict(self, accepts: Callable[[Task], bool]) -> None:
        """From now on begin only such tasks."""
        self._accepts = accepts
        self._ready = [entry for entry in self._ready if accepts(self.tasks[entry[1]])]
        heapq.heapify(self._ready)

    @property
    def alone(self) -> bool:
        """True when nothing is in the hands of a worker but one task, and nothing else could be begun."""
        return len(self._running) <= 1 and not self._ready

    @property
    def stuck(self) -> list[str]:
        """Tasks that are not over though nothing runs and nothing is ready: they wait for each other. Empty in every right plan."""
        return [] if self._ready or self._running else [name for name in self.tasks if name not in self.over]

    def _awaited(self) -> set[str]:
        """Tasks that passing ones need, or that those need in their turn."""
        found: set[str] = set()
        waiting = list({task.needs for task in self.tasks.values() if task.transient})
        while waiting:
            new = {need for need in waiting.pop() if need in self.tasks and need not in found}
            found |= new
            waiting += {self.tasks[need].needs for need in new}
        return found

    def _raise_gates(self, tasks: Sequence[Task]) -> None:
        gates: dict[tuple[tuple[str, ...], tuple[str, ...]], _Gate] = {}
        solid: dict[str, tuple[str, ...]] = {}
        asides: dict[tuple[tuple[str, ...], tuple[str, ...]], tuple[str, ...]] = {}
        for task in tasks:
            aside: tuple[str, ...] = ()
            if task.transient and self._ranks[task.stage]:
                same = (task.needs, self.consumers[task.id])
                if same not in asides:
                    asides[same] = self._asides(task, solid)
                aside = asides[same]
            key = (task.needs, aside)
            if key not in gates:
                needs = [need for need in dict.fromkeys(task.needs) if need in self.tasks]
                gate = gates[key] = _Gate(len(needs) + len(aside))
                for counts, names in ((True, needs), (False, aside)):
                    for name in names:
                        self._behind.setdefault(name, []).append((gate, counts))
            gates[key].tasks.append(task)
        for gate in gates.values():
            if not gate.left:
                self._open(gate)

    def _asides(self, task: Task, solid: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
        """What else those need that read a transient task, of earlier stages: only when that is there can be said whether they are to be done.

        Checks too, of earlier stages.
        """
        found = dict.fromkeys(self._checks if task.outputs else ())
        for name in self.consumers[task.id]:
            if name not in solid:
                solid[name] = tuple(need for need in self.tasks[name].needs if need in self.tasks and not self.tasks[need].transient)
            found.update(dict.fromkeys(solid[name]))
        own, rank = set(task.needs), self._ranks[task.stage]
        return tuple(name for name in found if name not in own and self._ranks[self.tasks[name].stage] < rank)

    def _open(self, gate: _Gate) -> list[tuple[str, bool]]:
        """Those behind a gate are ready, or lost: the latter, with False."""
        if gate.lost:
            return [(task.id, False) for task in gate.tasks]
        for task in gate.tasks:
            if self._accepts(task):
                heapq.heappush(self._ready, (self._places[task.id], task.id))
        return []

    def _settle(self, name: str, ok: bool, done: bool) -> None:
        waiting = deque([(name, ok)])
        while waiting:
            name, ok = waiting.popleft()
            self.over[name] = ok
            task = self.tasks[name]
            self.watch.settled(task, ok, done)
            done = False
            if ok:
                self._pass_on(task)
            for gate, counts in self._behind.pop(name, ()):
                gate.left -= 1
                gate.lost |= counts and not ok
                if not gate.left:
                    waiting.extend(self._open(gate))

    def _pass_on(self, task: Task) -> None:
        passing = [self.tasks[need] for need in task.needs if need in self.consumers and self.tasks[need].outputs]
        passed = [one for one in passing if all(self.over.get(name) for name in self.consumers[one.id])]
        if passed:
            self.watch.passed(passed)
