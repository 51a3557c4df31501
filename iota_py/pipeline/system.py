"""Load of the machine during a run: one line every few seconds in a file of the run, later drawn by MLflow under "System metrics"."""

from __future__ import annotations

import csv
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil

SECONDS = 5.0
FIRST = 1.0  # second of the first line: a run that has nothing to do leaves none
POINTS = 500  # of a curve in MLflow at most
COLUMNS = (
    "cpu_utilization_percentage",
    "system_memory_usage_megabytes",
    "system_memory_usage_percentage",
    "run_memory_megabytes",
    "disk_usage_percentage",
    "disk_available_megabytes",
)
_MEGA = 1e6


@contextmanager
def sampled(path: Path) -> Iterator[None]:
    """Note the load of this machine while the block lasts, after what earlier work on the run has noted. A disk that is full stops it."""
    ended = threading.Event()
    thread = threading.Thread(target=_note, args=(path, ended), daemon=True, name="system")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def system_metrics(path: Path) -> Mapping[str, tuple[tuple[int, float], ...]]:
    """The load as `RunRecord.timed`: names as MLflow gives them, means over intervals where there are more than POINTS lines."""
    rows = _rows(path)
    if not len(rows):
        return {}
    pieces = np.array_split(rows, min(len(rows), POINTS))
    means = np.stack([piece.mean(axis=0) for piece in pieces])
    return {
        f"system/{name}": tuple((int(row[0] * 1000), round(float(row[1 + place]), 1)) for row in means)
        for place, name in enumerate(COLUMNS)
    }


def _rows(path: Path) -> np.ndarray:
    """Lines that are whole: seconds since 1970 and a number for each column. A run that was killed may have left half a line."""
    if not path.exists():
        return np.empty((0, 1 + len(COLUMNS)))
    with open(path, encoding="utf-8", newline="") as stream:
        lines = [line for line in list(csv.reader(stream))[1:] if len(line) == 1 + len(COLUMNS) and line[-1]]
    return np.array(lines, np.float64).reshape(-1, 1 + len(COLUMNS))


def _note(path: Path, ended: threading.Event) -> None:
    psutil.cpu_percent()  # the share is counted from one call to the next
    wait = FIRST
    try:
        while not ended.wait(wait):
            wait = SECONDS
            new = not path.exists()
            with open(path, "a", encoding="utf-8", newline="") as stream:
                writer = csv.writer(stream, lineterminator="\n")
                if new:
                    writer.writerow(("time", *COLUMNS))
                writer.writerow((f"{time.time():.1f}", *(f"{value:.1f}" for value in _load(path.parent))))
    except OSError:
        return  # the run itself will say what is wrong with its folder


def _load(folder: Path) -> tuple[float, ...]:
    memory, disk = psutil.virtual_memory(), psutil.disk_usage(str(folder))
    return (
        psutil.cpu_percent(),
        memory.used / _MEGA,
        memory.used / memory.total * 100,
        _own_memory() / _MEGA,
        disk.percent,
        disk.free / _MEGA,
    )


def _own_memory() -> int:
    """Resident bytes of this process and those that it started here."""
    total, own = 0, psutil.Process(os.getpid())
    for process in (own, *own.children(recursive=True)):
        try:
            total += process.memory_info().rss
        except psutil.Error:
            continue  # ended in the meantime
    return total
