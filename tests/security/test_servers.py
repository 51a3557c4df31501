"""Who listens where: every server that this program starts, seen from the kernel's table of sockets."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from iota_py.config.engine import Cluster, Engine, Tls
from iota_py.pipeline.engine.opening import open_engine
from iota_py.tracking.server import HOST, server_command, server_environment
from iota_py.viewer.guard import HOST as VIEWER
from tests.pipeline.small_years import configured, map_of, write_land

LOCK = Path(__file__).resolve().parents[2] / "requirements.lock"
MAP = "samples: {polygons: reference_2023.gpkg, label: code, split: {runs: 1}}\n"


def listening(process: psutil.Process) -> set[str]:
    """Addresses on which a process and those that it started listen."""
    found = set()
    for one in (process, *process.children(recursive=True)):
        try:
            found |= {c.laddr.ip for c in one.net_connections(kind="inet") if c.status == psutil.CONN_LISTEN}
        except psutil.NoSuchProcess:
            continue
    return found


@pytest.mark.slow
def test_workers_of_this_machine_listen_on_the_loopback_address(tmp_path: Path) -> None:
    before = listening(psutil.Process())
    with open_engine(Engine(kind="dask", workers=2), tmp_path) as engine:
        assert listening(psutil.Process()) - before <= {"127.0.0.1"}
        assert engine.client.scheduler.address.startswith(("tcp://127.0.0.1:", "inproc://"))
        assert (
            engine.client.dashboard_link == "" or "127.0.0.1" in engine.client.dashboard_link or engine.client.cluster.dashboard_link == ""
        )
    assert listening(psutil.Process()) <= before


@pytest.mark.slow
def test_pages_of_runs_listen_on_the_loopback_address(tmp_path: Path) -> None:
    land = write_land(tmp_path / "land", 2023)
    map_of(configured(land, tmp_path / "run", MAP))
    for process in served("view", str(tmp_path / "run"), "--no-open"):
        deadline = time.monotonic() + 60
        while not (found := listening(process)) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert found == {"127.0.0.1"}


def served(*words: str) -> Iterator[psutil.Process]:
    """A command that serves until it is stopped."""
    command = [sys.executable, "-c", "from iota_py.cli.main import main; main()", *words]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ})
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)


def test_mlflow_is_served_on_the_loopback_address_and_runs_nothing() -> None:
    assert HOST == VIEWER == "127.0.0.1"
    command = server_command("sqlite:///x.db", None, 5000)
    assert command[command.index("--host") + 1] == "127.0.0.1"
    assert {host.split(":")[0] for host in command[command.index("--allowed-hosts") + 1].split(",")} == {"127.0.0.1", "localhost"}
    environment = server_environment("sqlite:///x.db")
    assert environment["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] == "false"
    assert environment["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] == "false"


def test_clusters_are_encrypted_unless_asked_otherwise() -> None:
    assert Cluster().tls == "temporary"
    files = Tls(authority=Path("a.pem"), certificate=Path("c.pem"), key=Path("k.pem"))
    assert Engine(kind="slurm", workers=2, cluster=Cluster(tls=files)).jobs.tls == files


def test_the_lock_file_holds_hashes_and_names_no_host() -> None:
    text = LOCK.read_text(encoding="utf-8")
    assert not re.search(r"https?://|--index-url|--extra-index-url|--find-links|--trusted-host|^-e |git\+|@ file:", text, re.MULTILINE)
    pinned = re.split(r"\n(?=[a-z0-9])", text.strip())
    assert len(pinned) > 100
    assert [block.splitlines()[0] for block in pinned if "==" not in block.splitlines()[0] or "--hash=sha256:" not in block] == []
