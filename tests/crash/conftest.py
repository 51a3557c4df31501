"""The process that forks jobs, one for all tests of a module, and what is compared after them."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
# What holds times, or what a process says of itself; and settings, which name the folder.
PASSING = (".state", ".lock", "system.csv", "config.yaml", "report.html", "inventory", "log", "journal", "run.log")


@dataclass(frozen=True)
class Ended:
    """How a job ended. killed: the signal that ended it, 0 for none. code, text: of the error, 0 for none. steps: (kind, name) of each."""

    killed: int
    code: int
    text: str
    steps: tuple[tuple[str, str], ...]


class Jobs:
    """A server of jobs; see `tests.crash.server`."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.crash.server"]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._out().readline() == "ready\n"

    def _out(self) -> Any:
        assert self.process.stdout is not None
        return self.process.stdout

    def do(self, **job: Any) -> Ended:
        """Do a job in a child of its own."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({key: str(v) if isinstance(v, Path) else v for key, v in job.items()}) + "\n")
        self.process.stdin.flush()
        said = json.loads(self._out().readline())
        return Ended(said["killed"], said["code"], said["text"], tuple((kind, name) for kind, name in said["steps"]))

    def close(self) -> None:
        """End the server."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)
        self._out().close()


@pytest.fixture(scope="session")
def jobs() -> Iterator[Jobs]:
    """A server of jobs for the session."""
    server = Jobs()
    yield server
    server.close()


def digests(root: Path) -> dict[str, str]:
    """SHA-256 of each file below a folder but those of PASSING, by name."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_file() and name.split("/")[0] not in PASSING:
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found
