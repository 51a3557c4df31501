"""A plan carried out for real: no stage waits for another tile, what is counted adds up, and what is fatal ends the run after what is in hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from iota_py.config.schema import RunConfig
from iota_py.errors import Fault, InputError, StorageError
from iota_py.pipeline import paths
from iota_py.pipeline.execution.dispatch import BadAcquisitionError, is_fatal, refuse_bad
from iota_py.pipeline.run import prepare
from iota_py.pipeline.set_aside import add_bad, read_bad
from iota_py.pipeline.state import State
from iota_py.pipeline.task import Outcome
from iota_py.pipeline.timing import read_timings


def ended(root: Path) -> list[str]:
    """Tasks in the order in which they ended."""
    lines = (root / "log" / "run.jsonl").read_text(encoding="utf-8").splitlines()
    return [entry["task"] for entry in map(json.loads, lines) if "task" in entry]


def test_a_tile_is_whole_before_the_windows_of_the_next(light_run: RunConfig) -> None:
    found = ended(light_run.output)
    last = {tile: max(n for n, name in enumerate(found) if name.startswith(f"predict/{tile}/")) for tile in ("31TCJ", "31TDJ")}
    first = {tile: min(n for n, name in enumerate(found) if name.startswith(f"predict/{tile}/")) for tile in ("31TCJ", "31TDJ")}
    assert last["31TCJ"] < found.index("assemble/31TCJ") < first["31TDJ"]
    assert found.index("report") == len(found) - 1


def test_every_task_ends_once_and_windows_are_gone(light_run: RunConfig) -> None:
    plan, state = prepare(light_run)[1], State(light_run.output)
    assert sorted(ended(light_run.output)) == sorted(task.id for task in plan.tasks)
    for task in plan.tasks:
        assert state.done(task) != task.transient, task.id
        assert all((light_run.output / name).exists() != task.transient for name in task.outputs), task.id


def test_elapsed_time_is_shared_out_among_the_stages(light_run: RunConfig) -> None:
    timings = read_timings(light_run.output)
    assert set(timings.stage) == {task.stage for task in prepare(light_run)[1].tasks}
    # one worker: what passed is what the tasks took, and no worker ever waits while a task runs
    assert timings.wall.sum() == pytest.approx(timings.seconds.sum(), rel=0.2)
    assert timings.idle.sum() == 0


def outcome(code: str, exit_code: int = 3, product: str = "") -> Outcome:
    return Outcome("samples/A", 1.0, (Fault(code, "file", "", "is wrong"),), product, exit_code)


def test_what_ends_a_run() -> None:
    assert is_fatal(outcome("E-IO-001"))
    assert is_fatal(outcome("E-REF-001", InputError.exit_code))
    assert not is_fatal(outcome("E-PRD-001", InputError.exit_code, "S2A_1")), "an acquisition is set aside"
    assert not is_fatal(outcome("E-RUN-001"))


def test_bad_acquisitions_are_told_together_and_kept(tmp_path: Path) -> None:
    add_bad(tmp_path, {"S2A_0": "of before"})
    with pytest.raises(
        BadAcquisitionError, match=r"2 acquisition\(s\) cannot be read and are set aside: E-PRD-001 file: is wrong; E-PRD-002"
    ):
        refuse_bad(tmp_path, [outcome("E-PRD-002", 1, "S2A_2"), outcome("E-PRD-001", 1, "S2A_1")])
    assert list(read_bad(tmp_path)) == ["S2A_0", "S2A_1", "S2A_2"]


def test_what_cannot_be_written_is_told_before_an_input(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="E-IO-001"):
        refuse_bad(tmp_path, [outcome("E-REF-001", InputError.exit_code), outcome("E-IO-001"), outcome("E-IO-001")])
    with pytest.raises(InputError, match="E-REF-001"):
        refuse_bad(tmp_path, [outcome("E-REF-001", InputError.exit_code)])
    refuse_bad(tmp_path, [outcome("E-RUN-001")])
    assert not (tmp_path / paths.BAD).exists()
