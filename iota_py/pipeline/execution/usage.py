"""How busy the workers were, and what they waited for.

Every second of the run is shared out among the stages whose tasks ran in it, by the workers that these had; the workers that had none in that
second waited for the same tasks, and their time is idle time of those stages. So the seconds of all the stages add up to those of the run.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class StageUsage:
    """Seconds of one stage. wall: its share of the time that passed. idle: of workers without a task, summed over them."""

    wall: float = 0.0
    idle: float = 0.0


class Usage:
    """What the stages took of the time of the workers. Call `begin` and `end` for every task, `workers` may change in between."""

    def __init__(self, workers: Callable[[], int], clock: Callable[[], float] = time.perf_counter) -> None:
        self.stages: dict[str, StageUsage] = {}
        self.unused = StageUsage()  # while no task ran at all
        self.capacity = 0.0  # seconds of all workers
        self._workers, self._clock, self._last = workers, clock, clock()
        self._running: dict[str, int] = {}

    def begin(self, stage: str, threads: int) -> None:
        """A task has been given to a worker, with so many threads."""
        self.count()
        self._running[stage] = self._running.get(stage, 0) + threads

    def end(self, stage: str, threads: int) -> None:
        """A task is over."""
        self.count()
        self._running[stage] -= threads
        if not self._running[stage]:
            del self._running[stage]

    def count(self) -> None:
        """Share out the time up to now."""
        now = self._clock()
        passed, self._last = now - self._last, now
        workers, busy = self._workers(), sum(self._running.values())
        self.capacity += passed * max(workers, busy)
        idle = passed * max(0, workers - busy)
        if not busy:
            self.unused.wall += passed
            self.unused.idle += idle
        for stage, threads in self._running.items():
            entry = self.stages.setdefault(stage, StageUsage())
            entry.wall += passed * threads / busy
            entry.idle += idle * threads / busy
