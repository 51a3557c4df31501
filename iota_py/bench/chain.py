"""The chain row: windows from files to files, by the pipeline's own tasks and workers, against the sum of its stages on one core.

Efficiency 1 would mean that `cores` workers do in one n-th of the time what the stages take one after the other, alone.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from iota_py.bench.models import model_folder, prepared
from iota_py.bench.row import Identity, Measure
from iota_py.bench.scale import Settings
from iota_py.bench.tile import NAME, settings_of_input, write_tile_products
from iota_py.bench.timing import Side, interleave
from iota_py.bench.workload import YEAR, INDICES, SENSOR
from iota_py.config.schema import Engine as EngineOptions
from iota_py.config.schema import RunConfig, dump
from iota_py.errors import TaskError
from iota_py.grid.windows import Window, whole
from iota_py.io.documents import yaml_text
from iota_py.io.handles import close_kept
from iota_py.io.publish import sha256, write_text
from iota_py.io.raster import write_raster
from iota_py.pipeline import paths
from iota_py.pipeline.engine import Engine, execute, open_engine
from iota_py.pipeline.inventory import take_inventory
from iota_py.pipeline.plan import make_plan
from iota_py.pipeline.reading import optical_features
from iota_py.pipeline.task import Task
from iota_py.pipeline.workspace import Workspace, workspace, write_inventory
from iota_py.prediction.engine import Engine as Predictor
from iota_py.prediction.loading import load_engine
from iota_py.products.reader import read_cube
from iota_py.timeseries.dates import days

MODEL = "forest"
_VERSION = "bench"


@dataclass(frozen=True)
class Chain:
    """A run that is ready to predict. root: its folder. tasks: of all its windows."""

    root: Path
    tasks: tuple[Task, ...]

    @property
    def workspace(self) -> Workspace:
        """The run as a task sees it."""
        return workspace(str(self.root), _VERSION)

    def outputs(self) -> list[Path]:
        """Files of the windows."""
        return [self.root / name for task in self.tasks for name in task.outputs]


def measure_chain(settings: Settings) -> Measure:
    """One row: all windows of the tile by `cores` workers, in turn with the stages alone."""
    fitted = prepared(settings, MODEL)
    predictor = load_engine(fitted.kind, fitted.estimator, fitted.book, fitted.classes)
    with tempfile.TemporaryDirectory(prefix="iota-py-bench-") as place:
        settings.say("chain: writing products")
        chain = prepare_chain(settings, Path(place))
        single = _digests(chain, 1)
        settings.say(f"chain: {settings.scale.rounds} rounds of {len(chain.tasks)} windows")
        pixels = settings.scale.tile[0] * settings.scale.tile[1] / 1e6
        with open_engine(EngineOptions(workers=settings.cores)) as engine:
            ours = Side(lambda: run_windows(chain, engine), pixels)
            stages = Side(lambda: run_stages(chain, predictor), pixels * settings.cores)
            rates = interleave(ours, stages, settings.scale.rounds)
        several = {path.name: sha256(path) for path in chain.outputs()}
        close_kept()
    differing = sum(single[name] != several[name] for name in single)
    identity = Identity(differing == 0, float(differing), "files that differ from one worker's", int(pixels * 1e6))
    note = f"{len(chain.tasks)} windows of {settings.scale.tile_dates} dates, {len(fitted.names)} features, {settings.cores} workers"
    return Measure(rates, identity, note=f"{note}; reference: stages alone on one core × {settings.cores}", one_process=False)
