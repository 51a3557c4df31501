"""Tasks in this process, or in processes of this machine."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from iota_py.pipeline.engine.work import execute
from iota_py.pipeline.task import Outcome, Task

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "GDAL_NUM_THREADS")
BLOCK_CACHE = "64"  # MB of decoded blocks that GDAL keeps: windows follow the blocks, so one row of them is enough
# What keeps workers × threads within the cores. GDAL would keep a twentieth of the memory of the machine in each worker, and joblib replaces a
# worker that has grown by 300 MB: on a whole tile that cost a fifth of the time.
WORKER_VARIABLES = {**dict.fromkeys(THREAD_VARIABLES, "1"), "GDAL_CACHEMAX": BLOCK_CACHE}


class SerialEngine:
    """One task after the other, in this process."""

    def run(self, root: Path, version: str, tasks: Sequence[Task]) -> Iterator[Outcome]:
        """See Engine."""
        for task in tasks:
            yield execute(str(root), version, task)


class JoblibEngine:
    """Processes of this machine."""

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def run(self, root: Path, version: str, tasks: Sequence[Task]) -> Iterator[Outcome]:
        """See Engine."""
        import joblib

        if len(tasks) == 1:
            yield execute(str(root), version, tasks[0], self.workers)
            return
        # loky replaces a worker whose memory has grown, after its task: no task is lost, and a user can do nothing about it
        warnings.filterwarnings("ignore", "A worker stopped while some jobs were given to the executor", UserWarning)
        workers, threads = min(self.workers, len(tasks)), max(1, self.workers // len(tasks))
        parallel = joblib.Parallel(n_jobs=workers, return_as="generator_unordered", batch_size=1, pre_dispatch="2*n_jobs")
        yield from parallel(joblib.delayed(execute)(str(root), version, task, threads) for task in tasks)


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
