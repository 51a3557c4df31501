"""Markers: when a task counts as done."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from iota_py.pipeline.state import State
from iota_py.pipeline.task import Task


def task(name: str, key: str = "k", needs: tuple[str, ...] = (), outputs: tuple[str, ...] = ("out.txt",)) -> Task:
    return Task(name, "train", "train", {}, needs, outputs, key)


@pytest.fixture
def state(tmp_path: Path) -> State:
    (tmp_path / "out.txt").write_text("content")
    found = State(tmp_path)
    found.record(task("a"), 1.0)
    return found


def test_recorded_is_done(state: State) -> None:
    assert state.done(task("a"))


def test_another_key_is_not_done(state: State) -> None:
    assert not state.done(task("a", key="other"))


def test_no_marker_is_not_done(state: State) -> None:
    state.forget(task("a"))
    assert not state.done(task("a"))


def test_a_torn_marker_is_not_done(state: State) -> None:
    marker = state.marker("a")
    marker.write_text(marker.read_text()[:20])
    assert not state.done(task("a"))


def test_a_missing_output_is_not_done(state: State) -> None:
    (state.root / "out.txt").unlink()
    assert not state.done(task("a"))


def test_other_outputs_are_not_done(state: State) -> None:
    assert not state.done(task("a", outputs=("out.txt", "more.txt")))


def test_other_bytes_of_the_same_size_are_not_done(state: State) -> None:
    (state.root / "out.txt").write_text("CONTENT")
    assert not state.done(task("a"))


def test_a_touched_file_is_still_done(state: State) -> None:
    os.utime(state.root / "out.txt", (1, 1))
    assert state.done(task("a"))


def test_a_folder_is_an_output_with_all_its_files(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model/a.json").write_text("1")
    (tmp_path / "model/b.txt").write_text("2")
    state = State(tmp_path)
    state.record(task("m", outputs=("model",)), 0)
    assert state.done(task("m", outputs=("model",)))
    (tmp_path / "model/b.txt").write_text("3")
    assert not state.done(task("m", outputs=("model",)))


def test_a_need_with_another_result_undoes_the_task(state: State) -> None:
    (state.root / "next.txt").write_text("made from out")
    following = task("b", needs=("a",), outputs=("next.txt",))
    state.record(following, 0)
    assert state.done(following)
    (state.root / "out.txt").write_text("another result")
    state.record(task("a"), 0)
    assert not state.done(following)


def test_a_need_that_was_discarded_is_not_asked_for(state: State) -> None:
    (state.root / "next.txt").write_text("made from out")
    following = task("b", needs=("a",), outputs=("next.txt",))
    state.record(following, 0)
    state.discard([task("a")])
    assert not (state.root / "out.txt").exists()
    assert state.done(following)
