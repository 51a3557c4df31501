"""One task done: what it leaves open in its process."""

from __future__ import annotations

import pytest

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
