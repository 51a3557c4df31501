"""Progress as an injected object: the pipeline says what happens, the caller shows it or not."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """What a run tells while it runs."""

    def say(self, topic: str, text: str) -> None:
        """One line under a topic (`inputs`, `samples`, …)."""
        ...

    def start(self, stage: str, total: int, pending: int) -> None:
        """A stage begins; `pending` of its `total` tasks are to be done."""
        ...

    def advance(self, stage: str) -> None:
        """One task of a stage has ended."""
        ...

    def end(self, stage: str, seconds: float) -> None:
        """A stage has ended."""
        ...

    def warn(self, text: str) -> None:
        """Something that the user should know, and that does not stop the run."""
        ...


class Silent:
    """Shows nothing."""

    def say(self, topic: str, text: str) -> None:
        """See Progress."""

    def start(self, stage: str, total: int, pending: int) -> None:
        """See Progress."""

    def advance(self, stage: str) -> None:
        """See Progress."""

    def end(self, stage: str, seconds: float) -> None:
        """See Progress."""

    def warn(self, text: str) -> None:
        """See Progress."""
