"""The machine and the libraries that a result was measured with."""

from __future__ import annotations

import datetime as dt
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from iota_py.bench.scale import usable_cores
from iota_py.io.raster import gdal_version

PACKAGES = ("numpy", "numba", "scikit-learn", "lightgbm", "rasterio", "iota-py")
BUSY = 0.25  # load average per core from which timings are disturbed


def describe_machine() -> dict[str, Any]:
    """Processor, cores, memory, system, time and load average, before anything is measured."""
    load = [round(value, 2) for value in os.getloadavg()]
    cores = usable_cores()
    return {
        "cpu": _cpu(),
        "cores": cores,
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": platform.platform(),
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "load": load,
        "busy": load[0] > BUSY * cores,
    }


def describe_versions() -> dict[str, str]:
    """Versions of Python, GDAL and the packages that are compared."""
    return {"python": platform.python_version(), "gdal": gdal_version(), **{name: version(name) for name in PACKAGES}}


def _cpu() -> str:
    """Name of the processor: what the system says, else the architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
