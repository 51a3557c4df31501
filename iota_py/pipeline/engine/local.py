"""Tasks in this process, or in processes of this machine."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from pathlib import Path

from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.process_executor import TerminatedWorkerError

from iota_py.errors import Fault
from iota_py.pipeline.engine.protocol import Supply
from iota_py.pipeline.engine.work import execute
from iota_py.pipeline.task import Outcome, Task

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "GDAL_NUM_THREADS")
BLOCK_CACHE = "64"  # MB of decoded blocks that GDAL keeps: windows follow the blocks, so one row of them is enough
# What keeps workers × threads within the cores. GDAL would keep a twentieth of the memory of the machine in each worker, and joblib replaces a
# worker that has grown by 300 MB: on a whole tile that cost a fifth of the time.
WORKER_VARIABLES = {**dict.fromkeys(THREAD_VARIABLES, "1"), "GDAL_CACHEMAX": BLOCK_CACHE}


class SerialEngine:
    """One task after the other, in this process."""

    workers = 1

    def run(self, root: Path, version: str, supply: Supply) -> Iterator[Outcome]:
        """See Engine."""
        while (taken := supply.take(1)) is not None:
            yield execute(str(root), version, taken[0])


class ProcessEngine:
    """Processes of this machine, as joblib starts them."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._pool: ProcessPoolExecutor | None = None

    def run(self, root: Path, version: str, supply: Supply) -> Iterator[Outcome]:
        """See Engine. What is alone is done in this process, which has the libraries at hand."""
        # loky replaces a worker whose memory has grown, after its task: no task is lost, and a user can do nothing about it
        warnings.filterwarnings("ignore", "A worker stopped while some jobs were given to the executor", UserWarning)
        hands = _Hands(self, str(root), version)
        while True:
            while (free := self.workers - hands.threads) > 0 and (taken := supply.take(free)) is not None:
                if supply.alone:
                    yield execute(hands.root, version, *taken)
                else:
                    hands.begin(*taken)
            if not hands.futures:
                return
            yield from hands.ended()

    def pool(self) -> ProcessPoolExecutor:
        """The processes; they are started when they are first needed, and again after one of them was killed."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self.workers)
        return self._pool

    def close(self) -> None:
        """End the processes, whatever they are doing."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, kill_workers=True)
            self._pool = None


class _Hands:
    """Tasks in the hands of the processes."""

    def __init__(self, engine: ProcessEngine, root: str, version: str) -> None:
        self.engine, self.root, self.version = engine, root, version
        self.futures: dict[Future[Outcome], tuple[Task, int]] = {}

    @property
    def threads(self) -> int:
        """In use."""
        return sum(threads for _, threads in self.futures.values())

    def begin(self, task: Task, threads: int) -> None:
        """Give a task to a process. A pool that has just broken is found out when its other tasks end."""
        try:
            future = self.engine.pool().submit(execute, self.root, self.version, task, threads)
        except TerminatedWorkerError as error:
            future = Future()
            future.set_exception(error)
        self.futures[future] = task, threads

    def ended(self) -> Iterator[Outcome]:
        """Outcomes of those that are through, one at least. When a process has died, its fellows are lost with it: each task is tried once more,
        alone, so that only one that kills its process every time is blamed."""
        broken: list[tuple[Task, int]] = []
        through, _ = wait(self.futures, return_when=FIRST_COMPLETED)
        if any(isinstance(future.exception(), TerminatedWorkerError) for future in through):
            through, _ = wait(self.futures)
        for future in through:
            taken = self.futures.pop(future)
            if isinstance(future.exception(), TerminatedWorkerError):
                broken.append(taken)
            else:
                yield future.result()
        if broken:
            self.engine.close()
        for task, threads in broken:
            yield self._alone(task, threads)

    def _alone(self, task: Task, threads: int) -> Outcome:
        try:
            found: Outcome = self.engine.pool().submit(execute, self.root, self.version, task, threads).result()
            return found
        except TerminatedWorkerError as error:
            self.engine.close()
            text = f"its process died twice, the second time with nothing beside it ({type(error).__name__}), likely out of memory"
            fault = Fault("E-RUN-003", task.id, "", text, "lower engine.window_pixels, or give the machine more memory, then run again")
            return Outcome(task.id, 0.0, (fault,), exit_code=2, trace=str(error))


@contextmanager
def worker_environment() -> Iterator[None]:
    """Workers started in this block inherit WORKER_VARIABLES."""
    before = {name: os.environ.get(name) for name in WORKER_VARIABLES}
    os.environ.update(WORKER_VARIABLES)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
