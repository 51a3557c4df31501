"""Where tasks run: in this process, in processes of this machine (joblib), or on a Dask cluster. Same tasks, same bytes.

Only names and small values cross the border of a process: a task opens what it needs in the folder of the run.
"""

from __future__ import annotations

import os
import time
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from iota_py.config import schema
from iota_py.errors import AcquisitionError, Fault, IotaError
from iota_py.pipeline.state import State
from iota_py.pipeline.task import Outcome, Task
from iota_py.pipeline.threads import given

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "GDAL_NUM_THREADS")
BLOCK_CACHE = "64"  # MB of decoded blocks that GDAL keeps: windows follow the blocks, so one row of them is enough
WINDOW_PER_WORKER = 4  # tasks in flight for each worker: enough to keep it busy, few enough to keep the scheduler light


class Engine(Protocol):
    """Runs tasks that do not depend on each other."""

    def run(self, root: Path, version: str, tasks: Sequence[Task]) -> Iterator[Outcome]:
        """Outcomes as they come, in any order. version: tells workers when the inventory has changed."""
        ...


def execute(root: str, version: str, task: Task, threads: int = 1) -> Outcome:
    """Do one task in this process: remove its marker, make its outputs, write the marker. Never raises but on interruption.

    threads: those that the task may use.
    """
    from iota_py.pipeline.steps import step
    from iota_py.pipeline.workspace import workspace

    start = time.perf_counter()
    state = State(Path(root))
    try:
        state.forget(task)
        with given(threads):
            step(task.step)(workspace(root, version), task.params)
        state.record(task, time.perf_counter() - start)
    except IotaError as error:
        product = error.product if isinstance(error, AcquisitionError) else ""
        return Outcome(task.id, time.perf_counter() - start, error.faults, product, error.exit_code, traceback.format_exc())
    except MemoryError as error:
        fault = Fault("E-RUN-002", task.id, "", f"out of memory ({error})", "lower engine.workers or engine.window_pixels, then run again")
        return Outcome(task.id, time.perf_counter() - start, (fault,), exit_code=2, trace=traceback.format_exc())
    except Exception as error:  # any fault of one task is a record, not the end of the run
        fault = Fault(
            "E-RUN-001", task.id, "", f"failed unexpectedly ({type(error).__name__}: {error})", "run again with --debug to see the trace"
        )
        return Outcome(task.id, time.perf_counter() - start, (fault,), exit_code=3, trace=traceback.format_exc())
    return Outcome(task.id, time.perf_counter() - start)


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


class DaskEngine:
    """A Dask scheduler: a local cluster, or the one at an address."""

    def __init__(self, client: Any, workers: int) -> None:
        self.client = client
        self.workers = workers

    def run(self, root: Path, version: str, tasks: Sequence[Task]) -> Iterator[Outcome]:
        """See Engine. Submission is bounded, results are small, futures are released at once."""
        from distributed import as_completed

        waiting = iter(tasks)
        by_key: dict[str, Task] = {}

        def submit(task: Task) -> Any:
            future = self.client.submit(execute, str(root), version, task, pure=False, retries=0)
            by_key[future.key] = task
            return future

        first = [submit(task) for _, task in zip(range(self.workers * WINDOW_PER_WORKER), waiting)]
        completed = as_completed(first)
        for future in completed:
            task = by_key.pop(future.key)
            error = future.exception()
            if error is None:
                yield future.result()
            else:
                text = f"the worker died or lost the task ({type(error).__name__}); likely out of memory"
                fault = Fault("E-RUN-003", task.id, "", text, "lower engine.workers or engine.window_pixels, then run again")
                yield Outcome(task.id, 0.0, (fault,), exit_code=2, trace=str(error))
            future.release()
            following = next(waiting, None)
            if following is not None:
                completed.add(submit(following))


@contextmanager
def open_engine(options: schema.Engine) -> Iterator[Engine]:
    """The engine that the configuration asks for; its processes end with the block.

    Raises ConfigError when Dask is asked for and not installed.
    """
    with _worker_environment():
        if options.kind == "dask":
            with _dask_client(options) as client:
                yield DaskEngine(client, options.worker_count)
        elif options.worker_count == 1:
            yield SerialEngine()
        else:
            yield JoblibEngine(options.worker_count)


@contextmanager
def _worker_environment() -> Iterator[None]:
    """Workers inherit these variables: workers × threads never exceeds the cores.

    GDAL would keep a twentieth of the memory of the machine in each worker, and joblib replaces a worker that has grown by 300 MB: on
    a whole tile that cost a fifth of the time.
    """
    wanted = {**dict.fromkeys(THREAD_VARIABLES, "1"), "GDAL_CACHEMAX": BLOCK_CACHE}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _dask_client(options: schema.Engine) -> Iterator[Any]:
    from iota_py.errors import ConfigError

    try:
        import distributed
    except ImportError as error:
        fix = "pip install 'iota-py[cluster]', or engine.kind: joblib"
        raise ConfigError(Fault("E-CFG-016", "config", "engine.kind", "Dask is not installed", fix)) from error
    import dask

    settings = {
        "distributed.worker.memory.target": False,
        "distributed.worker.memory.spill": False,
        "distributed.scheduler.allowed-failures": 5,
        "distributed.worker.daemon": True,
        "distributed.admin.log-format": "%(message)s",
    }
    with dask.config.set(settings):
        if options.address:
            with distributed.Client(options.address) as client:
                yield client
            return
        cluster = distributed.LocalCluster(
            n_workers=options.worker_count, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None, silence_logs="ERROR"
        )  # fmt: skip
        with cluster, distributed.Client(cluster) as client:
            yield client
