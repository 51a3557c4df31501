"""How far a run is, from the files that it leaves: while it runs, after its end, and after a crash; from any host that sees its folder."""

from __future__ import annotations

import datetime as dt
import json
import os
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from iota_py.errors import EXIT_OK, EXIT_PARTIAL, Fault, InputError
from iota_py.io.publish import read_json
from iota_py.pipeline import paths
from iota_py.pipeline.journal import FINISHED, RUNNING, STOPPED
from iota_py.pipeline.stages import STAGES
from iota_py.pipeline.timing import read_timings

KILLED, SILENT, UNKNOWN = "killed", "silent", "unknown"
EXIT_RUNNING = 4  # beside the codes of errors.py
QUIET = 120.0  # seconds without a sign of life after which a run on another host is doubted
_LATE = 5.0  # seconds that a clock of the file system may be wrong


@dataclass(frozen=True)
class StageStatus:
    """Of one stage. planned: its tasks. done: those with a result, of this run or from before. running: in the hands of workers.

    left: seconds that it will still take, None where that cannot be said yet. rate: tasks a second. seconds: since it was begun, then its
    share of the time that passed. idle: seconds of workers that had nothing to do but wait for it; known once it has ended.
    """

    name: str
    planned: int
    done: int
    running: int
    failed: int
    seconds: float | None = None
    rate: float | None = None
    left: float | None = None
    idle: float | None = None


@dataclass(frozen=True)
class Holder:
    """Who holds the lock. since: UTC. alive: None where it runs on another host."""

    host: str
    pid: int
    since: str
    alive: bool | None


@dataclass(frozen=True)
class RunStatus:
    """A run as its files tell it. state: running, finished, failed, stopped on request, killed, silent (on another host, without a sign of life) or
    unknown (made before runs left this). left: seconds of the stages whose cost is known. unknown: stages whose cost is not. failed: tasks.
    """

    root: str
    name: str
    state: str
    stages: tuple[StageStatus, ...]
    holder: Holder | None = None
    started: str | None = None
    activity: str | None = None
    elapsed: float | None = None
    left: float | None = None
    unknown: int = 0
    failed: int = 0
    set_aside: int = 0
    warnings: int = 0
    failures: tuple[Mapping[str, str], ...] = ()
    memory: int = 0
    workers: Mapping[str, int] | None = None
    text: str = ""

    @property
    def exit_code(self) -> int:
        """0 it is whole, 4 it runs, 2 something failed or is left to do."""
        if self.state == RUNNING:
            return EXIT_RUNNING
        return EXIT_OK if self.state in (FINISHED, UNKNOWN) and not self.failed else EXIT_PARTIAL

    def document(self) -> dict[str, Any]:
        """As plain values."""
        return {**asdict(self), "exit_code": self.exit_code}


def read_status(root: Path, now: float | None = None) -> RunStatus:
    """The state of a run. now: seconds since 1970. Raises InputError E-STA-001 where no run has left anything."""
    now = time.time() if now is None else now
    holder = read_holder(root)
    document = _progress(root)
    if document is None:
        return _of_markers(root, holder)
    state = _state(document, holder, root, now)
    stages = _stages(document, root, now, state == RUNNING)
    lefts = [one.left for one in stages if one.left]
    memory = {str(name): int(size) for name, size in document.get("memory", {}).items()}
    return RunStatus(
        root=str(root), name=str(document["name"]), state=state, stages=stages, holder=holder,
        started=document["started"], activity=document["activity"],
        elapsed=(now if state == RUNNING else _seconds(document["updated"])) - _seconds(document["started"]),
        left=sum(lefts) if state == RUNNING and lefts else None,
        unknown=sum(one.left is None and one.done + one.failed < one.planned for one in stages) if state == RUNNING else 0,
        failed=int(document["failed"]), set_aside=int(document["set_aside"]), warnings=int(document["warnings"]),
        failures=tuple(one for one in document["failures"] if not one["product"]),
        memory=max(memory.values(), default=0), workers=memory, text=str(document["text"]),
    )  # fmt: skip


def read_holder(root: Path) -> Holder | None:
    """Who holds the lock of a run, None where nobody does."""
    path = root / paths.LOCK
    try:
        content, written = json.loads(path.read_text(encoding="utf-8")), path.stat().st_mtime
        host, pid = str(content["host"]), int(content["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    alive = _lives(pid, written) if host == socket.gethostname() else None
    return Holder(host, pid, dt.datetime.fromtimestamp(written, dt.UTC).isoformat(timespec="seconds"), alive)


def _lives(pid: int, since: float) -> bool:
    """Whether a process of this host is the one that wrote the lock: a later one may have been given its number."""
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and process.create_time() <= since + _LATE
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def _progress(root: Path) -> Mapping[str, Any] | None:
    try:
        found = read_json(root / paths.PROGRESS)
        found["name"], found["stages"], found["state"], found["updated"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    document: Mapping[str, Any] = found
    return document


def _state(document: Mapping[str, Any], holder: Holder | None, root: Path, now: float) -> str:
    state = str(document["state"])
    if state != RUNNING:
        return state
    mine = holder is not None and (holder.host, holder.pid) == (document["host"], document["pid"])
    if not mine or holder is None or holder.alive is False:
        return KILLED
    if holder.alive is None and now - (root / paths.PROGRESS).stat().st_mtime > QUIET:
        return SILENT
    return RUNNING


def _stages(document: Mapping[str, Any], root: Path, now: float, alive: bool) -> tuple[StageStatus, ...]:
    """Every stage of the plan; what one still needs by what its tasks cost up to now, or in earlier work on this run, shared by the workers."""
    timings = read_timings(root)
    rows = zip(timings["stage"].tolist(), timings["seconds"].tolist(), timings["tasks"].tolist(), strict=True)
    before = {stage: float(seconds) / int(tasks) for stage, seconds, tasks in rows if tasks}
    idle = dict(zip(timings["stage"].tolist(), timings["idle"].tolist(), strict=True))
    found = []
    for name, entry in document["stages"].items():
        planned, pending, done, failed = (int(entry[key]) for key in ("planned", "pending", "done", "failed"))
        ended, rest = done + failed, pending - done - failed
        spent = _spent(entry, now)
        cost = float(entry["work"]) / ended if ended else before.get(name)
        left = (0.0 if not rest else None if cost is None else rest * cost / max(1, int(document["workers"]))) if alive else None
        waited = None if np.isnan(idle.get(name, np.nan)) else idle[name]
        found.append(
            StageStatus(
                name=name, planned=planned, done=planned - pending + done, running=int(entry.get("running", 0)) if alive else 0, failed=failed,
                seconds=spent, rate=ended / spent if ended and spent else None, left=left, idle=waited,
            )
        )  # fmt: skip
    return tuple(found)


def _spent(entry: Mapping[str, Any], now: float) -> float | None:
    """Seconds since a stage was begun, or those that it took; None where it was not."""
    if entry["started"] is None:
        return None
    return max(now - _seconds(entry["started"]), 1e-3) if entry["state"] == RUNNING else float(entry.get("seconds") or 0.0)


def _of_markers(root: Path, holder: Holder | None) -> RunStatus:
    """A run that left no count of itself: how many of its tasks have a marker."""
    folder = root / paths.STATE
    if not folder.is_dir():
        text = "no run has left anything here"
        raise InputError(Fault("E-STA-001", str(root), "", text, "give the folder of a run, as `output` of its configuration"))
    stages = []
    for stage in STAGES:
        whole, several = folder / f"{stage}.json", folder / stage
        count = whole.is_file() + (sum(len(_json(names)) for _, _, names in os.walk(several)) if several.is_dir() else 0)
        if count:
            stages.append(StageStatus(stage, count, count, 0, 0))
    delivered = (root / paths.MANIFEST).is_file()
    state = KILLED if holder is not None and holder.alive is False else UNKNOWN if delivered else STOPPED
    return RunStatus(str(root), root.name, state, tuple(stages), holder)


def _json(names: Sequence[str]) -> list[str]:
    return [name for name in names if name.endswith(".json") and not name.startswith(".")]


def _seconds(moment: str) -> float:
    return dt.datetime.fromisoformat(moment).timestamp()
