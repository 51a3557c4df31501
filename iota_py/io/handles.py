"""Open rasters kept by each thread: a window of a year's series touches hundreds of files, and opening costs as much as reading.

A dataset of GDAL must not be used by two threads at once, so each thread keeps its own. The stamp (size and time of the file, as the
caller knows them) is part of the key: a file that was replaced is opened anew. So is the lease of a remote file: a token ends.
"""

from __future__ import annotations

import contextlib
import resource
import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

import numpy as np

from iota_py.grid.windows import Window
from iota_py.io.raster import open_dataset, read_part
from iota_py.io.remote import lease

SPARE_DESCRIPTORS = 128
MOST = 4096


def _room() -> int:
    """Datasets that may stay open: the process asks for as many file descriptors as the system grants."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST + SPARE_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MOST + SPARE_DESCRIPTORS)
    if soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    return max(16, min(MOST, soft - SPARE_DESCRIPTORS))


class _Kept(threading.local):
    def __init__(self) -> None:
        self.datasets: OrderedDict[Hashable, Any] = OrderedDict()
        self.room = _room()
        self.subject: Hashable = None


_KEPT = _Kept()


def read_kept(path: str, stamp: Hashable, window: Window, band: int, out: np.ndarray | None = None) -> Any:
    """As `read_window` of one band, through a dataset that stays open in this thread. Raises InputError as it does.

    out: (row, col) of the file's dtype, filled in place of a new array.
    """
    key = (path, stamp, lease(path))
    dataset = _KEPT.datasets.get(key)
    if dataset is None:
        while len(_KEPT.datasets) >= _KEPT.room:
            _KEPT.datasets.popitem(last=False)[1].close()
        dataset = _KEPT.datasets[key] = open_dataset(path)
    else:
        _KEPT.datasets.move_to_end(key)
    return read_part(dataset, path, window, band, out)


def keep_for(subject: Hashable) -> None:
    """From here on this thread reads for a subject, such as a tile: what it keeps for another one is closed, for it would not be read again soon."""
    if subject != _KEPT.subject:
        close_kept()
        _KEPT.subject = subject


def close_kept() -> None:
    """Close the datasets that this thread keeps."""
    while _KEPT.datasets:
        _KEPT.datasets.popitem()[1].close()
