"""A PostgreSQL server of its own for a test, on the loopback address; skipped where it is not installed."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PLACES = ("/usr/lib/postgresql/17/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/15/bin")


def _program(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path=os.pathsep.join(_PLACES))


def missing() -> str:
    """Why no server can be started here; empty where one can."""
    if _program("initdb") is None or _program("pg_ctl") is None:
        return "PostgreSQL is not installed"
    if importlib.util.find_spec("psycopg2") is None:
        return "psycopg2 is not installed: pip install 'iota-py[postgres]'"
    if os.getuid() == 0 and (shutil.which("runuser") is None or subprocess.run(["id", "postgres"], capture_output=True).returncode):
        return "PostgreSQL does not run as root, and there is no user postgres"
    return ""


def _run(name: str, *words: str) -> None:
    command = [*(["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []), str(_program(name)), *words]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120, cwd="/")


@contextmanager
def server() -> Iterator[str]:
    """Address of a database that lives as long as the block."""
    folder = Path(tempfile.mkdtemp(prefix="iota-pg-", dir="/tmp"))
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = str(folder / "data")
    try:
        _run("initdb", "-D", data, "-U", "iota", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C")
        _run("pg_ctl", "-D", data, "-l", str(folder / "log"), "-w", "-o", f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off", "start")
        try:
            yield f"postgresql+psycopg2://iota@127.0.0.1:{port}/postgres"
        finally:
            _run("pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
