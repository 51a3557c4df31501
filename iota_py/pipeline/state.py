"""What is done: one marker for each task, written after its outputs. No marker, or a marker that does not fit, means: do it.

A marker holds the key of the task, the SHA-256, size and time of each file made, and the digests of what was read. It is removed
before its outputs are replaced, so that a crash in between cannot leave old bytes under a new key. Its seal is the digest of all the
rest of it: a marker that is cut or has one other bit is no marker.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from iota_py.io.publish import read_json, sha256, write_json
from iota_py.pipeline import paths
from iota_py.pipeline.task import Task, fingerprint

_FILE = {"sha256": str, "size": int, "mtime": int}
_MARKER: Mapping[str, type | tuple[type, ...]] = {
    "key": str,
    "outputs": list,
    "files": dict,
    "digest": str,
    "needs": dict,
    "seconds": (int, float),
    "shared_from": str,
    "seal": str,
}
_OPTIONAL = {"shared_from", "seal"}  # markers of versions before 0.5 have no seal


@dataclass(frozen=True)
class State:
    """Markers of a run. root: folder of the run."""

    root: Path

    def marker(self, task_id: str) -> Path:
        """File of a task's marker."""
        return self.root / paths.STATE / f"{task_id}.json"

    def read(self, task_id: str) -> dict[str, Any] | None:
        """Content of a marker, None when there is none, or it is not as it was written."""
        try:
            content = read_json(self.marker(task_id))
        except (OSError, ValueError):
            return None
        return content if _is_marker(content) else None

    def digest(self, task_id: str) -> str | None:
        """One digest for all that a task made, None when it is not done."""
        content = self.read(task_id)
        return None if content is None else content.get("digest")

    def done(self, task: Task) -> bool:
        """True when the outputs are there, made under this key from inputs with the same digests as now.

        A task without outputs is planned only when there is something to do.
        """
        if not task.outputs:
            return False
        content = self.read(task.id)
        if content is None or content.get("key") != task.key or set(content.get("outputs", ())) != set(task.outputs):
            return False
        for need, digest in content.get("needs", {}).items():
            now = self.digest(need)
            if now is not None and now != digest:
                return False
        return all(self._whole(name, entry) for name, entry in content["files"].items())

    def record(self, task: Task, seconds: float, shared_from: str = "") -> None:
        """Write the marker of a task whose outputs have been published. shared_from: folder of the run that made them, if another did."""
        files = {}
        for file in self._files(task.outputs):
            status = file.stat()
            files[file.relative_to(self.root).as_posix()] = {"sha256": sha256(file), "size": status.st_size, "mtime": status.st_mtime_ns}
        content = {
            "key": task.key,
            "outputs": list(task.outputs),
            "files": files,
            "digest": fingerprint({name: entry["sha256"] for name, entry in files.items()}),
            "needs": {need: digest for need in task.needs if (digest := self.digest(need)) is not None},
            "seconds": round(seconds, 3),
            **({"shared_from": shared_from} if shared_from else {}),
        }
        write_json(self.marker(task.id), _sealed(content))

    def amend(self, task_id: str, files: Mapping[str, Mapping[str, Any]]) -> None:
        """Record files of a task that is done anew: name -> `sha256`, `size` and `mtime`. The key stays, since the task is the same."""
        content = self.read(task_id)
        assert content is not None
        content["files"] = {**content["files"], **files}
        content["digest"] = fingerprint({name: entry["sha256"] for name, entry in content["files"].items()})
        write_json(self.marker(task_id), _sealed(content))

    def damaged(self, task_id: str) -> list[str]:
        """Files of a task that do not have the bytes which its marker says, whatever their size and time say."""
        content = self.read(task_id)
        found = [] if content is None else [name for name, entry in content["files"].items() if not self._has(name, entry["sha256"])]
        return sorted(found)

    def forget(self, task: Task) -> None:
        """Remove the marker, before the outputs are replaced."""
        self.marker(task.id).unlink(missing_ok=True)

    def discard(self, tasks: Sequence[Task]) -> None:
        """Remove the outputs and markers of tasks whose results have been taken over."""
        for task in tasks:
            self.forget(task)
            for name in task.outputs:
                (self.root / name).unlink(missing_ok=True)
        for folder in {(self.root / name).parent for task in tasks for name in task.outputs}:
            if folder.is_dir() and not any(folder.iterdir()):
                shutil.rmtree(folder)

    def _files(self, outputs: Iterable[str]) -> list[Path]:
        files: list[Path] = []
        for name in outputs:
            path = self.root / name
            files.extend(sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path])
        return files

    def _whole(self, name: str, entry: dict[str, Any]) -> bool:
        """The file is the one that was made: same size, and same bytes when its time has changed."""
        path = self.root / name
        try:
            status = path.stat()
        except OSError:
            return False
        if status.st_size != entry["size"]:
            return False
        return status.st_mtime_ns == entry["mtime"] or sha256(path) == entry["sha256"]

    def _has(self, name: str, digest: str) -> bool:
        try:
            return sha256(self.root / name) == digest
        except OSError:
            return False


@dataclass(frozen=True)
class KnownState(State):
    """Markers of a run, for the one process that hands its tasks out while nothing else works on it: what it has asked it remembers.

    It gives the answers of State, as long as `changed` is called for each task that a worker, or another State, has had in its hands since.
    Remembered are the digests asked for, and the names of the markers in each folder, so that nothing is opened for tasks never done. Whether
    outputs are there is looked up each time. For one thread.
    """

    _digests: dict[str, str | None] = field(default_factory=dict, init=False, repr=False, compare=False)
    _names: dict[str, set[str]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def changed(self, task_id: str) -> None:
        """Believe nothing of a task any more: its marker may have been written or removed."""
        folder, _, name = task_id.rpartition("/")
        self._digests.pop(task_id, None)
        if folder in self._names:
            self._names[folder].add(name)

    def read(self, task_id: str) -> dict[str, Any] | None:
        """As State. A marker that is read is believed rather than what was remembered of it."""
        content = super().read(task_id) if self._perhaps(task_id) else None
        if task_id in self._digests:
            self._digests[task_id] = None if content is None else content["digest"]
        return content

    def digest(self, task_id: str) -> str | None:
        """As State, read once."""
        if task_id not in self._digests:
            self._digests[task_id] = super().digest(task_id)
        return self._digests[task_id]

    def record(self, task: Task, seconds: float, shared_from: str = "") -> None:
        """As State."""
        super().record(task, seconds, shared_from)
        self.changed(task.id)

    def amend(self, task_id: str, files: Mapping[str, Mapping[str, Any]]) -> None:
        """As State."""
        super().amend(task_id, files)
        self.changed(task_id)

    def forget(self, task: Task) -> None:
        """As State."""
        super().forget(task)
        folder, _, name = task.id.rpartition("/")
        self._digests.pop(task.id, None)
        self._names.get(folder, set()).discard(name)

    def _perhaps(self, task_id: str) -> bool:
        """False where no marker of this name was there when its folder was listed, and nothing has been told of it since."""
        folder, _, name = task_id.rpartition("/")
        if folder not in self._names:
            try:
                listed = os.listdir(self.root / paths.STATE / folder)
            except FileNotFoundError:
                listed = []
            except OSError:  # what cannot be listed may still be opened
                return True
            self._names[folder] = {entry.removesuffix(".json") for entry in listed}
        return name in self._names[folder]


def _sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """A marker with the digest of the rest of it."""
    rest = {key: value for key, value in content.items() if key != "seal"}
    return {**rest, "seal": fingerprint(rest)}


def _is_marker(content: Any) -> bool:
    """Whether a document is a marker as `record` writes them."""
    if not isinstance(content, dict) or not set(_MARKER) - _OPTIONAL <= set(content) <= set(_MARKER):
        return False
    if not all(isinstance(content[key], kind) for key, kind in _MARKER.items() if key in content):
        return False
    if "seal" in content:
        return bool(content == _sealed(content))
    files = content["files"].values()
    return all(isinstance(one, dict) and set(one) == set(_FILE) and all(isinstance(one[k], _FILE[k]) for k in _FILE) for one in files)
