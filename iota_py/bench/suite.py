"""The table: its rows, their targets, and how they are measured one after the other."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iota_py.bench.chain import measure_chain
from iota_py.bench.filling import measure_filling
from iota_py.bench.machine import describe_machine, describe_versions
from iota_py.bench.prediction import measure_prediction
from iota_py.bench.reading import measure_reading
from iota_py.bench.row import Measure, row_values
from iota_py.bench.scale import Settings
from iota_py.errors import ConfigError, Fault


@dataclass(frozen=True)
class Entry:
    """A row to be measured. target: ratio that two cores should reach."""

    against: str
    target: float
    measure: Callable[[Settings], Measure]


_FOREST, _BOOSTING, _NUMPY = "scikit-learn predict_proba", "LightGBM Booster.predict", "numpy, vectorised, one core"
_GDAL = "GDAL decoding alone"

ENTRIES: Mapping[str, Entry] = {
    "forest": Entry(_FOREST, 5, functools.partial(measure_prediction, model="forest")),
    "forest-probabilities": Entry(_FOREST, 4, functools.partial(measure_prediction, model="forest", probabilities=True)),
    "lightgbm-31": Entry(_BOOSTING, 40, functools.partial(measure_prediction, model="lightgbm-31")),
    "lightgbm-63": Entry(_BOOSTING, 20, functools.partial(measure_prediction, model="lightgbm-63")),
    "lightgbm-probabilities": Entry(_BOOSTING, 25, functools.partial(measure_prediction, model="lightgbm-31", probabilities=True)),
    "gapfill-35": Entry(_NUMPY, 5, functools.partial(measure_filling, dates=35)),
    "gapfill-70": Entry(_NUMPY, 5, functools.partial(measure_filling, dates=70)),
    "read-strips": Entry(_GDAL, 0.9, functools.partial(measure_reading, layout="strips")),
    "read-tiles": Entry(_GDAL, 0.9, functools.partial(measure_reading, layout="tiles")),
    "read-zip": Entry(_GDAL, 0.9, functools.partial(measure_reading, layout="zip")),
    "chain": Entry("stages alone × cores", 0.85, measure_chain),
}


def run_suite(settings: Settings, only: Sequence[str] = ()) -> dict[str, Any]:
    """Measure the rows asked for, all by default; scale, rows, machine and versions as plain values.

    Raises ConfigError E-BEN-001 for an unknown name, before anything is measured.
    """
    unknown = [name for name in only if name not in ENTRIES]
    if unknown:
        message = f"no row is called {', '.join(unknown)}"
        raise ConfigError(Fault("E-BEN-001", "bench", "--only", message, f"rows: {', '.join(ENTRIES)}"))
    machine, rows = describe_machine(), []
    for name in only or ENTRIES:
        entry = ENTRIES[name]
        values = row_values(name, entry.against, entry.target, entry.measure(settings))
        rows.append({**values, "measured": machine["date"]})
    return {
        "scale": settings.scale.name,
        "rows": rows,
        "machine": {**machine, "cores_used": settings.cores},
        "versions": describe_versions(),
    }


def all_identical(result: Mapping[str, Any]) -> bool:
    """True when every row gave the same as its reference."""
    return all(row["identical"] for row in result["rows"])
