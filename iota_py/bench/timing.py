"""Two ways of doing one thing, timed in turn: A B A B …, so that whatever else the machine does weighs on both alike."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

CLOCKS = ("wall", "cpu")


@dataclass(frozen=True)
class Side:
    """One of the two. run: does the work. amount: millions of pixels that one call does. repeats: calls in a round."""

    run: Callable[[], object]
    amount: float
    repeats: int = 1


@dataclass(frozen=True, eq=False)
class Rates:
    """Millions of pixels per second of each round, (round,), by clock: `wall`, or `cpu` for the seconds of all threads and workers."""

    ours: dict[str, np.ndarray]
    reference: dict[str, np.ndarray]

    def ratios(self, clock: str) -> np.ndarray:
        """How many times faster we are, round by round."""
        return self.ours[clock] / self.reference[clock]


def interleave(ours: Side, reference: Side, rounds: int) -> Rates:
    """Time both sides in turn, after one call of each that is not counted."""
    for side in (ours, reference):
        side.run()
    seconds = np.array([[_seconds(ours), _seconds(reference)] for _ in range(rounds)])  # (round, side, clock)
    done = np.array([ours.amount * ours.repeats, reference.amount * reference.repeats])
    rates = done[None, :, None] / np.maximum(seconds, 1e-9)
    return Rates(*({clock: rates[:, side, i] for i, clock in enumerate(CLOCKS)} for side in (0, 1)))


def summary(values: Sequence[float] | np.ndarray) -> dict[str, float]:
    """Median, smallest and largest."""
    return {"median": float(np.median(values)), "min": float(np.min(values)), "max": float(np.max(values))}


def quartiles(values: Sequence[float] | np.ndarray) -> list[float]:
    """First and third quartile: the spread of the ratios."""
    return [float(q) for q in np.percentile(values, [25, 75])]


def _seconds(side: Side) -> tuple[float, float]:
    cpu, wall = cpu_seconds(), time.perf_counter()
    for _ in range(side.repeats):
        side.run()
    return time.perf_counter() - wall, cpu_seconds() - cpu


def cpu_seconds() -> float:
    """Processor seconds of this process and of its children, dead and alive (those alive only where the system lists them)."""
    dead = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + dead.ru_utime + dead.ru_stime + sum(_cpu_of(pid) for pid in _children())


def _children() -> list[str]:
    return [pid for path in Path("/proc/self/task").glob("*/children") for pid in path.read_text().split()]


def _cpu_of(pid: str) -> float:
    """Processor seconds of a process, in steps of a hundredth; 0 when it has just ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
