"""What the processes of one call of pytest share: made by the first that needs it, while the others wait."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Folder that `make` has filled, one for all workers of pytest-xdist. Not to be changed. What `make` raises is raised; the next one tries anew."""
    own = factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / f"once-{name}"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        place = folder / "made"
        if not (folder / "done").exists():
            place.mkdir(exist_ok=True)
            make(place)
            (folder / "done").touch()
    return place
