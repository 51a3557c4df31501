"""A run resumes: nothing twice, what depends on a lost output again, and after SIGKILL the same bytes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from iota_py.config import load_config
from iota_py.config.schema import RunConfig
from iota_py.pipeline.run import run
from tests.conftest import Command
from tests.end_to_end.products import digests

Writer = Callable[[Path, str], Path]


@pytest.fixture
def copied(light_run: RunConfig, tmp_path: Path) -> RunConfig:
    """A copy of the light run that a test may spoil."""
    shutil.copytree(light_run.output, tmp_path / "run")
    return light_run.model_copy(update={"output": tmp_path / "run"})


def test_a_second_run_does_nothing(copied: RunConfig) -> None:
    before = {p: p.stat().st_mtime_ns for p in copied.output.rglob("*.tif")}
    summary = run(copied)
    assert summary.nothing
    assert {p: p.stat().st_mtime_ns for p in copied.output.rglob("*.tif")} == before


def test_a_second_run_says_so(light_config: Writer, tmp_path: Path, light_run: RunConfig, command: Command) -> None:
    config = light_config(tmp_path, "")
    shutil.copytree(light_run.output, tmp_path / "run")
    done = command("run", str(config))
    assert done.returncode == 0, done.stderr
    assert "nothing to do: every output is there and up to date" in done.stdout


def test_a_deleted_map_takes_its_parts_again_and_nothing_else(copied: RunConfig, light_run: RunConfig) -> None:
    (copied.output / "map/classification.tif").unlink()
    assert run(copied).executed == {"mosaic_parts": 1, "mosaic": 1}
    assert digests(copied.output) == digests(light_run.output)


def test_a_deleted_tile_raster_takes_its_windows_again(copied: RunConfig, light_run: RunConfig) -> None:
    (copied.output / "tiles/31TCJ/classification_run_1.tif").unlink()
    assert run(copied).executed == {"predict": 9, "assemble": 1}
    assert digests(copied.output) == digests(light_run.output)


def test_a_changed_byte_is_noticed_and_mended(copied: RunConfig, light_run: RunConfig) -> None:
    path = copied.output / "tiles/31TDJ/confidence_run_0.tif"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert set(run(copied).executed) == {"predict", "assemble"}
    assert digests(copied.output) == digests(light_run.output)


def test_another_result_of_an_earlier_step_redoes_what_depends_on_it(copied: RunConfig, light_run: RunConfig) -> None:
    changed = copied.model_copy(update={"model": copied.model.model_copy(update={"trees": 9})})
    executed = run(changed).executed
    assert executed["train"] == 4
    assert "samples" not in executed
    assert "candidates" not in executed
    assert {"predict", "assemble", "mosaic", "assess", "summary", "report"} <= set(executed)
    assert digests(changed.output) != digests(light_run.output)


@pytest.mark.parametrize(
    "stage", [pytest.param("train", marks=pytest.mark.slow), "predict", pytest.param("mosaic", marks=pytest.mark.slow)]
)
def test_killed_and_run_again_it_ends_with_the_same_bytes(stage: str, light_config: Writer, tmp_path: Path, light_run: RunConfig) -> None:
    config = light_config(tmp_path, "engine: {workers: 2}\n")
    root = tmp_path / "run"
    command = [sys.executable, "-c", "from iota_py.cli.main import main; main()", "run", str(config)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 120
    while not list((root / ".state" / stage).rglob("*.json")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert process.returncode == -signal.SIGKILL, "the run ended before it could be killed"
    assert not (root / "report.html").exists()
    run(load_config(config))
    assert digests(root) == digests(light_run.output)
    assert not [p for p in root.rglob("*") if ".part" in p.name], "temporary files are swept"


def test_a_request_to_stop_ends_with_130_and_resumes(light_config: Writer, tmp_path: Path, light_run: RunConfig) -> None:
    config = light_config(tmp_path, "engine: {workers: 2}\n")
    command = [sys.executable, "-c", "from iota_py.cli.main import main; main()", "run", str(config)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not list((tmp_path / "run/.state/train").rglob("*.json")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.terminate()
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    assert "run again to resume" in errors
    assert "Traceback" not in errors
    run(load_config(config))
    assert digests(tmp_path / "run") == digests(light_run.output)
