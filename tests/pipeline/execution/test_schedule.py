"""Which task comes next: each as soon as what it needs is there, what is furthest on its way first, nothing for nothing."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iota_py.pipeline.execution.graph import consumers_of
from iota_py.pipeline.execution.schedule import Schedule
from iota_py.pipeline.task import Task


class Watching:
    """Does nothing but keep what it is told. unneeded: tasks that are not to be done."""

    def __init__(self, unneeded: Sequence[str] = ()) -> None:
        self.unneeded = set(unneeded)
        self.over: dict[str, tuple[bool, bool]] = {}
        self.gone: list[str] = []

    def needed(self, task: Task) -> bool:
        return task.id not in self.unneeded

    def settled(self, task: Task, ok: bool, done: bool) -> None:
        assert task.id not in self.over, "a task is over once"
        self.over[task.id] = (ok, done)

    def passed(self, tasks: Sequence[Task]) -> None:
        self.gone += [task.id for task in tasks]


def task(name: str, *needs: str, transient: bool = False) -> Task:
    return Task(name, name.split("/")[0], "", {}, needs, (f"{name}.out",), "key", transient)


def schedule(tasks: Sequence[Task], watch: Watching, threaded: Sequence[str] = ()) -> Schedule:
    return Schedule(tasks, consumers_of(tasks), watch, frozenset(threaded))


def order(tasks: Sequence[Task], watch: Watching | None = None, failing: Sequence[str] = ()) -> list[str]:
    """Names in the order in which one worker does them."""
    plan, found = schedule(tasks, watch or Watching()), []
    while (taken := plan.take(1)) is not None:
        found.append(taken[0].id)
        plan.ended(taken[0].id, taken[0].id not in failing)
    assert not plan.stuck
    return found


TWO_TILES = [
    task("samples/A"), task("samples/B"), task("train/1", "samples/A"), task("train/2", "samples/B"),
    task("predict/A/1", "train/1", transient=True), task("predict/A/2", "train/1", transient=True), task("predict/B/1", "train/2", transient=True),
    task("assemble/A", "predict/A/1", "predict/A/2", "train/1"), task("assemble/B", "predict/B/1", "train/2"), task("mosaic", "assemble/A", "assemble/B"),
]  # fmt: skip


def test_a_tile_is_finished_before_another_is_begun() -> None:
    watch = Watching()
    assert order(TWO_TILES, watch) == [
        "samples/A", "train/1", "predict/A/1", "predict/A/2", "assemble/A", "samples/B", "train/2", "predict/B/1", "assemble/B", "mosaic",
    ]  # fmt: skip
    assert watch.gone == ["predict/A/1", "predict/A/2", "predict/B/1"]
    assert all(over == (True, True) for over in watch.over.values())


def test_scores_fill_the_gaps() -> None:
    tasks = [*TWO_TILES[:7], task("held_out", "samples/A"), task("scores", "held_out", "train/1"), *TWO_TILES[7:]]
    found = order(tasks)
    assert [name for name in found if name not in ("held_out", "scores")] == order(TWO_TILES)
    assert found.index("assemble/B") < found.index("held_out")
    plan = schedule(tasks, Watching())
    for name in ("samples/A", "samples/B"):
        taken = plan.take(1)
        assert taken is not None
        assert taken[0].id == name
    plan.ended("samples/A", True)
    taken, beside = plan.take(2), plan.take(1)
    assert taken is not None
    assert beside is not None
    assert (taken[0].id, beside[0].id) == ("train/1", "held_out"), "while a model is trained and nothing else can be done for the map"


def test_windows_wait_for_a_check_that_nothing_needs() -> None:
    tasks = [task("train"), task("check"), task("predict/1", "train", transient=True), task("assemble", "predict/1")]
    plan = Schedule(tasks, consumers_of(tasks), Watching(), frozenset(), frozenset({"check"}))
    names = [taken[0].id for taken in (plan.take(2), plan.take(1)) if taken is not None]
    assert sorted(names) == ["check", "train"]
    plan.ended("train", True)
    assert plan.take(1) is None
    plan.ended("check", True)
    taken = plan.take(1)
    assert taken is not None
    assert taken[0].id == "predict/1"


def test_no_worker_waits_for_a_stage() -> None:
    plan = schedule(TWO_TILES, Watching())
    first, second = plan.take(2), plan.take(1)
    assert first is not None
    assert second is not None
    assert (first[0].id, second[0].id) == ("samples/A", "samples/B")
    assert plan.take(0) is None
    plan.ended("samples/A", True)
    third = plan.take(1)
    assert third is not None
    assert third[0].id == "train/1", "while samples of another tile are still being read"
    plan.ended("train/1", True)
    fourth = plan.take(1)
    assert fourth is not None
    assert fourth[0].id == "predict/A/1"


def test_what_fails_costs_only_those_that_need_it() -> None:
    watch = Watching()
    assert order(TWO_TILES, watch, failing=["predict/A/2"]) == [
        "samples/A", "train/1", "predict/A/1", "predict/A/2", "samples/B", "train/2", "predict/B/1", "assemble/B",
    ]  # fmt: skip
    assert watch.over["assemble/A"] == (False, False)
    assert watch.over["mosaic"] == (False, False)
    assert watch.gone == ["predict/B/1"], "windows of a tile that is not whole are kept"


def test_what_is_there_is_passed_over() -> None:
    watch = Watching(["samples/A", "train/1", "predict/A/1", "predict/A/2", "assemble/A"])
    assert order(TWO_TILES, watch) == ["samples/B", "train/2", "predict/B/1", "assemble/B", "mosaic"]
    assert watch.over["assemble/A"] == (True, False)
    assert "predict/A/1" in watch.gone, "windows that an interrupted run has left"


def test_a_passing_task_waits_until_it_is_known_whether_it_is_needed() -> None:
    """`whole` reads weights, too: before these are there, nobody knows whether it is to be done, nor therefore whether its parts are."""
    tasks = [task("weights"), task("parts", transient=True), task("whole", "parts", "weights")]
    assert order(tasks) == ["weights", "parts", "whole"]


def test_a_passing_task_does_not_wait_for_what_comes_after_it() -> None:
    tasks = [task("parts", transient=True), task("check", "parts"), task("whole", "parts", "check")]
    assert order(tasks) == ["parts", "check", "whole"]


@pytest.mark.parametrize(("free", "count", "threads"), [(2, 1, [2]), (2, 2, [1, 1]), (2, 5, [1, 1]), (7, 3, [2, 2, 3])])
def test_workers_without_a_task_lend_their_thread(free: int, count: int, threads: list[int]) -> None:
    plan, found = schedule([task(f"train/{n}") for n in range(count)], Watching(), ["train"]), []
    while free and (taken := plan.take(free)) is not None:
        found.append(taken[1])
        free -= taken[1]
    assert found == threads


def test_tasks_that_use_one_thread_leave_the_others() -> None:
    plan = schedule([task("polygons")], Watching(), ["train"])
    taken = plan.take(8)
    assert taken is not None
    assert taken[1] == 1
    assert plan.alone


def test_alone_means_that_nothing_could_run_beside_it() -> None:
    plan = schedule([task("samples/A"), task("samples/B"), task("train", "samples/A", "samples/B")], Watching())
    plan.take(2)
    assert not plan.alone, "another is ready"
    plan.take(1)
    assert not plan.alone
    plan.ended("samples/A", True)
    plan.ended("samples/B", True)
    plan.take(2)
    assert plan.alone


def test_only_some_from_now_on() -> None:
    plan = schedule(TWO_TILES, Watching())
    plan.take(1)
    plan.restrict(lambda one: one.stage == "samples")
    plan.ended("samples/A", True)
    taken = plan.take(1)
    assert taken is not None
    assert taken[0].id == "samples/B"
    plan.ended("samples/B", True)
    assert plan.take(1) is None
    plan.restrict(lambda one: False)
    assert plan.take(1) is None


def test_tasks_that_wait_for_each_other_are_told() -> None:
    tasks = [task("a", "b"), task("b", "a")]
    plan = schedule(tasks, Watching())
    assert plan.take(1) is None
    assert plan.stuck == ["a", "b"]


@st.composite
def plans(draw: st.DrawFn) -> list[Task]:
    """Tasks of up to five stages; each needs some of earlier ones, what passes is read by a later one."""
    found: list[Task] = []
    for stage in range(draw(st.integers(1, 5))):
        before = [one.id for one in found]
        for number in range(draw(st.integers(1, 4))):
            needs = draw(st.lists(st.sampled_from(before), unique=True, max_size=4)) if before else []
            found.append(task(f"s{stage}/{number}", *needs, transient=draw(st.booleans())))
    return found


@settings(max_examples=200, deadline=None)
@given(plan=plans(), workers=st.integers(1, 4), seed=st.integers(0, 10**6), data=st.data())
def test_any_plan_comes_to_its_end(plan: list[Task], workers: int, seed: int, data: st.DataObject) -> None:
    names = [one.id for one in plan]
    watch = Watching(data.draw(st.lists(st.sampled_from(names), unique=True)))
    failing = set(data.draw(st.lists(st.sampled_from(names), unique=True, max_size=2)))
    chance, on_its_way = random.Random(seed), schedule(plan, watch)
    running: list[Task] = []
    while True:
        while len(running) < workers and (taken := on_its_way.take(workers - len(running))) is not None:
            assert all(watch.over[need][0] for need in taken[0].needs), "what it needs is there"
            assert taken[0].id not in watch.unneeded
            assert not set(taken[0].needs) & set(watch.gone), "what it reads has not been removed"
            running.append(taken[0])
        if not running:
            break
        one = running.pop(chance.randrange(len(running)))
        on_its_way.ended(one.id, one.id not in failing)
    assert not on_its_way.stuck
    assert set(watch.over) == set(names)
    lost = {name for name, (ok, _) in watch.over.items() if not ok}
    by_id = {one.id: one for one in plan}
    assert all(name in failing or any(need in lost for need in by_id[name].needs) for name in lost)
