"""The chain row: windows from files to files, by the pipeline's own tasks and workers, against the sum of its stages on one core.

Efficiency 1 would mean that `cores` workers do in one n-th of the time what the stages take one after the other, alone.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from iota_py.bench.models import model_folder, prepared
from iota_py.bench.row import Identity, Measure
from iota_py.bench.scale import Settings
from iota_py.bench.tile import NAME, settings_of_input, write_tile_products
from iota_py.bench.timing import Side, interleave
from iota_py.bench.workload import INDICES, SENSOR, YEAR
from iota_py.config.engine import Engine as EngineOptions
from iota_py.config.schema import RunConfig, dump
from iota_py.errors import TaskError
from iota_py.grid.windows import Window, whole
from iota_py.io.decoding import small_block_cache
from iota_py.io.documents import yaml_text
from iota_py.io.handles import close_kept
from iota_py.io.publish import sha256, write_text
from iota_py.io.raster import write_raster
from iota_py.pipeline import paths
from iota_py.pipeline.engine.local import BLOCK_CACHE
from iota_py.pipeline.engine.opening import open_engine
from iota_py.pipeline.engine.protocol import Engine, Listed
from iota_py.pipeline.engine.work import execute
from iota_py.pipeline.inventory import take_inventory
from iota_py.pipeline.models.block import Block, models_at, pieces
from iota_py.pipeline.models.votes import voted
from iota_py.pipeline.plan import make_plan
from iota_py.pipeline.task import Outcome, Task
from iota_py.pipeline.workspace import Workspace, workspace, write_inventory

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

    def digests(self) -> dict[str, str]:
        """SHA-256 of the files of the windows."""
        return {name: sha256(self.root / name) for task in self.tasks for name in task.outputs}


def measure_chain(settings: Settings) -> Measure:
    """One row: all windows of the tile by `cores` workers, in turn with the stages alone."""
    fitted = prepared(settings, MODEL)
    with tempfile.TemporaryDirectory(prefix="iota-py-bench-") as place:
        settings.say("chain: writing products")
        chain = prepare_chain(settings, Path(place))
        with open_engine(EngineOptions(workers=1), chain.root) as engine:
            run_windows(chain, engine)
        single = chain.digests()
        settings.say(f"chain: {settings.scale.rounds} rounds of {len(chain.tasks)} windows")
        pixels = settings.scale.tile[0] * settings.scale.tile[1] / 1e6
        with open_engine(EngineOptions(workers=settings.cores), chain.root) as engine:
            ours = Side(lambda: run_windows(chain, engine), pixels)
            stages = Side(lambda: run_stages(chain), pixels * settings.cores)
            rates = interleave(ours, stages, settings.scale.rounds)
        identity = compare_files(single, chain.digests(), round(pixels * 1e6))
        close_kept()
    note = f"{len(chain.tasks)} windows of {settings.scale.tile_dates} dates, {len(fitted.names)} features, {settings.cores} workers"
    return Measure(rates, identity, note=f"{note}; reference: stages alone on one core × {settings.cores}", cpu_factor=settings.cores)


def prepare_chain(settings: Settings, place: Path, products: Path | None = None) -> Chain:
    """Products, configuration, inventory, footprint and model under a folder: all that the windows of a run need.

    products: a folder of products that are there already, in place of a small tile.
    """
    scale = settings.scale
    if products is None:
        products = place / "products"
        write_tile_products(products, scale, "strips")
    config = RunConfig.model_validate(
        {
            "name": "bench",
            "output": place / "run",
            "nomenclature": place / "nomenclature.yaml",  # neither this nor the polygons are opened when windows are predicted
            "period": {"start": YEAR[0], "end": YEAR[1], "step": scale.step},
            "inputs": settings_of_input(products),
            "features": {SENSOR: {"indices": INDICES}},
            "samples": {"polygons": place / "polygons.gpkg"},
            "engine": {"workers": settings.cores, "window_pixels": scale.window},
            "tracking": {"enabled": False},
        }
    )
    inventory = take_inventory(config)
    write_text(config.output / paths.CONFIG, yaml_text(dump(config)))
    write_inventory(config.output, inventory)
    model = config.output / paths.model(1, 0)
    model.parent.mkdir(parents=True)
    model.symlink_to(model_folder(settings, MODEL), target_is_directory=True)
    plan = make_plan(config, inventory, {"polygons": "", "nomenclature": ""})
    for task in plan.stage("footprint"):
        _refuse(execute(str(config.output), _VERSION, task))
    return Chain(config.output, plan.stage("predict"))


def run_windows(chain: Chain, engine: Engine) -> None:
    """Predict every window by the tasks of the pipeline. Raises TaskError when one fails."""
    for outcome in engine.run(chain.root, _VERSION, Listed(chain.tasks)):
        _refuse(outcome)


def run_stages(chain: Chain) -> None:
    """The stages of every window one after the other, on this core: read, fill with indices and codes in one pass, predict, write.

    They are those of a task of a window, without what the task does beside them. GDAL keeps as little as in a worker: this process would keep
    all the products decoded, and read them for nothing from the second round on.
    """
    with small_block_cache(int(BLOCK_CACHE) << 20):
        _run_stages(chain)


def _run_stages(chain: Chain) -> None:
    ws = chain.workspace
    geobox = ws.geobox(NAME)
    models = models_at((str(ws.path(paths.model(1, 0))),), ws.version, ws.model_names)
    for task in chain.tasks:
        window = Window(*task.params["window"])
        observed, validity = ws.observe(NAME, window)
        layers = np.empty((3, window.pixels), np.uint8)
        layers[0] = validity.ravel()
        for first, last, ((_, every),) in pieces(np.ones(window.pixels, np.uint8)):  # one region
            layers[1:, first:last] = voted(Block(observed, first, last).predict(models, every, alone=True))
        shape = (window.height, window.width)
        write_raster(chain.root / "alone.tif", window.of(geobox), "uint8", [(whole(shape), layers.reshape(3, *shape))], count=3)


def compare_files(single: Mapping[str, str], several: Mapping[str, str], pixels: int) -> Identity:
    """Sameness of the files of one worker and of several, by their SHA-256."""
    differing = sum(single[name] != several.get(name) for name in single)
    return Identity(differing == 0, "bytes of the files, with one worker's", differing, pixels=pixels)


def _refuse(outcome: Outcome) -> None:
    if not outcome.ok:
        raise TaskError(*outcome.faults)
