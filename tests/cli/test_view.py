"""`iota-py view`: what it says before it serves, and that it serves and ends."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from iota_py.config.schema import RunConfig
from tests.conftest import Command

SERVED = all(importlib.util.find_spec(name) for name in ("rio_tiler", "starlette", "uvicorn"))
needs_extra = pytest.mark.skipif(not SERVED, reason="the extra `view` is not installed")


@needs_extra
def test_a_folder_without_a_map(command: Command, tmp_path: Path) -> None:
    done = command("view", str(tmp_path), "--no-open")
    assert done.returncode == 1
    assert done.stderr == f"E-VIEW-001 {tmp_path}: no finished map here (no map/classification.tif). Fix: iota-py run CONFIG\n"


@needs_extra
def test_a_configuration_of_another_version(command: Command, tmp_path: Path) -> None:
    (tmp_path / "map").mkdir()
    (tmp_path / "map/classification.tif").write_bytes(b"")
    (tmp_path / "config.yaml").write_text("name: old\n")
    done = command("view", str(tmp_path), "--no-open")
    assert done.returncode == 1
    assert done.stderr == (
        f"E-VIEW-003 {tmp_path}/config.yaml: not a configuration that this version of iota_py reads (ValidationError). "
        "Fix: run it again with this version: iota-py run CONFIG\n"
    )


@needs_extra
def test_a_port_that_is_taken(command: Command, light_run: RunConfig) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = command("view", str(light_run.output), "--no-open", "--port", str(port))
    assert done.returncode == 1
    assert done.stderr == (
        f"E-VIEW-004 127.0.0.1:{port}: port: cannot listen on 127.0.0.1:{port}: Address already in use. Fix: choose another one with --port, or none\n"
    )


@needs_extra
def test_two_runs_of_different_places(command: Command, light_run: RunConfig, tmp_path: Path) -> None:
    import shutil

    import rasterio
    from affine import Affine

    root = Path(shutil.copytree(light_run.output, tmp_path / "far"))
    with rasterio.open(root / "map/classification.tif", "r+", IGNORE_COG_LAYOUT_BREAK="YES") as dataset:
        dataset.transform = Affine(10, 0, 700_000, 0, -10, 4_840_000)
    done = command("view", str(light_run.output), str(root), "--no-open")
    assert done.returncode == 1
    assert done.stderr == (
        f"E-VIEW-001 {root}: its map shares no ground with that of {light_run.output}. Fix: show two runs of one place\n"
    )


def test_without_the_extra(command: Command, light_run: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in ("rio_tiler", "uvicorn") else find(name))
    done = command("view", str(light_run.output), "--no-open")
    assert done.returncode == 1
    assert done.stderr == "E-VIEW-002 viewer: needs rio-tiler, uvicorn. Fix: pip install 'iota-py[view]'\n"


@needs_extra
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_stopped(light_run: RunConfig, number: signal.Signals) -> None:
    call = [sys.executable, "-c", "from iota_py.cli.main import main; main()", "view", str(light_run.output), "--no-open"]
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"map      (http://127\.0\.0\.1:\d+/[\w-]{20,}/)\n", line)
        assert found, line
        with urllib.request.urlopen(found[1] + "about.json", timeout=60) as answer:
            assert b'"Demonstration landscape, 2023"' in answer.read()
        process.send_signal(number)
        rest, errors = process.communicate(timeout=30)
    assert rest == "Ctrl-C to stop\n"
    assert errors == ""
    assert process.returncode == (0 if number == signal.SIGINT else -signal.SIGTERM)
