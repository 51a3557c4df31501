"""One run of `iota-py run` from outside: its wall time, memory of its processes every second, and its tasks as its JSON log tells them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import psutil

COMMAND = (sys.executable, "-c", "from iota_py.cli.main import main; main()", "run", "--quiet")
EVERY = 1.0  # seconds between two samples of memory
WINDOWS = "predict"  # stage of the windows


@dataclass(frozen=True)
class Samples:
    """Of one process. seconds: since 1970. rss: resident bytes. cpu: seconds of the processors so far."""

    seconds: tuple[float, ...]
    rss: tuple[int, ...]
    cpu: tuple[float, ...]

    def within(self, begin: float, end: float) -> Samples:
        """Those of a span of time."""
        kept = [one for one in zip(self.seconds, self.rss, self.cpu) if begin <= one[0] <= end]
        return Samples(*zip(*kept)) if kept else Samples((), (), ())

    def spent(self, begin: float, end: float) -> float:
        """Seconds of the processors in a span of time, interpolated between samples."""
        return float(np.diff(np.interp((begin, end), self.seconds, self.cpu))[0])


@dataclass(frozen=True)
class Done:
    """A task that has ended. end: seconds since 1970, as the driver heard of it. seconds: of work, as the worker tells. worker: host:process."""

    stage: str
    end: float
    seconds: float
    worker: str

    @property
    def start(self) -> float:
        """Seconds since 1970."""
        return self.end - self.seconds


@dataclass(frozen=True)
class Measured:
    """A run. wall: seconds of the command. driver: process that gives out the tasks. others: its descendants by their number."""

    wall: float
    driver: Samples
    others: Mapping[int, Samples]
    tasks: tuple[Done, ...]

    @property
    def workers(self) -> dict[int, Samples]:
        """The descendants that did tasks."""
        did = {int(task.worker.rpartition(":")[2]) for task in self.tasks}
        return {number: found for number, found in self.others.items() if number in did}


def measure(config: Path, root: Path) -> Measured:
    """Run a configuration whose output is `root`, which must be empty. Raises RuntimeError with what was printed when it fails."""
    if root.exists():
        raise ValueError(f"{root}: there is a run already, and what is there would not be done again")
    printed = config.with_suffix(".log")
    with open(printed, "wb") as stream:
        start = time.perf_counter()
        process = subprocess.Popen([*COMMAND, str(config)], stdout=stream, stderr=stream)
        found = _watch(process)
        wall = time.perf_counter() - start
    if process.returncode:
        raise RuntimeError(f"{config} ended with {process.returncode}: {printed.read_text(encoding='utf-8')[-2000:]}")
    driver = found.pop(process.pid)
    return Measured(wall, driver, found, read_tasks(root))


def read_tasks(root: Path) -> tuple[Done, ...]:
    """Tasks that went well, in the order of their end, of the JSON log of a run and of those that it has put aside."""
    lines = (line for path in sorted((root / "log").glob("run.jsonl*")) for line in path.read_text(encoding="utf-8").splitlines())
    events = (json.loads(line) for line in lines)
    ended = [_done(event) for event in events if "task" in event and event["level"] == "debug"]
    return tuple(sorted(ended, key=lambda task: task.end))


def span_of(tasks: Sequence[Done], stage: str = WINDOWS) -> tuple[float, float]:
    """From the start of the first task of a stage to the end of the last, seconds since 1970."""
    return min(task.start for task in tasks if task.stage == stage), max(task.end for task in tasks if task.stage == stage)


def overhead(tasks: Sequence[Done], workers: int, stage: str = WINDOWS) -> dict[str, float]:
    """What engine and driver cost beside the work, while the tasks of a stage were done.

    span: seconds from the start of the first to the end of the last. tasks: all that ended in it, of whatever stage. work: seconds of them,
    as the workers tell. task: median of one. per_task: seconds of a worker, (span × workers − work) / tasks. gap, gap_low, gap_high: median
    and quartiles of the seconds between the end of a task and the start of the next one on the same worker.
    """
    begin, end = span_of(tasks, stage)
    within = [task for task in tasks if begin < task.end <= end]
    work = sum(task.end - max(task.start, begin) for task in within)
    low, middle, high = np.quantile(_gaps(within), (0.25, 0.5, 0.75))
    return {
        "span": end - begin, "tasks": len(within), "work": work, "task": float(np.median([task.seconds for task in within])),
        "per_task": ((end - begin) * workers - work) / len(within), "gap": float(middle), "gap_low": float(low), "gap_high": float(high),
    }  # fmt: skip


def _gaps(tasks: Iterable[Done]) -> np.ndarray:
    of_worker: dict[str, list[Done]] = {}
    for task in tasks:
        of_worker.setdefault(task.worker, []).append(task)
    return np.array([later.start - one.end for done in of_worker.values() for one, later in pairwise(done)] or [np.nan])


def _done(event: Mapping[str, Any]) -> Done:
    # a task that took less than half a millisecond has no seconds in the log
    return Done(event["stage"], datetime.fromisoformat(event["time"]).timestamp(), event.get("seconds", 0.0), event["worker"])


def _watch(process: subprocess.Popen[bytes]) -> dict[int, Samples]:
    """Sample a process and its descendants until it ends."""
    series: dict[int, list[tuple[float, int, float]]] = {}
    own, start, turn = psutil.Process(process.pid), time.perf_counter(), 0
    while True:
        for one in _family(own):
            try:
                with one.oneshot():
                    memory, times = one.memory_info().rss, one.cpu_times()
            except psutil.Error:
                continue  # it has ended meanwhile
            if memory:  # none is left of a process that nobody has waited for
                series.setdefault(one.pid, []).append((time.time(), memory, times.user + times.system))
        turn += 1
        try:
            process.wait(max(0.0, start + turn * EVERY - time.perf_counter()))
        except subprocess.TimeoutExpired:
            continue
        return {number: Samples(*zip(*found)) for number, found in series.items()}


def _family(own: psutil.Process) -> list[psutil.Process]:
    try:
        return [own, *own.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []
