"""The plan of a run: a pure function from configuration and inventory to tasks. Nothing is read and nothing runs here.

Each key holds what decides the bytes of the outputs and nothing else: neither the engine nor the
number of workers nor the size of windows is in it (window tasks are about their own pixels).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iota_py.config.schema import RunConfig, dump
from iota_py.grid.form import geobox_values
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory, Tile
from iota_py.pipeline.models.members import asked, members_document, planned_members, run_layers
from iota_py.pipeline.plans.applicability import applicability_layers, applicability_tasks, space_tasks
from iota_py.pipeline.plans.baseline import baseline_tasks
from iota_py.pipeline.plans.builder import Builder, layers_document, series_digest, without_paths
from iota_py.pipeline.plans.cleaning import SUSPICIOUS
from iota_py.pipeline.plans.crossval import GAP
from iota_py.pipeline.plans.drift import drift_tasks
from iota_py.pipeline.plans.importance import importance_tasks
from iota_py.pipeline.plans.learning import learning_tasks
from iota_py.pipeline.plans.legend import legend_task
from iota_py.pipeline.plans.map_accuracy import map_accuracy_tasks
from iota_py.pipeline.plans.map_layers import layer_tasks, scored_fusion, tile_outputs, window_memory, window_settings
from iota_py.pipeline.plans.mosaic import mosaic_tasks
from iota_py.pipeline.plans.objects import object_tasks
from iota_py.pipeline.plans.probabilities import THRESHOLDS, probability_results, probability_tasks, sets_mapped
from iota_py.pipeline.plans.product import delivery_tasks
from iota_py.pipeline.plans.regularisation import regularisation_tasks
from iota_py.pipeline.plans.report import report_outputs
from iota_py.pipeline.plans.season import footprint_task, stored_tasks, year_score_tasks
from iota_py.pipeline.plans.table import table_score_tasks, table_tasks
from iota_py.pipeline.plans.target import value_tasks
from iota_py.pipeline.plans.tile import TileWork, bytes_per_pixel, tile_tasks
from iota_py.pipeline.plans.vector import vector_tasks
from iota_py.pipeline.reference.choices import without_tables
from iota_py.pipeline.stages import STAGES
from iota_py.pipeline.task import Task


@dataclass(frozen=True)
class Plan:
    """Tasks of a run, in order of stages."""

    tasks: tuple[Task, ...]

    def stage(self, name: str) -> tuple[Task, ...]:
        """Tasks of one stage."""
        return self._stages.get(name, ())

    def by_id(self) -> Mapping[str, Task]:
        """Tasks by identifier, in order of stages: one mapping for all that ask."""
        return self._by_id

    @functools.cached_property
    def _stages(self) -> Mapping[str, tuple[Task, ...]]:
        found: dict[str, list[Task]] = {}
        for task in self.tasks:
            found.setdefault(task.stage, []).append(task)
        return {stage: tuple(tasks) for stage, tasks in found.items()}

    @functools.cached_property
    def _by_id(self) -> Mapping[str, Task]:
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
    trains: Mapping[tuple[int, int], tuple[str, ...]] = {}
    looked: list[str] = []
    if config.objects is not None:
        assembled = object_tasks(build, config, inventory, external, footprints)
    else:
        trains = learning_tasks(build, config, inventory, external, footprints)
        probability_tasks(build, config, inventory, trains)
        looked = drift_tasks(build, config, inventory, external, footprints, trains)
        trains = space_tasks(build, config, inventory, trains)
        assembled = {t.name: _tile_map(build, config, inventory, t, footprints, trains, external) for t in inventory.tiles}
    mosaics = mosaic_tasks(build, config, inventory, assembled, footprints, external)
    mosaics.append(legend_task(build, config, external))
    mosaics += layer_tasks(build, config, inventory, external, [*assembled.values(), *footprints.values()])
    mosaics += applicability_layers(build, config, inventory, external, [*assembled.values(), *footprints.values()])
    mosaics += regularisation_tasks(build, config, inventory, external)
    mosaics += vector_tasks(build, config, inventory, external)
    studied = importance_tasks(build, config, inventory, external, trains)
    studied += probability_results(build, config, inventory, external)
    studied += applicability_tasks(build, config, inventory, external)
    studied += map_accuracy_tasks(build, config, inventory, external)
    _results(build, config, inventory, external, assembled, [*mosaics, *studied, *looked])
    delivery_tasks(build, config, inventory, external)
    return ordered(build)


def ordered(build: Builder) -> Plan:
    """The tasks collected, in order of stages."""
    place = {stage: i for i, stage in enumerate(STAGES)}
    return Plan(tuple(sorted(build.tasks.values(), key=lambda task: place[task.stage])))


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
        per_pixel, shared = bytes_per_pixel(tile, len(inventory.feature_names)), build.shared("feature_windows", common)
        windows, places = [], [(w.row, w.col, w.height, w.width) for w in tile.windows]
        for window, place in zip(tile.windows, places):
            name, output = f"{tile.name}/r{window.row:06d}_c{window.col:06d}", paths.feature_window(tile.name, window.row, window.col)
            windows.append(build.add_part(shared, name, (output,), ("window", place), window.pixels * per_pixel))
        outputs = [paths.feature_map(tile.name, column) for column in columns]
        build.add(f"feature_maps/{tile.name}", outputs, common, [*windows, *build.stored[tile.name]], aside={"windows": places})
    return ordered(build)


def _tile_map(
    build: Builder,
    config: RunConfig,
    inventory: Inventory,
    tile: Tile,
    footprints: Mapping[str, str],
    trains: Mapping[tuple[int, int], tuple[str, ...]],
    external: Mapping[str, str],
) -> str:
    """Tasks that map one tile: its windows, then its rasters."""
    runs = config.samples.split.runs
    wide = asked(config)  # probabilities are those of the classes of all models, and regions beyond the tile weigh near their borders
    regions = [region for region, _ in inventory.regions] if wide else tile.regions
    models = [task for region in regions for run in range(runs) for task in trains[region, run]]
    models += [THRESHOLDS] if sets_mapped(config) else []
    needs = (*models, footprints[tile.name], *(footprints[name] for name in tile.above))
    outputs = [paths.tile_layer(tile.name, layer, run) for run in range(runs) for layer in run_layers(config)]
    outputs = [paths.tile_layer(tile.name, "validity"), *outputs, *tile_outputs(config, tile.name)]
    more = _fusion(config, inventory) | window_settings(config, external)
    beside = config.map is not None and config.map.quantised
    applies = config.map is not None and config.map.applicability is not None
    work = TileWork("predict", "assemble", tuple(outputs), needs, runs, more, window_memory(config), beside, applies)
    return tile_tasks(build, inventory, tile, work)


def _fusion(config: RunConfig, inventory: Inventory) -> dict[str, Any]:
    """What decides the fusion of the members, where there is one."""
    if config.fusion is None:
        return {}
    members = members_document(planned_members(config, inventory))
    return {"fusion": {"members": members, "measure": config.fusion.measure, "keep_members": config.fusion.keep_members}}


def _results(
    build: Builder, config: RunConfig, inventory: Inventory, external: Mapping[str, str], assembled: Mapping[str, str], mosaics: list[str]
) -> None:
    runs = config.samples.split.runs
    common = {"nomenclature": external["nomenclature"], "regions": inventory.regions, "tiles": [t.name for t in inventory.tiles]}
    needs: list[str] = []
    if config.samples.places:
        for run in range(runs):
            params = {**common, "run": run, "grid": geobox_values(inventory.grid)}
            outputs = [paths.run_scores(run), paths.run_polygons(run), paths.difference(run)]
            samples = [f"candidates/{t.name}" for t in inventory.tiles]
            map_of_run = f"mosaic/classification_run_{run}" if runs > 1 else "mosaic/delivered"
            samples += [task.id for task in build.tasks.values() if task.stage == "annual"]
            needs.append(build.add(f"assess/run_{run}", outputs, params, ["selection", *samples, *assembled.values(), map_of_run]))
    elif config.samples.table is not None:
        trains = {(region, run): (f"train/region_{region}_run_{run}",) for region, _ in inventory.regions for run in range(runs)}
        needs += table_score_tasks(build, config, trains, {**common, "runs": runs})
    needs += year_score_tasks(build, config, common)
    trusts = [] if config.fusion is None else [*(task.id for task in build.tasks.values() if task.stage == "trust"), "mosaic/choice"]
    outputs = [paths.METRICS, *paths.SKILL, paths.CONFUSION, paths.AREAS, paths.REGION_SCORES, paths.FIGURES]
    params = {**common, "runs": runs, "grid": geobox_values(inventory.grid), **scored_fusion(config)}
    summary = build.add("summary", outputs, params, [*needs, *trusts, "mosaic/delivered"])
    acquisitions = [series_digest(s) for tile in inventory.tiles for s in tile.series.values()]
    params = {
        **common,
        "config": without_paths(without_tables(dump(config), external)),
        "acquisitions": acquisitions,
        "grid": geobox_values(inventory.grid),
    }
    compared = [task for task in (GAP, SUSPICIOUS, "learning") if task in build.tasks]
    compared += baseline_tasks(build, config, external, [summary, "mosaic/delivered"])
    build.add("report", report_outputs(config), params, [summary, *needs, *mosaics, *compared])
