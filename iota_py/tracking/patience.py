"""How long a store is waited for: each request, and all of them together.

MLflow by itself waits two minutes for a request and asks seven times again. A run that is finished waits for seconds, then leaves its
record in the queue (`tracking.queue`), from where it can be sent with more patience.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from iota_py.errors import Fault, StorageError
from iota_py.tracking.provenance import scrub


@dataclass(frozen=True)
class Patience:
    """request: seconds without an answer. retries: of a request. total: seconds for a record, and `rate` bytes of its files a second on top."""

    request: int
    retries: int
    total: float
    rate: float = 1e6

    def deadline(self, uri: str, size: int) -> Deadline:
        """The end of the patience with a record whose files have `size` bytes."""
        return Deadline(uri, time.monotonic() + self.total + size / self.rate)


AFTER_A_RUN = Patience(request=10, retries=1, total=60.0)
SYNC = Patience(request=120, retries=3, total=3600.0)


@dataclass(frozen=True)
class Deadline:
    """When a record must have been sent. end: of the monotonic clock."""

    uri: str
    end: float

    def check(self) -> None:
        """Raises StorageError E-TRK-011 once it has passed: asked between requests, whose own length `waiting` bounds."""
        if time.monotonic() > self.end:
            text = "the tracking store is too slow: the record could not be sent in time"
            raise StorageError(Fault("E-TRK-011", scrub(self.uri), "tracking.uri", text, "send it later: iota-py track sync"))


@contextmanager
def waiting(patience: Patience) -> Iterator[None]:
    """MLflow's own settings for the length of the block, and nothing printed by it; a value that the user has set stays."""
    wanted = {
        "MLFLOW_HTTP_REQUEST_TIMEOUT": str(patience.request),
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": str(patience.retries),
        "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
        "PGCONNECT_TIMEOUT": str(patience.request),
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    }
    added = {name: value for name, value in wanted.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)
