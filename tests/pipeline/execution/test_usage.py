"""How busy workers were: worked out by hand on a clock that is set."""

from __future__ import annotations

import pytest

from iota_py.pipeline.execution.tally import idle_sentence
from iota_py.pipeline.execution.usage import StageUsage, Usage


class Clock:
    """Seconds as they are set."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_every_second_of_every_worker_is_work_or_waiting() -> None:
    clock = Clock()
    usage = Usage(lambda: 2, clock)
    clock.now = 101.0  # nothing to do for a second
    usage.begin("polygons", 1)
    clock.now = 104.0  # three seconds with one of two workers
    usage.begin("samples", 1)
    clock.now = 108.0  # four with both, in two stages
    usage.end("polygons", 1)
    usage.begin("samples", 1)
    clock.now = 110.0  # two with both, in one stage
    usage.end("samples", 1)
    usage.end("samples", 1)
    usage.begin("train", 2)
    clock.now = 115.0  # five with both threads
    usage.end("train", 2)
    assert usage.stages == {"polygons": StageUsage(3 + 2, 3), "samples": StageUsage(2 + 2, 0), "train": StageUsage(5, 0)}
    assert usage.unused == StageUsage(1, 2)
    assert usage.capacity == 30.0
    assert sum(one.wall for one in usage.stages.values()) + usage.unused.wall == 15.0


def test_waiting_is_for_those_that_run() -> None:
    clock = Clock()
    usage = Usage(lambda: 8, clock)
    for stage, threads in (("train", 3), ("samples", 1)):
        usage.begin(stage, threads)
    clock.now += 2
    usage.count()
    assert usage.stages["train"] == StageUsage(1.5, 6.0)
    assert usage.stages["samples"] == StageUsage(0.5, 2.0)


def test_workers_that_come_and_go() -> None:
    clock, there = Clock(), [4]
    usage = Usage(lambda: there[0], clock)
    usage.begin("predict", 1)
    clock.now += 1
    usage.count()
    there[0] = 0  # the last of them has gone with its task, which nobody has told yet
    clock.now += 1
    usage.count()
    assert usage.stages["predict"] == StageUsage(2.0, 3.0)
    assert usage.capacity == 5.0


@pytest.mark.parametrize(
    ("idle", "unused", "capacity", "text"),
    [
        (
            {"train": 6.0, "polygons": 2.0, "report": 0.01},
            2.0,
            100.0,
            "busy 90 % of 100.0 s, idle 6.0 s in train, 2.0 s in polygons, 2.0 s between tasks",
        ),
        ({}, 0.0, 10.0, "busy 100 % of 10.0 s"),
        ({}, 0.0, 0.0, ""),
    ],
)
def test_what_is_said(idle: dict[str, float], unused: float, capacity: float, text: str) -> None:
    assert idle_sentence(idle, unused, capacity) == text
