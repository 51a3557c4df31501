"""What the process that hands tasks out remembers of markers: less is read, and nothing stale is believed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iota_py.io.publish import sha256
from iota_py.pipeline import soundness
from iota_py.pipeline import state as states
from iota_py.pipeline.plan import Plan
from iota_py.pipeline.soundness import damage_sentence, forget_unsound
from iota_py.pipeline.state import KnownState, State
from iota_py.pipeline.task import Task


def task(name: str, *needs: str, key: str = "k", transient: bool = False) -> Task:
    return Task(name, "train", "train", {}, needs, (f"out/{name}.txt",), key, transient)


def write(root: Path, one: Task, content: str = "content") -> None:
    path = root / one.outputs[0]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{one.id} {content}")


def work(root: Path, one: Task, content: str = "content") -> None:
    """What a worker does: another State, which nobody here hears of."""
    State(root).forget(one)
    write(root, one, content)
    State(root).record(one, 0.0)


MODEL, FOOTPRINT = task("train/region_1_run_0"), task("footprint/31TCJ")
WINDOWS = [task(f"predict/31TCJ/r{i}_c0", MODEL.id, FOOTPRINT.id) for i in range(5)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for one in (MODEL, FOOTPRINT, *WINDOWS):
        work(tmp_path, one)
    return tmp_path


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the markers that were opened."""
    names: list[str] = []
    read: Callable[[Any], Any] = states.read_json

    def counted(path: Path) -> Any:
        names.append(path.stem)
        return read(path)

    monkeypatch.setattr(states, "read_json", counted)
    return names


def test_what_windows_share_is_read_once(root: Path, opened: list[str]) -> None:
    state = KnownState(root)
    assert all(state.done(one) for one in WINDOWS)
    assert sorted(opened) == ["31TCJ", *(f"r{i}_c0" for i in range(5)), "region_1_run_0"]


def test_a_plain_state_remembers_nothing(root: Path, opened: list[str]) -> None:
    assert all(State(root).done(one) for one in WINDOWS)
    assert len(opened) == 3 * len(WINDOWS)


def test_nothing_is_opened_for_what_was_never_done(root: Path, opened: list[str]) -> None:
    state = KnownState(root)
    assert not any(state.done(task(f"{folder}/{i}")) for folder in ("predict/31TCJ", "predict/31TDJ", "train") for i in range(9))
    assert state.digest("assemble/31TCJ") is None
    assert opened == []


def test_a_task_made_elsewhere_is_seen_once_told(root: Path) -> None:
    new, state = task("predict/31TCJ/r9_c0", MODEL.id), KnownState(root)
    assert not state.done(new)
    assert state.digest(new.id) is None
    work(root, new)
    state.changed(new.id)
    assert state.done(new)
    assert state.digest(new.id) == State(root).digest(new.id)


def test_a_model_made_again_elsewhere_undoes_its_windows_once_told(root: Path) -> None:
    state = KnownState(root)
    assert state.done(WINDOWS[0])
    work(root, MODEL, "another model")
    state.changed(MODEL.id)
    assert not state.done(WINDOWS[0])
    work(root, MODEL)
    state.changed(MODEL.id)
    assert state.done(WINDOWS[0])


def test_a_marker_removed_elsewhere_is_gone_once_told(root: Path) -> None:
    state = KnownState(root)
    assert state.digest(MODEL.id) is not None
    State(root).forget(MODEL)
    state.changed(MODEL.id)
    assert state.digest(MODEL.id) is None
    assert not state.done(MODEL)


def test_a_marker_that_is_read_is_believed_rather_than_what_was_remembered(root: Path) -> None:
    state = KnownState(root)
    assert state.done(WINDOWS[0])
    work(root, MODEL, "another model")
    assert state.done(MODEL)  # nobody told, but this reads it
    assert state.digest(MODEL.id) == State(root).digest(MODEL.id)
    assert not state.done(WINDOWS[0])


def test_outputs_are_looked_at_each_time(root: Path) -> None:
    state = KnownState(root)
    assert state.done(WINDOWS[0])
    (root / WINDOWS[0].outputs[0]).write_text("other")
    assert not state.done(WINDOWS[0])


def test_what_it_does_itself_it_knows(root: Path) -> None:
    state = KnownState(root)
    assert state.done(WINDOWS[0])
    write(root, MODEL, "another model")
    state.record(MODEL, 0.0)
    assert not state.done(WINDOWS[0])
    state.record(WINDOWS[0], 0.0)  # of the new model
    assert state.done(WINDOWS[0])
    (root / MODEL.outputs[0]).write_text("amended")
    status = (root / MODEL.outputs[0]).stat()
    entry = {"sha256": sha256(root / MODEL.outputs[0]), "size": status.st_size, "mtime": status.st_mtime_ns}
    state.amend(MODEL.id, {MODEL.outputs[0]: entry})
    assert not state.done(WINDOWS[0])
    state.discard([MODEL])
    assert state.digest(MODEL.id) is None
    assert state.done(WINDOWS[0])  # what is gone is not asked for


def test_a_folder_that_cannot_be_listed_is_opened_all_the_same(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path) -> list[str]:
        raise PermissionError(folder)

    monkeypatch.setattr(states.os, "listdir", refuse)
    assert KnownState(root).done(WINDOWS[0])


NAMES = ("footprint/a", "train/a", "predict/a/0", "predict/a/1", "predict/b/0", "assemble/a")
TASKS = {
    name: task(name, *NAMES[: min(place, 2)], *(NAMES[2:4] if name == "assemble/a" else ()), transient=name.startswith("predict"))
    for place, name in enumerate(NAMES)
}
EVENTS = st.tuples(
    st.sampled_from(("work", "lose", "record", "forget", "discard", "spoil", "ask")), st.sampled_from(NAMES), st.integers(0, 2)
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(EVENTS, max_size=14))
def test_it_answers_as_a_state_that_remembers_nothing(tmp_path_factory: pytest.TempPathFactory, events: list[tuple[str, str, int]]) -> None:
    """Workers make and lose tasks, the driver records, forgets and discards, files go bad: both states say the same after each."""
    root = tmp_path_factory.mktemp("known")
    known, plain = KnownState(root), State(root)
    for event, name, content in events:
        one, path = TASKS[name], root / TASKS[name].outputs[0]
        if event == "work":
            work(root, one, str(content))
            known.changed(name)
        elif event == "lose":  # a worker dies in its work
            State(root).forget(one)
            known.changed(name)
        elif event == "record":
            write(root, one, str(content))
            known.record(one, 0.0)
        elif event == "forget":
            known.forget(one)
        elif event == "discard":
            known.discard([one])
        elif event == "spoil" and path.exists():
            path.write_text("spoilt")
        assert [known.done(one) for one in TASKS.values()] == [plain.done(one) for one in TASKS.values()]
        assert [known.digest(name) for name in NAMES] == [plain.digest(name) for name in NAMES]


@pytest.mark.parametrize("kind", [State, KnownState])
def test_files_with_other_bytes_that_will_be_read_are_found(root: Path, kind: type[State], monkeypatch: pytest.MonkeyPatch) -> None:
    """The time and size of the model's file are those of its marker, its bytes are not; a window that needs it is still to be done."""
    path = root / MODEL.outputs[0]
    before = path.stat()
    path.write_bytes(b"X" + path.read_bytes()[1:])
    states.os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    late, state, asked = task("predict/31TCJ/r9_c0", MODEL.id, FOOTPRINT.id), kind(root), []
    plan = Plan((FOOTPRINT, MODEL, *WINDOWS, late))

    def pending(plan: Plan, state: State) -> set[str]:
        asked.append(len(asked))
        return {one.id for one in plan.tasks if not state.done(one)}

    monkeypatch.setattr(soundness, "pending", pending)
    assert forget_unsound(plan, state) == ({MODEL.id, late.id}, [MODEL.outputs[0]])
    assert not state.done(MODEL)
    assert state.digest(MODEL.id) is None
    assert asked == [0, 1]
    assert damage_sentence([MODEL.outputs[0]]).startswith(
        f"1 file(s) have other bytes than were written, and are made again: {MODEL.outputs[0]}"
    )


@pytest.mark.parametrize("kind", [State, KnownState])
def test_where_nothing_is_pending_no_file_is_hashed(root: Path, kind: type[State], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(State, "damaged", lambda self, name: pytest.fail(f"{name} was read"))
    monkeypatch.setattr(soundness, "pending", lambda plan, state: set())
    assert forget_unsound(Plan((FOOTPRINT, MODEL, *WINDOWS)), kind(root)) == (set(), [])
