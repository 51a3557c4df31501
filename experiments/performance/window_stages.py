"""The tasks of the pipeline with a clock inside: seconds of each stage of a window, where the window is made.

The functions that a task calls are wrapped while it runs. Time goes to one stage at any moment: what a stage calls that has a name of its
own is not counted twice.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from unittest.mock import patch

from iota_py.codes import CodeBook
from iota_py.errors import TaskError
from iota_py.pipeline.engine import local as local_engine
from iota_py.pipeline.engine.protocol import Engine, Listed
from iota_py.pipeline.engine.work import execute
from iota_py.pipeline.models import block
from iota_py.pipeline.state import State
from iota_py.pipeline.steps import mapping
from iota_py.pipeline.task import Outcome, Task
from iota_py.pipeline.workspace import Workspace
from iota_py.prediction.forest import ForestEngine

OTHER = "other"
_CALLS = (
    (mapping, "models_at", "load the model"),
    (mapping, "owned_part", "footprint, regions"),
    (mapping, "burn_regions", "footprint, regions"),
    (Workspace, "observe", "read"),
    (block, "codes_of", "codes"),
    (block, "features_of", "features"),
    (CodeBook, "encode", "encode"),
    (ForestEngine, "predict", "predict"),
    (ForestEngine, "predict_codes", "predict"),
    (mapping, "write_raster", "write"),
    (State, "record", "marker"),
    (State, "forget", "marker"),
)
Seconds = tuple[float, float]  # of the processor, of the wall


class Meter:
    """Seconds by stage; the clock runs for one stage at a time."""

    def __init__(self) -> None:
        self.spent: dict[str, Seconds] = {}
        self.stage = OTHER
        self.mark = _now()

    def turn(self, stage: str) -> str:
        """Book the time since the last turn, and go on with `stage`; the stage before."""
        before, now = self.stage, _now()
        cpu, wall = self.spent.get(before, (0.0, 0.0))
        self.spent[before] = cpu + now[0] - self.mark[0], wall + now[1] - self.mark[1]
        self.stage, self.mark = stage, now
        return before


@dataclass(frozen=True)
class Metered(Outcome):
    """What became of a task, and where its time went. began: on the clock that all processes share."""

    spent: Mapping[str, Seconds] = field(default_factory=dict)
    began: float = 0.0


@dataclass(frozen=True)
class MeteredRun:
    """All the tasks of a step. wall: seconds. began: as in Metered."""

    wall: float
    began: float
    outcomes: tuple[Metered, ...]

    @property
    def peaks(self) -> dict[str, int]:
        """Largest memory of each process, bytes."""
        return {worker: max(o.peak for o in self.outcomes if o.worker == worker) for worker in sorted({o.worker for o in self.outcomes})}

    def spent(self) -> dict[str, Seconds]:
        """Seconds by stage over all tasks."""
        total: dict[str, Seconds] = {}
        for outcome in self.outcomes:
            for stage, (cpu, wall) in outcome.spent.items():
                before = total.get(stage, (0.0, 0.0))
                total[stage] = before[0] + cpu, before[1] + wall
        return total

    def starting(self, workers: int) -> float:
        """Seconds before the first task of each worker, summed; workers that replaced another are not counted."""
        first: dict[str, float] = {}
        for outcome in self.outcomes:
            first[outcome.worker] = min(outcome.began, first.get(outcome.worker, outcome.began))
        return sum(began - self.began for began in sorted(first.values())[:workers])


def run_metered(root: Path, version: str, tasks: Sequence[Task], engine: Engine) -> MeteredRun:
    """Do tasks by the pipeline's engine. Raises TaskError when one fails."""
    with patch.object(local_engine, "execute", execute_metered):
        began, start = time.monotonic(), time.perf_counter()
        outcomes = tuple(engine.run(root, version, Listed(tasks)))
        wall = time.perf_counter() - start
    for outcome in outcomes:
        if not outcome.ok:
            raise TaskError(*outcome.faults)
    return MeteredRun(wall, began, outcomes)  # type: ignore[arg-type]


def execute_metered(root: str, version: str, task: Task, threads: int = 1) -> Metered:
    """The pipeline's own `execute`, with the clock."""
    began = time.monotonic()
    with _wrapped() as meter:
        outcome = execute(root, version, task, threads)
        meter.turn(OTHER)
    values = {item.name: getattr(outcome, item.name) for item in fields(outcome)}
    return Metered(**values, spent=meter.spent, began=began)


def forget_peak() -> None:
    """`peak_memory` counts from here on."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


@contextmanager
def _wrapped() -> Iterator[Meter]:
    meter = Meter()
    with ExitStack() as stack:
        for owner, name, stage in _CALLS:
            stack.enter_context(patch.object(owner, name, _timed(meter, stage, getattr(owner, name))))
        yield meter


def _timed(meter: Meter, stage: str, call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def inside(*args: Any, **options: Any) -> Any:
        before = meter.turn(stage)
        try:
            return call(*args, **options)
        finally:
            meter.turn(before)

    return inside


def _now() -> Seconds:
    return time.process_time(), time.perf_counter()
