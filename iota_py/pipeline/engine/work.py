"""One task done, wherever that is."""

from __future__ import annotations

import functools
import os
import resource
import socket
import time
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any

from iota_py.errors import AcquisitionError, Fault, IotaError
from iota_py.io.handles import keep_for
from iota_py.pipeline.engine.limit import limited
from iota_py.pipeline.state import State
from iota_py.pipeline.task import Outcome, Task
from iota_py.pipeline.threads import given


def execute(root: str, version: str, task: Task, threads: int = 1) -> Outcome:
    """Do one task in this process: remove its marker, make its outputs, write the marker. Never raises but on interruption.

    threads: those that the task may use.
    """
    return replace(_attempt(root, version, task, threads), worker=f"{socket.gethostname()}:{os.getpid()}", peak=peak_memory())


def peak_memory() -> int:
    """The most resident bytes that this process ever had."""
    try:
        with open("/proc/self/status", encoding="ascii") as stream:
            return next(int(line.split()[1]) << 10 for line in stream if line.startswith("VmHWM:"))
    except (OSError, StopIteration, ValueError):  # not Linux, or a kernel that does not tell
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


@functools.cache
def _algebra() -> Any:
    """The libraries of linear algebra of this process. Their sums have other last bits with other numbers of threads, and a task would then
    make other bytes in the driver than in a worker."""
    import scipy.linalg  # noqa: F401 - it brings a library of its own, which must be loaded by now
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _attempt(root: str, version: str, task: Task, threads: int) -> Outcome:
    from iota_py.pipeline.steps import step
    from iota_py.pipeline.workspace import workspace

    start, processor = time.perf_counter(), time.process_time()
    state = State(Path(root))
    try:
        state.forget(task)
        ws = workspace(root, version)
        if tile := task.params.get("tile"):
            keep_for((root, tile))
        with given(threads), _algebra().limit(limits=1, user_api="blas"), limited(task.id, ws.config.engine.task_limit):
            step(task.step)(ws, task.params)
        state.record(task, time.perf_counter() - start)
    except IotaError as error:
        product = error.product if isinstance(error, AcquisitionError) else ""
        return Outcome(task.id, time.perf_counter() - start, error.faults, product, error.exit_code, trace=traceback.format_exc())
    except MemoryError as error:
        fault = Fault("E-RUN-002", task.id, "", f"out of memory ({error})", "lower engine.workers or engine.window_pixels, then run again")
        return Outcome(task.id, time.perf_counter() - start, (fault,), exit_code=2, trace=traceback.format_exc())
    except Exception as error:  # any fault of one task is a record, not the end of the run
        fault = Fault(
            "E-RUN-001", task.id, "", f"failed unexpectedly ({type(error).__name__}: {error})", "the trace is in log/run.log of the run"
        )
        return Outcome(task.id, time.perf_counter() - start, (fault,), exit_code=3, trace=traceback.format_exc())
    return Outcome(task.id, time.perf_counter() - start, cpu=time.process_time() - processor)
