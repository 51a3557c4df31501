from __future__ import annotations

import os
from pathlib import Path

import pytest

from iota_py.io.publish import write_text
from iota_py.pipeline.sharing import Siblings, same_task, shared_folders
from iota_py.pipeline.state import State
from iota_py.pipeline.task import Task


def task(name: str, key: str = "k", needs: tuple[str, ...] = (), outputs: tuple[str, ...] | None = None, transient: bool = False) -> Task:
    return Task(name, name.split("/")[0], name, {}, needs, (f"{name}.txt",) if outputs is None else outputs, key, transient)


def done(root: Path, one: Task, text: str = "made") -> None:
    """Make the outputs of a task, as a run would."""
    for name in one.outputs:
        write_text(root / name, text)
    State(root).record(one, 2.5)


def take(root: Path, tasks: list[Task], *siblings: Path, stage: str | None = None) -> dict[str, int]:
    """As a run asks: for each task that is not done; in the place of what passes, for what reads it."""
    others, by_id, state = Siblings(siblings), {one.id: one for one in tasks}, State(root)
    for one in tasks if stage is None else [one for one in tasks if one.stage == stage]:
        for asked in [other for other in tasks if one.id in other.needs] if one.transient else [one]:
            if not state.done(asked):
                others.take(state, asked, by_id)
    return others.taken


@pytest.fixture
def roots(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "first", tmp_path / "second"


def test_a_task_that_does_not_differ_is_linked_and_done(roots: tuple[Path, Path]) -> None:
    first, second = roots
    one = task("a")
    done(first, one)
    assert take(second, [one], first) == {"a": 1}
    assert State(second).done(one)
    assert (second / "a.txt").samefile(first / "a.txt")
    assert shared_folders(second, [one]) == {"a": str(first)}
    assert State(second).read("a")["seconds"] == 2.5
    assert take(second, [one], first) == {}


def test_what_is_published_anew_leaves_the_other_run_alone(roots: tuple[Path, Path]) -> None:
    first, second = roots
    done(first, task("a"))
    take(second, [task("a")], first)
    done(second, task("a", "other key"), "made anew")
    assert (first / "a.txt").read_text() == "made"
    assert State(first).done(task("a"))
    # The old key again: the file of the first run takes its place once more.
    assert take(second, [task("a")], first) == {"a": 1}
    assert (second / "a.txt").samefile(first / "a.txt")


def test_another_key_other_outputs_and_other_needs_are_not_taken(roots: tuple[Path, Path]) -> None:
    first, second = roots
    source, one = task("a"), task("b", needs=("a",))
    done(first, source)
    done(first, one)
    assert take(second, [task("b", "other", ("a",))], first) == {}
    assert take(second, [task("b", outputs=("b.txt", "c.txt"))], first) == {}
    done(second, source, "other bytes under the same key")
    assert take(second, [source, one], first) == {}
    assert not (second / "b.txt").exists()
    assert take(second, [one], first, stage="b") == {}


def test_what_needs_something_that_is_not_there_is_not_taken(roots: tuple[Path, Path]) -> None:
    first, second = roots
    source, one = task("a"), task("b", needs=("a",))
    done(first, source)
    done(first, one)
    assert take(second, [source, one], first, stage="b") == {}
    assert take(second, [source, one], first) == {"a": 1, "b": 1}


def test_files_that_are_not_those_of_their_marker_are_not_taken(roots: tuple[Path, Path]) -> None:
    first, second = roots
    one = task("a", outputs=("a.txt", "model"))
    done(first, task("a", outputs=("a.txt",)))
    (first / "a.txt").write_text("mad!")  # as long as before, and written in place
    assert take(second, [task("a", outputs=("a.txt",))], first) == {}
    assert not list(second.rglob("*.part*"))
    assert not (second / "a.txt").exists()
    (first / "a.txt").unlink()
    assert take(second, [task("a", outputs=("a.txt",))], first) == {}
    assert same_task(State(second), State(first), one, {}) is None


def test_the_next_sibling_is_asked_where_the_first_is_damaged(tmp_path: Path) -> None:
    first, second, third = (tmp_path / name for name in ("first", "second", "third"))
    for root in (first, second):
        done(root, task("a"))
    (first / "a.txt").write_text("mad!")
    assert take(third, [task("a")], first, second) == {"a": 1}
    assert (third / "a.txt").read_text() == "made"


def test_folders_are_taken_whole_and_old_files_in_them_go(roots: tuple[Path, Path]) -> None:
    first, second = roots
    one = task("train/x", outputs=("models/x",))
    write_text(first / "models/x/forest.bin", "trees")
    write_text(first / "models/x/bundle.json", "{}")
    State(first).record(one, 1.0)
    write_text(second / "models/x/old.bin", "old")
    assert take(second, [one], first) == {"train": 1}
    assert sorted(path.name for path in (second / "models/x").iterdir()) == ["bundle.json", "forest.bin"]
    assert State(second).done(one)


def test_geopackages_are_copied(roots: tuple[Path, Path]) -> None:
    first, second = roots
    one = task("polygons", outputs=("samples/polygons.gpkg",))
    done(first, one)
    assert take(second, [one], first) == {"polygons": 1}
    assert not (second / "samples/polygons.gpkg").samefile(first / "samples/polygons.gpkg")
    assert State(second).done(one)


def test_on_another_file_system_files_are_copied(roots: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(source: object, target: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    first, second = roots
    done(first, task("a"))
    monkeypatch.setattr(os, "link", refused)
    assert take(second, [task("a")], first) == {"a": 1}
    assert (second / "a.txt").read_text() == "made"
    assert not (second / "a.txt").samefile(first / "a.txt")


def test_passing_results_are_not_wanted_where_what_takes_them_over_is_there(roots: tuple[Path, Path]) -> None:
    first, second = roots
    window, whole = task("predict/w", transient=True), task("assemble/t", needs=("predict/w",))
    done(first, window)
    done(first, whole)
    State(first).discard([window])
    assert take(second, [window, whole], first, stage="predict") == {"assemble": 1}
    assert State(second).done(whole)


def test_what_is_handed_over_anew_takes_the_manifest_back(roots: tuple[Path, Path]) -> None:
    first, second = roots
    one = task("report", outputs=("report.html",))
    done(first, one)
    write_text(second / "manifest.json", "{}")
    assert take(second, [one], first) == {"report": 1}
    assert not (second / "manifest.json").exists()


def test_a_run_takes_nothing_from_itself(roots: tuple[Path, Path]) -> None:
    first, _ = roots
    done(first, task("a"))
    (first / "a.txt").write_text("mad!")
    assert take(first, [task("a")], first) == {}
