"""The tasks that put the map together: one for each part that a tile reaches, then one for what the parts make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from iota_py.config.schema import RunConfig
from iota_py.grid.form import geobox_values
from iota_py.grid.parts import Reach, part_windows
from iota_py.mapping.mosaic import MOST_BYTES
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.models.members import UNFUSED, run_layers
from iota_py.pipeline.plans.builder import Builder
from iota_py.pipeline.plans.map_layers import vote_settings, weight_tasks

_MEMORY = 4 * MOST_BYTES  # of a part: the layers of a block, what is read of a tile, the positions of its pixels, the cache of GDAL


@dataclass(frozen=True)
class PartWork:
    """What is made of each part. stage: of the tasks. rasters: names. tiled, footprints: tasks by tile. more: parameters that decide the bytes.
    also: further tasks that each part needs."""

    stage: str
    rasters: tuple[str, ...]
    tiled: Mapping[str, str]
    footprints: Mapping[str, str]
    more: Mapping[str, Any] = field(default_factory=dict)
    also: tuple[str, ...] = ()


def part_tasks(build: Builder, inventory: Inventory, work: PartWork) -> tuple[list[str], list[list[int]]]:
    """Add a task for each part that a tile reaches: the tasks, and the windows of their parts. It needs these tiles and no other."""
    grid = inventory.grid
    reach = Reach(grid, [tile.geobox for tile in inventory.tiles])
    tasks, places = [], []
    for window in part_windows(grid.shape):
        tiles = [inventory.tiles[place].name for place in reach(window)]
        if tiles:
            place = [window.row, window.col, window.height, window.width]
            params = {**work.more, "grid": geobox_values(grid), "window": place, "tiles": tiles, "rasters": list(work.rasters)}
            outputs = [paths.map_part(window.row, window.col, name) for name in work.rasters]
            needs = [*(task for name in tiles for task in (work.tiled[name], work.footprints[name])), *work.also]
            name = f"{work.stage}/r{window.row:06d}_c{window.col:06d}"
            tasks.append(build.add(name, outputs, params, needs, transient=True, memory=_MEMORY))
            places.append(place)
    return tasks, places


def mosaic_tasks(
    build: Builder,
    config: RunConfig,
    inventory: Inventory,
    assembled: Mapping[str, str],
    footprints: Mapping[str, str],
    external: Mapping[str, str],
) -> list[str]:
    """Tasks of the map of classes: its parts, the layers of each run where they are kept, those delivered; all but the parts."""
    runs = config.samples.split.runs
    by_run = {f"{layer}_run_{run}": paths.map_layer(layer, run) for run in range(runs) for layer in of_each_run(config)}
    fused = () if config.fusion is None else ("choice",)
    members = {} if config.fusion is None else {"members": list(config.fusion.members)}
    rule, weighed = vote_settings(config), weight_tasks(build, config, assembled)
    rasters = (*by_run, *paths.LAYERS, *fused)
    work = PartWork("mosaic_parts", rasters, assembled, footprints, {"runs": runs, **rule}, weighed)
    parts, places = part_tasks(build, inventory, work)
    common = {
        "grid": geobox_values(inventory.grid),
        "tiles": [t.name for t in inventory.tiles],
        "runs": runs,
        "nomenclature": external["nomenclature"],
        "languages": list(config.languages),
    }
    common |= rule
    needs = [*parts, *assembled.values(), *footprints.values(), *weighed]

    def whole(name: str, rasters: Sequence[str], outputs: Sequence[str], **more: Any) -> str:
        return build.add(f"mosaic/{name}", outputs, {**common, **more, "rasters": list(rasters)}, needs, aside={"parts": places})

    def files(name: str, path: str) -> list[str]:
        classes = name.startswith(("classification", "choice"))
        return paths.class_map(path, config.languages) if classes else [path, path.replace(".tif", ".qml")]

    made = [whole(name, [name], files(name, path), **members) for name, path in by_run.items()]
    made.append(whole("delivered", paths.LAYERS, [file for layer in paths.LAYERS for file in files(layer, paths.map_layer(layer))]))
    return [*made, *(whole(name, [name], files(name, paths.CHOICE), **members) for name in fused)]


def of_each_run(config: RunConfig) -> tuple[str, ...]:
    """Layers of which the map of every run is kept: all of several runs; of one, those that are not delivered."""
    layers = [layer for layer in run_layers(config) if layer not in UNFUSED]
    return tuple(layer for layer in layers if config.samples.split.runs > 1 or layer not in (*paths.LAYERS, "choice"))
