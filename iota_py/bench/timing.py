"""Two ways of doing one thing, timed in turn: A B A B …, so that whatever else the machine does weighs on both alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

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
    """Millions of pixels per second of each round, (round,), by clock: `wall`, or `cpu` for seconds of all threads of this process."""

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
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(side.repeats):
        side.run()
    return time.perf_counter() - wall, time.process_time() - cpu
