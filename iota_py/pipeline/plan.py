"""The plan of a run: a pure function from configuration and inventory to tasks. Nothing is read and nothing runs here.

Each key holds what decides the bytes of the outputs and nothing else: neither the engine nor the
number of workers nor the size of windows is in it (window tasks are about their own pixels).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from iota_py.config.schema import RunConfig, dump
from iota_py.grid.form import geobox_values
from iota_py.pipeline import paths
from iota_py.pipeline.builder import Builder, layers_document, series_digest, without_paths
from iota_py.pipeline.inventory import Inventory, Tile
from iota_py.pipeline.learning_plan import learning_tasks
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
    build.stored.update({t.name: _stored(build, t) for t in inventory.tiles})
    footprints = {t.name: _footprint(build, t) for t in inventory.tiles}
    trains = learning_tasks(build, config, inventory, external, footprints)
    assembled = {t.name: _tile_map(build, config, inventory, t, footprints, trains) for t in inventory.tiles}
    mosaics = _mosaics(build, config, inventory, assembled, footprints, external)
    _results(build, config, inventory, external, assembled, mosaics)
    return Plan(tuple(sorted(build.tasks.values(), key=lambda task: STAGES.index(task.stage))))


def make_feature_plan(inventory: Inventory, columns: Sequence[str]) -> Plan:
    """The tasks that write these features as maps."""
    build = Builder()
    for tile in inventory.tiles:
        build.stored[tile.name] = _stored(build, tile)
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
            memory = window.pixels * _bytes_per_pixel(tile, len(inventory.feature_names))
            windows.append(build.add(f"feature_windows/{name}", [output], {**common, "window": place}, transient=True, memory=memory))
        outputs = [paths.feature_map(tile.name, column) for column in columns]
        places = [[w.row, w.col, w.height, w.width] for w in tile.windows]
        build.add(f"feature_maps/{tile.name}", outputs, common, [*windows, *build.stored[tile.name]], aside={"windows": places})
    return Plan(tuple(sorted(build.tasks.values(), key=lambda task: STAGES.index(task.stage))))


def _stored(build: Builder, tile: Tile) -> list[str]:
    """Tasks that write what the store lacks of a tile. They pass nothing on that decides bytes, so no key takes them in."""
    return [
        build.add(f"store/{tile.name}/{name}_{index:04d}", [], {"tile": tile.name, "input": name, "index": index}, transient=True)
        for name, index in tile.unstored
    ]


def _footprint(build: Builder, tile: Tile) -> str:
    params = {"tile": tile.name, "series": [series_digest(s) for s in tile.series.values()]}
    return build.add(f"footprint/{tile.name}", [paths.footprint(tile.name)], params, build.stored[tile.name])


def _tile_map(
    build: Builder,
    config: RunConfig,
    inventory: Inventory,
    tile: Tile,
    footprints: Mapping[str, str],
    trains: Mapping[tuple[int, int], str],
) -> str:
    """Tasks that map one tile: its windows, then its rasters."""
    runs = config.samples.split.runs
    models = [trains[region, run] for region in tile.regions for run in range(runs)]
    common = {
        "tile": tile.name,
        "series": [series_digest(s) for s in tile.series.values()],
        "layers": layers_document(inventory),
        "runs": runs,
        "margin": 0 if inventory.one_lattice else 1,
    }
    needs = [*models, footprints[tile.name], *(footprints[name] for name in tile.above)]
    columns = len(inventory.feature_names)
    windows = []
    for window in tile.windows:
        params = {**common, "window": [window.row, window.col, window.height, window.width]}
        name = f"{tile.name}/r{window.row:06d}_c{window.col:06d}"
        memory = window.pixels * _bytes_per_pixel(tile, columns)
        windows.append(
            build.add(f"predict/{name}", [paths.window(tile.name, window.row, window.col)], params, needs, transient=True, memory=memory)
        )
    outputs = [paths.tile_layer(tile.name, "validity")]
    for run in range(runs):
        outputs += [paths.tile_layer(tile.name, layer, run) for layer in ("classification", "confidence")]
    places = [[w.row, w.col, w.height, w.width] for w in tile.windows]
    return build.add(f"assemble/{tile.name}", outputs, common, [*windows, *needs, *build.stored[tile.name]], aside={"windows": places})


def _bytes_per_pixel(tile: Tile, columns: int) -> int:
    """Observations as int16 with their validity, features as int16, and what a library forest needs (float32)."""
    observed = sum(len(s.observations) * (2 * len(s.bands) + 1) for s in tile.series.values())
    return observed + columns * 6


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
    if runs > 1:
        for run in range(runs):
            for layer in ("classification", "confidence"):
                name = paths.map_layer(layer, run)
                made.append(build.add(f"mosaic/{layer}_run_{run}", [name], {**common, "layer": layer, "run": run}, needs))
    outputs = []
    for layer in paths.LAYERS:
        name = paths.map_layer(layer)
        outputs += [name, name.replace(".tif", ".qml")]
    made.append(build.add("mosaic/delivered", outputs, {**common, "layer": "delivered", "runs": runs}, needs))
    return made


def _results(
    build: Builder, config: RunConfig, inventory: Inventory, external: Mapping[str, str], assembled: Mapping[str, str], mosaics: list[str]
) -> None:
    runs = config.samples.split.runs
    common = {"nomenclature": external["nomenclature"], "regions": inventory.regions, "tiles": [t.name for t in inventory.tiles]}
    needs: list[str] = []
    if config.samples.polygons is not None:
        for run in range(runs):
            params = {**common, "run": run, "grid": geobox_values(inventory.grid)}
            outputs = [paths.run_scores(run), paths.difference(run)]
            samples = [f"candidates/{t.name}" for t in inventory.tiles]
            map_of_run = f"mosaic/classification_run_{run}" if runs > 1 else "mosaic/delivered"
            needs.append(build.add(f"assess/run_{run}", outputs, params, ["selection", *samples, *assembled.values(), map_of_run]))
    else:
        for run in range(runs):
            models = [f"train/region_{region}_run_{run}" for region, _ in inventory.regions]
            needs.append(build.add(f"assess/run_{run}", [paths.run_scores(run)], {**common, "run": run}, ["selection/table", *models]))
    outputs = [paths.METRICS, paths.CONFUSION, paths.AREAS, paths.REGION_SCORES, paths.FIGURES]
    summary = build.add("summary", outputs, {**common, "runs": runs, "grid": geobox_values(inventory.grid)}, [*needs, "mosaic/delivered"])
    acquisitions = [series_digest(s) for tile in inventory.tiles for s in tile.series.values()]
    params = {**common, "config": without_paths(dump(config)), "acquisitions": acquisitions, "grid": geobox_values(inventory.grid)}
    build.add("report", [paths.REPORT], params, [summary, *needs, *mosaics])
