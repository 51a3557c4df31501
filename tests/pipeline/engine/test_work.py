"""One task done: what it leaves open in its process, and what it may use of it."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg  # noqa: F401 - its library of linear algebra is there then
from threadpoolctl import threadpool_info, threadpool_limits

from iota_py.pipeline import steps
from iota_py.pipeline.engine.work import execute
from iota_py.pipeline.task import Task


@pytest.fixture
def subjects(monkeypatch, light_run):
    """Do tasks that do nothing; for which subject each is told to keep files."""
    told = []
    monkeypatch.setattr("iota_py.pipeline.engine.work.keep_for", told.append)
    monkeypatch.setattr(steps, "step", lambda name: lambda ws, params: None)
    monkeypatch.setattr("iota_py.pipeline.state.State.record", lambda *given: None)

    def do(**params):
        outcome = execute(str(light_run.output), "subjects", Task("t", "s", "mapping.write_window", params, (), (), "key"))
        assert outcome.ok, outcome.faults
        return told

    return do


def test_files_are_kept_for_the_tile_of_the_task(subjects, light_run):
    root = str(light_run.output)
    assert subjects(tile="a") == [(root, "a")]
    assert subjects(tile="b") == [(root, "a"), (root, "b")]


def test_a_task_without_a_tile_leaves_the_files_of_the_last_one(subjects, light_run):
    assert subjects(region=1) == []


def test_linear_algebra_has_one_thread_wherever_a_task_is_done(light_run, monkeypatch):
    """Its sums have other last bits with two, and the driver, which does what is alone, starts with as many as there are cores."""
    found = []
    monkeypatch.setattr(steps, "step", lambda name: lambda ws, params: found.append((threads(), algebra())))
    monkeypatch.setattr("iota_py.pipeline.state.State.record", lambda *given: None)
    task = Task("t", "s", "mapping.write_window", {}, (), (), "key")
    with threadpool_limits(2, user_api="blas"):
        before = threads()
        outcome = execute(str(light_run.output), "algebra", task, threads=2)
        assert outcome.ok, outcome.faults
        assert threads() == before == {2}
    with threadpool_limits(1, user_api="blas"):
        execute(str(light_run.output), "algebra", task)
    assert [threads for threads, _ in found] == [{1}, {1}]
    assert len({bits for _, bits in found}) == 1


def threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def algebra() -> bytes:
    values = np.random.default_rng(1).random(100_003)
    return (values @ values[::-1]).tobytes()
