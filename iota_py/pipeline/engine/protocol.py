"""What a run asks of an engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from iota_py.pipeline.task import Outcome, Task


class Engine(Protocol):
    """Runs tasks that do not depend on each other."""

    def run(self, root: Path, version: str, tasks: Sequence[Task]) -> Iterator[Outcome]:
        """Outcomes as they come, in any order. version: tells workers when the inventory has changed."""
        ...
