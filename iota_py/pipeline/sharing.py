"""What runs of one experiment take over from one another: the outputs of a task that does not differ are linked, not made again.

A task is the same where its identifier and key are and where what it needs has the same bytes. Its files are checked against the SHA-256
of the marker that stands beside them, then given a second name in the folder of the run (a hard link; a copy on another file system).
Linked files are never written through: everything is published under a temporary name and renamed. GeoPackages are copied all the same,
since programs that show them write into them.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from iota_py.errors import StorageError
from iota_py.io.publish import published, sha256
from iota_py.pipeline import paths
from iota_py.pipeline.delivered import is_delivered
from iota_py.pipeline.state import State
from iota_py.pipeline.task import Task

_COPIED = (".gpkg",)
_NO_LINK = (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EACCES)


@dataclass
class Siblings:
    """Folders of runs that results may be taken from, in order of preference. taken: number of tasks taken over, by stage."""

    folders: tuple[Path, ...] = ()
    taken: dict[str, int] = field(default_factory=dict)

    def take(self, state: State, task: Task, tasks: Mapping[str, Task]) -> bool:
        """Take over a task that is not done here; whether one of the runs has it. state: of this run. tasks: of its whole plan.

        Passing results are not kept anywhere: it is what reads them that is taken over.
        """
        found = bool(task.outputs) and self._found(state, task, tasks)
        if found:
            self.taken[task.stage] = self.taken.get(task.stage, 0) + 1
        return found

    def _found(self, state: State, task: Task, tasks: Mapping[str, Task]) -> bool:
        for folder in self.folders:
            if folder != state.root and (content := same_task(state, State(folder), task, tasks)) is not None:
                if any(is_delivered(name) for name in task.outputs):
                    (state.root / paths.MANIFEST).unlink(missing_ok=True)
                if _take(state, folder, task, content):
                    return True
        return False


def same_task(state: State, other: State, task: Task, tasks: Mapping[str, Task]) -> dict[str, Any] | None:
    """The marker of another run for this very task, None where it has none, or made it from other bytes."""
    content = other.read(task.id)
    if content is None or content.get("key") != task.key or set(content.get("outputs", ())) != set(task.outputs):
        return None
    there = content.get("needs", {})
    for need in task.needs:
        now = state.digest(need)
        passing = need in tasks and tasks[need].transient
        if (now is None and not passing) or (now is not None and now != there.get(need)):
            return None
    return content


def _take(state: State, folder: Path, task: Task, content: Mapping[str, Any]) -> bool:
    """Give the files of another run a name in this one, and write the marker; False when they are not those of their marker."""
    state.forget(task)
    for name in task.outputs:
        if (state.root / name).is_dir():
            shutil.rmtree(state.root / name)
    for name, entry in content["files"].items():
        if not _link(folder / name, state.root / name, entry["sha256"]):
            return False
    state.record(task, float(content.get("seconds", 0.0)), content.get("shared_from") or str(folder))
    return True


def _link(source: Path, target: Path, digest: str) -> bool:
    """Publish a second name of a file. digest: SHA-256 that it must have; False when it has another, or is gone."""
    try:
        if target.exists() and target.samefile(source):
            return sha256(target) == digest  # renaming one name of a file to another of its names does nothing
        with published(target) as part:
            part.unlink(missing_ok=True)
            _second_name(source, part)
            if sha256(part) != digest:
                raise _OtherBytesError
    except (_OtherBytesError, FileNotFoundError):
        return False
    except StorageError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return False
        raise
    return True


class _OtherBytesError(Exception):
    """A file is not that of its marker."""


def _second_name(source: Path, part: Path) -> None:
    if source.suffix in _COPIED:
        shutil.copyfile(source, part)
        return
    try:
        os.link(source, part)
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        shutil.copyfile(source, part)


def shared_folders(root: Path, tasks: Iterable[Task]) -> dict[str, str]:
    """Task -> folder of the run that its outputs were taken from, of those that were."""
    state, found = State(root), {}
    for task in tasks:
        content = state.read(task.id)
        if content is not None and content.get("shared_from"):
            found[task.id] = str(content["shared_from"])
    return found
