"""One run at a time in a folder."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from iota_py.errors import ConfigError
from iota_py.pipeline.lock import locked


def test_it_is_held_and_given_back(tmp_path: Path) -> None:
    with locked(tmp_path):
        assert json.loads((tmp_path / ".lock").read_text()) == {"host": socket.gethostname(), "pid": os.getpid()}
    assert not (tmp_path / ".lock").exists()


def test_a_living_process_keeps_it(tmp_path: Path) -> None:
    with (
        locked(tmp_path),
        pytest.raises(ConfigError, match=f"process {os.getpid()} on {socket.gethostname()} is running here"),
        locked(tmp_path),
    ):
        pass


def test_a_dead_process_loses_it(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / ".lock").write_text(json.dumps({"host": socket.gethostname(), "pid": gone.pid}))
    with locked(tmp_path):
        assert json.loads((tmp_path / ".lock").read_text())["pid"] == os.getpid()


def test_another_host_is_believed_to_live(tmp_path: Path) -> None:
    (tmp_path / ".lock").write_text(json.dumps({"host": "elsewhere", "pid": 1}))
    with pytest.raises(ConfigError, match="process 1 on elsewhere"), locked(tmp_path):
        pass


def test_an_unreadable_lock_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / ".lock").write_text("{")
    with locked(tmp_path):
        assert json.loads((tmp_path / ".lock").read_text())["pid"] == os.getpid()
