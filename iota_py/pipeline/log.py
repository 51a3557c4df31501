"""The log of a run: `log/run.log` for a reader, `log/run.jsonl` for a program, both of bounded size and without secrets.

A disk that refuses costs lines of the log, never the run. Single tasks that went well are in the JSON log alone.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from iota_py.pipeline import paths
from iota_py.tracking.provenance import scrub, scrubbed

NAME = "iota_py.run"
TEXT_BYTES, JSON_BYTES, KEPT = 4 << 20, 16 << 20, 3  # of a file before the next one is begun; files kept beside the one written
FIELDS = ("stage", "task", "tile", "seconds", "worker", "code", "trace")

_logger = logging.getLogger(NAME)


def note(level: int, text: str, **event: Any) -> None:
    """Log an event. event: some of FIELDS; those that are empty are left out. Nothing happens where no log is open."""
    if _logger.handlers:
        _logger.log(level, "%s", text, extra={"event": {name: event[name] for name in FIELDS if event.get(name)}})


@contextmanager
def logged(root: Path) -> Iterator[None]:
    """What is noted in this block goes to the log of the run in this folder, after what is there."""
    text = _Bounded(root / paths.LOG, TEXT_BYTES, logging.INFO, _Lines())
    document = _Bounded(root / paths.LOG_EVENTS, JSON_BYTES, logging.DEBUG, _Objects())
    before = _logger.level, _logger.propagate
    _logger.setLevel(logging.DEBUG)
    _logger.propagate = False
    for handler in (text, document):
        _logger.addHandler(handler)
    try:
        yield
    finally:
        for handler in (text, document):
            _logger.removeHandler(handler)
            handler.close()
        _logger.level, _logger.propagate = before


class _Bounded(RotatingFileHandler):
    """A file that is closed and put aside when it is full, and that keeps quiet when it cannot be written."""

    def __init__(self, path: Path, size: int, level: int, form: logging.Formatter) -> None:
        super().__init__(path, maxBytes=size, backupCount=KEPT, encoding="utf-8", delay=True)
        self.setLevel(level)
        self.setFormatter(form)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; the folder is made before the first one."""
        if self.stream is None:
            try:
                Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True)
            except OSError:
                return
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - its name in logging
        """The disk refuses: the run goes on without this line."""

    def close(self) -> None:
        """Close the file; what a full disk did not take is lost."""
        try:
            super().close()
        except OSError:
            self.stream = None


class _Lines(logging.Formatter):
    """`2026-11-23T07:06:06Z WARNING text`, the trace of a failed task below it."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        event = _event(record)
        trace = "".join(f"\n    {line}" for line in str(event.get("trace", "")).rstrip().splitlines())
        return scrub(f"{_moment(record)} {record.levelname:<7} {' '.join(record.getMessage().split())}{trace}")


class _Objects(logging.Formatter):
    """One JSON object a line: `time`, `level`, `text`, and those of FIELDS that there are."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        document = {"time": _moment(record), "level": record.levelname.lower(), "text": record.getMessage(), **_event(record)}
        return json.dumps(scrubbed(document), ensure_ascii=False, default=str)


def _event(record: logging.LogRecord) -> Mapping[str, Any]:
    found: Mapping[str, Any] = getattr(record, "event", {})
    return found


def _moment(record: logging.LogRecord) -> str:
    return dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
