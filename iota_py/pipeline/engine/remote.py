"""Tasks on the workers of a Dask scheduler, wherever these run."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

from iota_py.errors import Fault, PartialRunError
from iota_py.pipeline.engine.protocol import Supply
from iota_py.pipeline.engine.work import execute
from iota_py.pipeline.task import Outcome, Task, fingerprint

LOOK_EVERY = 5.0  # seconds
GIB = 1 << 30


class DaskEngine:
    """A Dask scheduler. Each worker has one thread: when a worker dies, only the task in its hands is suspected."""

    def __init__(self, client: Any, workers: int) -> None:
        """workers: that are expected; more or fewer may be there at a moment."""
        self.client = client
        self.expected = workers
        self._limits: tuple[float, dict[str, int]] = (-LOOK_EVERY, {})

    @property
    def workers(self) -> int:
        """That were there when last looked, or are expected."""
        return len(self._limits[1]) or self.expected

    def run(self, root: Path, version: str, supply: Supply) -> Iterator[Outcome]:
        """See Engine. Submission is bounded, results are small, futures are released at once.

        Raises PartialRunError when the scheduler is gone: what was done is kept.
        """
        from distributed import as_completed

        by_key: dict[str, Task] = {}

        def submit(task: Task) -> Any:
            future = self.client.submit(execute, str(root), version, task, key=key_of(root, version, task), pure=False, retries=0)
            by_key[future.key] = task
            return future

        completed = as_completed()
        try:
            yield from self._fill(completed, supply, submit)
            for future in completed:
                yield self._outcome(future, by_key.pop(future.key))
                future.release()
                yield from self._fill(completed, supply, submit)
        except (CancelledError, OSError, TimeoutError) as lost:
            text = "the scheduler does not answer any more: it was stopped, or its machine is down"
            address = str(self.client.scheduler.address if self.client.scheduler else "Dask")
            raise PartialRunError(Fault("E-RUN-006", address, "engine", text, "run again to resume")) from lost

    def _fill(self, completed: Any, supply: Supply, submit: Any) -> Iterator[Outcome]:
        """Submit until there is a task for each worker, and no more: when a worker dies, Dask suspects every task that waits for it too.

        A task that no worker has the memory for is an outcome at once.
        """
        limits = self._memory()
        while completed.count() < max(len(limits), self.expected):
            if (taken := supply.take(1)) is None:  # a worker has one thread, so that no task may have more
                return
            task = taken[0]
            if limits and all(0 < limit < task.memory for limit in limits.values()):
                text = f"needs about {task.memory / GIB:.1f} GiB, and no worker has more than {max(limits.values()) / GIB:.1f} GiB"
                fault = Fault("E-RUN-005", task.id, "", text, "raise engine.memory, or lower engine.window_pixels")
                yield Outcome(task.id, 0.0, (fault,), exit_code=2)
            else:
                completed.add(submit(task))

    def _memory(self) -> dict[str, int]:
        """Bytes that each worker may use, 0 without limit; asked of the scheduler every now and then."""
        now = time.monotonic()
        if now - self._limits[0] >= LOOK_EVERY:
            workers: Mapping[str, Any] = self.client.scheduler_info(n_workers=-1)["workers"]
            self._limits = now, {address: int(one["memory_limit"] or 0) for address, one in workers.items()}
        return self._limits[1]

    def _outcome(self, future: Any, task: Task) -> Outcome:
        from distributed.scheduler import KilledWorker

        try:
            found: Outcome = future.result()
            return found
        except KilledWorker as killed:
            error = killed
        limit = max(self._memory().values(), default=0)
        asked = (
            f"; it was thought to need {task.memory / GIB:.1f} GiB and a worker has {limit / GIB:.1f} GiB" if task.memory and limit else ""
        )
        text = f"each worker that took it died ({type(error).__name__}), likely out of memory{asked}"
        fault = Fault("E-RUN-003", task.id, "", text, "raise engine.memory, or lower engine.window_pixels, then run again")
        return Outcome(task.id, 0.0, (fault,), exit_code=2, trace=str(error))


def key_of(root: Path, version: str, task: Task) -> str:
    """Name of a task for the scheduler: its stage, and what it is for which run."""
    return f"{task.stage}-{fingerprint([str(root), version, task.id, task.key])}"
