"""One run at a time in a folder: a lock file that says who holds it. A lock whose process is gone is taken over."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from iota_py.errors import ConfigError, Fault
from iota_py.pipeline import paths


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold the lock of a run's folder. Raises ConfigError when another living process holds it.

    The lock only spares work and confusion: two runs on one folder would still publish whole files with the same bytes.
    """
    root.mkdir(parents=True, exist_ok=True)
    path = root / paths.LOCK
    me = {"host": socket.gethostname(), "pid": os.getpid()}
    while True:
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        except FileExistsError:
            holder = _holder(path)
            if holder is not None and _alive(holder):
                text = f"process {holder['pid']} on {holder['host']} is running here"
                fix = "wait for it, or choose another output; if it is gone, remove the file"
                raise ConfigError(Fault("E-RUN-010", str(path), "", text, fix)) from None
            path.unlink(missing_ok=True)
            continue
        with os.fdopen(descriptor, "w") as stream:
            json.dump(me, stream)
        break
    try:
        yield
    finally:
        if _holder(path) == me:
            path.unlink(missing_ok=True)


def _holder(path: Path) -> dict[str, object] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {"host": str(content["host"]), "pid": int(content["pid"])}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _alive(holder: dict[str, object]) -> bool:
    """A process of another host is believed to live; one of this host is asked."""
    if holder["host"] != socket.gethostname():
        return True
    try:
        os.kill(int(str(holder["pid"])), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
