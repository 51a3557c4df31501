"""What a run leaves of itself while it goes on: a small file that says how far it is, and its log.

Counting a task costs no file. The file is renewed by a thread, every other second when something has changed and every ten seconds as a sign
of life; it is renamed into place, but not synced: after a power cut it may be old, and what is done is told by the markers.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import socket
import threading
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from iota_py import __version__
from iota_py.config.schema import RunConfig
from iota_py.errors import IotaError
from iota_py.pipeline import paths
from iota_py.pipeline.log import logged, note
from iota_py.pipeline.progress import Progress
from iota_py.pipeline.task import Outcome, Task
from iota_py.tracking.provenance import scrub

FORMAT = 1
RENEWED, BEAT = 2.0, 10.0  # seconds between two writings: when something has changed, and at most
FAILURES = 50  # told in the file; the log has them all
WORKERS = 64  # whose memory is told
RUNNING, FINISHED, FAILED, STOPPED = "running", "finished", "failed", "stopped"


class Journal:
    """Passes on what a run tells, and keeps count of it. One for each time that a run is started."""

    def __init__(self, config: RunConfig, progress: Progress) -> None:
        self.root = config.output
        self.path = config.output / paths.PROGRESS
        self.progress = progress
        self.stages: dict[str, dict[str, Any]] = {}
        self.failures: list[dict[str, str]] = []  # of the plan that is being done
        self.memory: dict[str, int] = {}
        self.counts = {"failed": 0, "set_aside": 0, "warnings": 0}
        self.tasks: dict[str, Task] = {}
        self.state, self.text = RUNNING, ""
        self.facts = {
            "format": FORMAT, "name": config.name, "host": socket.gethostname(), "pid": os.getpid(), "started": _now(),
            "version": __version__, "engine": config.engine.kind, "workers": config.engine.worker_count,
        }  # fmt: skip
        self.activity = _now()
        self.changed = False
        self.lock = threading.Lock()

    def planned(self, tasks: Sequence[Task], pending: Mapping[str, int]) -> None:
        """The plan is made, or made anew: acquisitions set aside before stay counted. pending: tasks to be done of each stage, at most."""
        with self.lock:
            self.tasks = {task.id: task for task in tasks}
            self.counts["set_aside"] += sum(bool(one["product"]) for one in self.failures)
            self.counts["failed"], self.failures = 0, []
            self.stages = {}
            for task in tasks:
                self.stages.setdefault(task.stage, dict(_EMPTY))["planned"] += 1
            for stage, entry in self.stages.items():
                entry["pending"] = pending.get(stage, 0)
            self._touch()
        note(logging.INFO, f"plan: {len(tasks)} tasks in {len(self.stages)} stages")

    def ended(self, stage: str, outcome: Outcome) -> None:
        """A task has ended, well or not."""
        task = self.tasks.get(outcome.task)
        tile = str(task.params.get("tile", "")) if task else ""
        event = {"stage": stage, "task": outcome.task, "tile": tile, "seconds": round(outcome.seconds, 3), "worker": outcome.worker}
        with self.lock:
            entry = self.stages.setdefault(stage, dict(_EMPTY))
            entry["running"] = max(0, entry["running"] - 1)
            entry["work"] += outcome.seconds
            entry["done" if outcome.ok else "failed"] += 1
            if outcome.worker and (outcome.worker in self.memory or len(self.memory) < WORKERS):
                self.memory[outcome.worker] = max(self.memory.get(outcome.worker, 0), outcome.peak)
            if not outcome.ok:
                self._failure(stage, tile, outcome)
            self._touch()
        if outcome.ok:
            note(logging.DEBUG, f"{outcome.task} done", **event)
        else:
            text = "; ".join(fault.line() for fault in outcome.faults)
            level = logging.WARNING if outcome.product else logging.ERROR
            note(level, f"{outcome.task} failed: {text}", code=outcome.faults[0].code, trace=outcome.trace, **event)
        self.progress.advance(stage)

    def say(self, topic: str, text: str) -> None:
        """See Progress."""
        note(logging.INFO, f"{topic}: {text}")
        self.progress.say(topic, text)

    def start(self, stage: str, total: int, pending: int) -> None:
        """See Progress."""
        with self.lock:
            self.stages.setdefault(stage, dict(_EMPTY)).update(state=RUNNING, started=_now())
            self._touch()
        note(logging.INFO, f"{stage}: {pending} of {total} tasks to do", stage=stage)
        self.progress.start(stage, total, pending)

    def given(self, stage: str) -> None:
        """A task is in the hands of a worker."""
        with self.lock:
            self.stages[stage]["running"] += 1
            self._touch()

    def skipped(self, stage: str) -> None:
        """A task need not be done after all: what it needs was made again with the same bytes, or another run has it."""
        with self.lock:
            entry = self.stages[stage]
            entry["pending"] -= 1
            begun = entry["state"] == RUNNING
            self._touch()
        if begun:
            self.progress.advance(stage)

    def end(self, stage: str, seconds: float) -> None:
        """See Progress."""
        with self.lock:
            entry = self.stages.get(stage, dict(_EMPTY))
            entry.update(state="ended", seconds=round(seconds, 3))
            self._touch()
            begun = entry["started"] is not None
        if begun:
            failed = f", {entry['failed']} failed" if entry["failed"] else ""
            note(logging.INFO, f"{stage}: {entry['done']} done{failed}", stage=stage, seconds=round(seconds, 3))
            self.progress.end(stage, seconds)

    def warn(self, text: str) -> None:
        """See Progress."""
        with self.lock:
            self.counts["warnings"] += 1
            self._touch()
        note(logging.WARNING, text)
        self.progress.warn(text)

    def close(self, state: str, text: str = "") -> None:
        """The run has ended in a state, for the reason that the text gives."""
        with self.lock:
            self.state, self.text = state, scrub(text)
            self._touch()
        self.write()

    def write(self) -> None:
        """Renew the file; a disk that refuses is the run's own affair."""
        with self.lock:
            self.changed = False
            document = {
                **self.facts, **self.counts, "state": self.state, "text": self.text, "updated": _now(), "activity": self.activity,
                "stages": self.stages, "failures": self.failures, "memory": self.memory,
            }  # fmt: skip
            content = json.dumps(document, ensure_ascii=False)
        part = self.path.with_name(f".{self.path.stem}.{self.facts['host']}.{self.facts['pid']}.part.json")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(content, encoding="utf-8")
            os.replace(part, self.path)
        except OSError:
            with suppress(OSError):
                part.unlink(missing_ok=True)

    def _touch(self) -> None:
        self.activity = _now()
        self.changed = True

    def _failure(self, stage: str, tile: str, outcome: Outcome) -> None:
        self.counts["failed"] += 1
        if len(self.failures) < FAILURES:
            fault = outcome.faults[0]
            entry = {"stage": stage, "task": outcome.task, "tile": tile, "code": fault.code, "text": scrub(fault.line())}
            self.failures.append({**entry, "product": outcome.product})


_EMPTY: dict[str, Any] = {
    "planned": 0,
    "pending": 0,
    "done": 0,
    "failed": 0,
    "running": 0,
    "work": 0.0,
    "state": "waiting",
    "started": None,
}


@contextmanager
def journal_of(config: RunConfig, progress: Progress) -> Iterator[Journal]:
    """The journal of a run that is started now, its log open; it says how the run ended when the block is left."""
    journal = Journal(config, progress)
    over = threading.Event()
    thread = threading.Thread(target=_renew, args=(journal, over), daemon=True, name="journal")
    with logged(config.output):
        note(logging.INFO, _opening(journal))
        journal.write()
        thread.start()
        state, text = FAILED, ""
        try:
            yield journal
            state = FINISHED
        except KeyboardInterrupt:
            state, text = STOPPED, "stopped on request"
            raise
        except IotaError as error:
            text = str(error)
            raise
        except BaseException as error:
            text = f"{type(error).__name__}: {error}"
            note(logging.CRITICAL, f"unexpected {text}", trace=traceback.format_exc())
            raise
        finally:
            over.set()
            thread.join()
            journal.close(state, text)
            note(logging.INFO if state == FINISHED else logging.ERROR, f"{state}{': ' if text else ''}{text}")


def _opening(journal: Journal) -> str:
    facts = journal.facts
    again = "resumed" if (journal.root / paths.CONFIG).exists() else "started"
    workers = f"{facts['workers']} worker{'s' if facts['workers'] != 1 else ''}"
    return f"{facts['name']} {again} by iota-py {facts['version']} on {facts['host']}, process {facts['pid']}, engine {facts['engine']} with {workers}"


def _renew(journal: Journal, over: threading.Event) -> None:
    last = time.monotonic()
    while not over.wait(RENEWED):
        if journal.changed or time.monotonic() - last >= BEAT:
            journal.write()
            last = time.monotonic()


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
