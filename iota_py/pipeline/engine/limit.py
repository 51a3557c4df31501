"""A task that never ends: it is interrupted after a time, where the user gave one."""

from __future__ import annotations

import ctypes
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from iota_py.errors import Fault, TaskError


class _TooLongError(BaseException):
    """Passes through whatever catches errors of a user's function."""


@contextmanager
def limited(task: str, seconds: float | None) -> Iterator[None]:
    """Raise TaskError E-RUN-016 in the block when it lasts longer; None: it may last as long as it likes.

    In the main thread of a process a signal interrupts what waits, too. In another thread, as on workers of Dask, code is interrupted at its
    next step in Python. What hangs inside a library is interrupted when that returns.
    """
    if seconds is None:
        yield
        return
    main = threading.current_thread() is threading.main_thread()
    try:
        with _alarm(seconds) if main else _watched(seconds):
            yield
    except _TooLongError:
        text = f"took longer than engine.task_limit, {seconds:g} s"
        raise TaskError(Fault("E-RUN-016", task, "engine.task_limit", text, "mend what hangs, or raise engine.task_limit")) from None


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    def ring(number: int, frame: Any) -> None:
        raise _TooLongError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _watched(seconds: float) -> Iterator[None]:
    lock, thread, over = threading.Lock(), threading.get_ident(), [False]

    def ring() -> None:
        with lock:
            if not over[0]:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(_TooLongError))

    timer = threading.Timer(seconds, ring)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        with lock:
            over[0] = True
        timer.cancel()
