"""The plan of a run: a pure function from configuration and inventory to tasks. Nothing is read and nothing runs here.

Each key holds what decides the bytes of the outputs and nothing else: neither the engine nor the
number of workers nor the size of windows is in it (window tasks are about their own pixels).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iota_py.config.schema import RunConfig, dump
from iota_py.grid.form import geobox_values
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory, Tile
from iota_py.pipeline.models.members import members_document, planned_members, run_layers
from iota_py.pipeline.plans.builder import Builder, layers_document, series_digest, without_paths
from iota_py.pipeline.plans.cleaning import SUSPICIOUS
from iota_py.pipeline.plans.crossval import GAP
from iota_py.pipeline.plans.importance import importance_tasks
from iota_py.pipeline.plans.learning import learning_tasks
from iota_py.pipeline.plans.regularisation import regularisation_tasks
from iota_py.pipeline.plans.season import footprint_task, stored_tasks, year_score_tasks
from iota_py.pipeline.plans.table import table_score_tasks, table_tasks
from iota_py.pipeline.plans.target import value_tasks
from iota_py.pipeline.plans.tile import TileWork, bytes_per_pixel, tile_tasks
from iota_py.pipeline.reference.choices import without_tables
from iota_py.pipeline.stages import STAGES
from iota_py.pipeline.task import Task


@dataclass(frozen=True)
class Plan:
    """Tasks of a run, in order of stages."""

    tasks: tuple[Task, ...]

    def stage(self, name: str) -> tuple[Task, ...]:
        """Tasks of one stage."""
        return tuple(task for task in self.tasks if task.stage == name)

    def by_id(self) -> dict[str, Task]:
        """Tasks by identifier."""
        return {task.id: task for task in self.tasks}


def make_plan(config: RunConfig, inventory: Inventory, external: Mapping[str, str]) -> Plan:
    """The tasks of a run. external: digests of files outside the products (`polygons`, `regions`, `nomenclature`, `table`)."""
    build = Builder()
    if not inventory.tiles:
        table_tasks(build, config, inventory, external)
        return ordered(build)
    footprints = reading_tasks(build, inventory)
    if config.samples.target is not None:
        value_tasks(build, config, inventory, external, footprints)
        return ordered(build)
    trains = learning_tasks(build, config, inventory, external, footprints)
    assembled = {t.name: _tile_map(build, config, inventory, t, footprints, trains) for t in inventory.tiles}
    mosaics = _mosaics(build, config, inventory, assembled, footprints, external)
    mosaics += regularisation_tasks(build, config, inventory, external)
    studied = importance_tasks(build, config, inventory, external, trains)
    _results(build, config, inventory, external, assembled, [*mosaics, *studied])
    return ordered(build)


def ordered(build: Builder) -> Plan:
    """The tasks collected, in order of stages."""
    return Plan(tuple(sorted(build.tasks.values(), key=lambda task: STAGES.index(task.stage))))


def reading_tasks(build: Builder, inventory: Inventory) -> dict[str, str]:
    """Tasks that fill the store, and the one that writes the footprint of each tile."""
    build.stored.update({t.name: stored_tasks(build, t) for t in inventory.tiles})
    return {t.name: footprint_task(build, t) for t in inventory.tiles}


def make_feature_plan(inventory: Inventory, columns: Sequence[str]) -> Plan:
    """The tasks that write these features as maps."""
    build = Builder()
    for tile in inventory.tiles:
        build.stored[tile.name] = stored_tasks(build, tile)
        common = {
            "tile": tile.name,
            "series": [series_digest(s) for s in tile.series.values()],
            "layers": layers_document(inventory),
            "columns": list(columns),
        }
        windows = []
        for window in tile.windows:
            place = [window.row, window.col, window.height, window.width]
            name, output = f"{tile.name}/r{window.row:06d}_c{window.col:06d}", paths.feature_window(tile.name, window.row, window.col)
            memory = window.pixels * bytes_per_pixel(tile, len(inventory.feature_names))
            windows.append(build.add(f"feature_windows/{name}", [output], {**common, "window": place}, transient=True, memory=memory))
        outputs = [paths.feature_map(tile.name, column) for column in columns]
        places = [[w.row, w.col, w.height, w.width] for w in tile.windows]
        build.add(f"feature_maps/{tile.name}", outputs, common, [*windows, *build.stored[tile.name]], aside={"windows": places})
    return ordered(build)


def _tile_map(
    build: Builder,
    config: RunConfig,
    inventory: Inventory,
    tile: Tile,
    footprints: Mapping[str, str],
    trains: Mapping[tuple[int, int], tuple[str, ...]],
) -> str:
    """Tasks that map one tile: its windows, then its rasters."""
    runs = config.samples.split.runs
    models = [task for region in tile.regions for run in range(runs) for task in trains[region, run]]
    needs = (*models, footprints[tile.name], *(footprints[name] for name in tile.above))
    outputs = [paths.tile_layer(tile.name, layer, run) for run in range(runs) for layer in run_layers(config)]
    outputs = [paths.tile_layer(tile.name, "validity"), *outputs]
    return tile_tasks(build, inventory, tile, TileWork("predict", "assemble", tuple(outputs), needs, runs, _fusion(config, inventory)))


def _fusion(config: RunConfig, inventory: Inventory) -> dict[str, Any]:
    """What decides the fusion of the members, where there is one."""
    if config.fusion is None:
        return {}
    members = members_document(planned_members(config, inventory))
    return {"fusion": {"members": members, "measure": config.fusion.measure, "keep_members": config.fusion.keep_members}}


def _mosaics(
    build: Builder,
    config: RunConfig,
    inventory: Inventory,
    assembled: Mapping[str, str],
    footprints: Mapping[str, str],
    external: Mapping[str, str],
) -> list[str]:
    runs = config.samples.split.runs
    common = {"grid": geobox_values(inventory.grid), "tiles": [t.name for t in inventory.tiles], "nomenclature": external["nomenclature"]}
    needs = [*assembled.values(), *footprints.values()]
    made = []
    for run in range(runs):
        for layer in run_layers(config):
            if runs > 1 or layer not in (*paths.LAYERS, "choice"):
                name = paths.map_layer(layer, run)
                made.append(build.add(f"mosaic/{layer}_run_{run}", [name], {**common, "layer": layer, "run": run}, needs))
    outputs = []
    for layer in paths.LAYERS:
        name = paths.map_layer(layer)
        outputs += [name, name.replace(".tif", ".qml")]
    made.append(build.add("mosaic/delivered", outputs, {**common, "layer": "delivered", "runs": runs}, needs))
    if config.fusion is not None:
        params = {**common, "layer": "choice", "run": None, "runs": runs, "members": list(config.fusion.members)}
        made.append(build.add("mosaic/choice", [paths.CHOICE, paths.CHOICE.replace(".tif", ".qml")], params, needs))
    return made


def _results(
    build: Builder, config: RunConfig, inventory: Inventory, external: Mapping[str, str], assembled: Mapping[str, str], mosaics: list[str]
) -> None:
    runs = config.samples.split.runs
    common = {"nomenclature": external["nomenclature"], "regions": inventory.regions, "tiles": [t.name for t in inventory.tiles]}
    needs: list[str] = []
    if config.samples.places:
        for run in range(runs):
            params = {**common, "run": run, "grid": geobox_values(inventory.grid)}
            outputs = [paths.run_scores(run), paths.difference(run)]
            samples = [f"candidates/{t.name}" for t in inventory.tiles]
            map_of_run = f"mosaic/classification_run_{run}" if runs > 1 else "mosaic/delivered"
            samples += [task.id for task in build.tasks.values() if task.stage == "annual"]
            needs.append(build.add(f"assess/run_{run}", outputs, params, ["selection", *samples, *assembled.values(), map_of_run]))
    elif config.samples.table is not None:
        trains = {(region, run): (f"train/region_{region}_run_{run}",) for region, _ in inventory.regions for run in range(runs)}
        needs += table_score_tasks(build, config, trains, {**common, "runs": runs})
    needs += year_score_tasks(build, config, common)
    trusts = [] if config.fusion is None else [*(task.id for task in build.tasks.values() if task.stage == "trust"), "mosaic/choice"]
    outputs = [paths.METRICS, paths.CONFUSION, paths.AREAS, paths.REGION_SCORES, paths.FIGURES]
    summary = build.add(
        "summary", outputs, {**common, "runs": runs, "grid": geobox_values(inventory.grid)}, [*needs, *trusts, "mosaic/delivered"]
    )
    acquisitions = [series_digest(s) for tile in inventory.tiles for s in tile.series.values()]
    params = {
        **common,
        "config": without_paths(without_tables(dump(config), external)),
        "acquisitions": acquisitions,
        "grid": geobox_values(inventory.grid),
    }
    compared = [task for task in (GAP, SUSPICIOUS) if task in build.tasks]
    build.add("report", [paths.REPORT], params, [summary, *needs, *mosaics, *compared])
