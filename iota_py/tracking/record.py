"""What the pipeline hands over once a run is finished: plain frozen values, the same for every tracker.

A run of one config is a parent record; each region and seed is a child of it. A tracker only stores what it is given: it reads no
raster, no table and no model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Protocol

CONTEXTS = ("learning", "validation", "input")


@dataclass(frozen=True)
class DatasetRecord:
    """Data that a run used. source: path or URI. digest: SHA-256 or fingerprint. context: one of CONTEXTS. profile: counts, dates…

    Raises ValueError for an unknown context and for an empty name or digest.
    """

    name: str
    source: str
    digest: str
    context: str
    profile: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.context not in CONTEXTS:
            raise ValueError(f"context of the data set {self.name!r}: expected one of {CONTEXTS}, got {self.context!r}")
        if not self.name or not self.digest:
            raise ValueError(f"a data set needs a name and a digest, got {self.name!r} and {self.digest!r}")


@dataclass(frozen=True)
class Artifact:
    """A local file, or a folder whose content is taken, and the relative folder of the run it is stored in (empty: its root).

    Raises ValueError when the folder is absolute or climbs up.
    """

    path: Path
    folder: str = ""

    def __post_init__(self) -> None:
        folder = PurePosixPath(self.folder)
        if folder.is_absolute() or ".." in folder.parts:
            raise ValueError(f"folder of the artifact {self.path}: expected a relative folder without '..', got {self.folder!r}")


@dataclass(frozen=True)
class RunRecord:
    """One run. parameters: flat, dotted keys. metrics: NaN is an undefined one. started, ended: ISO 8601 with an offset, empty if unknown.

    history: values of a metric one after another, drawn as a curve by MLflow; a NaN leaves its step out. timed: values of a metric with
    the milliseconds since 1970 at which each was measured. key: `<who>/<state>` of what can be recorded again: of one `who` a tracker keeps
    the latest record only, and a state that it has whole is not stored twice; empty: every record counts for itself.

    Raises ValueError for an empty name and for a time without an offset.
    """

    name: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    datasets: tuple[DatasetRecord, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    history: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    timed: Mapping[str, tuple[tuple[int, float], ...]] = field(default_factory=dict)
    key: str = ""
    children: tuple[RunRecord, ...] = ()
    started: str = ""
    ended: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a run needs a name")
        for time in (self.started, self.ended):
            if time:
                utc_milliseconds(time)


def utc_milliseconds(time: str) -> int:
    """Milliseconds since 1970-01-01 UTC of an ISO 8601 time; ValueError when it carries no offset."""
    moment = datetime.fromisoformat(time)
    if moment.tzinfo is None:
        raise ValueError(f"expected an ISO 8601 time with its offset, got {time!r}")
    return round(moment.timestamp() * 1000)


class Tracker(Protocol):
    """Keeps the records of runs."""

    def log(self, record: RunRecord, replace: str | None = None, parent: str | None = None) -> str:
        """Store a record and its children; the identifier of its run.

        replace: identifier of the earlier record of the same config, which this one takes the place of. parent: run to nest it under.
        """
        ...


class NullTracker:
    """Keeps nothing: for `tracking: none`, and for tests."""

    def log(self, record: RunRecord, replace: str | None = None, parent: str | None = None) -> str:
        """The empty identifier."""
        return ""
