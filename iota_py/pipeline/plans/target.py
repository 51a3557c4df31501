"""The tasks of a run that predicts a number: those of a map of classes up to the samples, then regressors, maps and scores of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iota_py.config.schema import RunConfig, dump
from iota_py.grid.form import geobox_values
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory, Tile
from iota_py.pipeline.models.reduced import columns_document
from iota_py.pipeline.plans.builder import Builder, layers_document, series_digest, without_paths
from iota_py.pipeline.plans.importance import importance_tasks
from iota_py.pipeline.plans.learning import sample_tasks
from iota_py.pipeline.plans.mosaic import PartWork, part_tasks
from iota_py.pipeline.plans.report import report_outputs
from iota_py.pipeline.plans.season import management_document
from iota_py.pipeline.plans.tile import TileWork, tile_tasks
from iota_py.pipeline.reference.choices import without_tables
from iota_py.pipeline.reference.regions import learning_rules
from iota_py.pipeline.task import fingerprint
from iota_py.training.trainers import choose_trainer

Trains = Mapping[tuple[int, int], tuple[str, ...]]


def value_tasks(
    build: Builder, config: RunConfig, inventory: Inventory, external: Mapping[str, str], footprints: Mapping[str, str]
) -> None:
    """Tasks of a run: samples, regressors, maps, scores, report."""
    trains = regressor_tasks(build, config, inventory, external, footprints)
    tiled = {tile.name: _tile_map(build, config, inventory, tile, footprints, trains) for tile in inventory.tiles}
    maps = _maps(build, config, inventory, tiled, footprints)
    runs, common = config.samples.split.runs, _common(config, inventory, external)
    needs = ["polygons", "selection", *tiled.values()]
    scored = [build.add(f"value_scores/run_{run}", [paths.values(run)], {**common, "run": run}, needs) for run in range(runs)]
    outputs = [paths.METRICS, paths.REGION_SCORES, paths.STRATA, paths.POLYGON_VALUES, paths.FIGURES]
    summary = build.add("value_summary", outputs, {**common, **_draws(config)}, scored)
    acquisitions = [series_digest(s) for tile in inventory.tiles for s in tile.series.values()]
    params = {**common, "config": without_paths(without_tables(dump(config), external)), "acquisitions": acquisitions}
    studied = importance_tasks(build, config, inventory, external, trains)
    studied += ["learning"] if "learning" in build.tasks else []
    build.add(
        "value_report", report_outputs(config), {**params, "grid": geobox_values(inventory.grid)}, [summary, *scored, *maps, *studied]
    )


def value_score_tasks(
    build: Builder, config: RunConfig, inventory: Inventory, external: Mapping[str, str], footprints: Mapping[str, str]
) -> None:
    """Tasks up to regressors and their scores on validation samples, without a map."""
    trains = regressor_tasks(build, config, inventory, external, footprints)
    every, common = [task for tasks in trains.values() for task in tasks], _common(config, inventory, external)
    scored = []
    for tile in inventory.tiles:
        series = [series_digest(s) for s in tile.series.values()]
        params = {"tile": tile.name, "series": series, "layers": layers_document(inventory), "runs": config.samples.split.runs}
        needs = ["polygons", "selection", *every, *build.stored[tile.name]]
        scored.append(build.add(f"value_answers/{tile.name}", [paths.sample_answers(tile.name)], params, needs))
    build.add("value_sample_summary", [paths.SAMPLE_METRICS, paths.SAMPLE_REGIONS], {**common, **_draws(config)}, scored)
    importance_tasks(build, config, inventory, external, trains)


def regressor_tasks(
    build: Builder, config: RunConfig, inventory: Inventory, external: Mapping[str, str], footprints: Mapping[str, str]
) -> dict[tuple[int, int], tuple[str, ...]]:
    """Tasks up to the regressors; those of each (region, run), several where a region is divided."""
    samples = config.samples
    extracted = sample_tasks(build, config, inventory, external, footprints)
    managed = management_document(config, inventory, external)
    if managed:
        build.add("learning", [paths.LEARNING_LEDGER], {**managed, "seed": samples.split.seed, "runs": samples.split.runs}, extracted)
    trainer = choose_trainer(config.model)
    common = {
        "model": {**dump(config)["model"], "trainer": [trainer.name, trainer.version]},
        "target": _target(config),
        "features": fingerprint(inventory.feature_names),
        **columns_document(config, inventory),
        "rules": learning_rules(config),
        **managed,
    }
    trains = {}
    for region, _ in inventory.regions:
        parts = dict(inventory.parts).get(region, 1)
        for run in range(samples.split.runs):
            made = []
            for part in range(parts):
                params = {**common, "region": region, "run": run, "seed": samples.split.seed + run}
                params |= {"part": part, "parts": parts} if parts > 1 else {}
                name = f"regress/region_{region}_run_{run}" + (f"/part_{part}" if parts > 1 else "")
                made.append(build.add(name, [paths.model_part(region, run, part, parts)], params, ["polygons", *extracted]))
            trains[region, run] = tuple(made)
    return trains


def _tile_map(build: Builder, config: RunConfig, inventory: Inventory, tile: Tile, footprints: Mapping[str, str], trains: Trains) -> str:
    """Tasks that map one tile: its windows, then its rasters."""
    runs = config.samples.split.runs
    models = [task for region in tile.regions for run in range(runs) for task in trains[region, run]]
    needs = (*models, footprints[tile.name], *(footprints[name] for name in tile.above))
    outputs = (paths.tile_layer(tile.name, "validity"), *(paths.tile_layer(tile.name, "value", run) for run in range(runs)))
    return tile_tasks(build, inventory, tile, TileWork("values", "value_tiles", outputs, needs, runs, per_pixel=4 * runs))


def _maps(build: Builder, config: RunConfig, inventory: Inventory, tiled: Mapping[str, str], footprints: Mapping[str, str]) -> list[str]:
    """The maps of the runs where there are several, and the delivered ones: their mean, their standard deviation, the validity."""
    runs = config.samples.split.runs
    common = {"grid": geobox_values(inventory.grid), "tiles": [t.name for t in inventory.tiles], "target": _target(config), "runs": runs}
    by_run = {f"value_run_{run}": paths.map_layer("value", run) for run in range(runs) if runs > 1}
    layers = ["value", "deviation", "validity"] if runs > 1 else ["value", "validity"]
    work = PartWork(
        "value_parts", (*by_run, *layers), tiled, footprints, {"runs": runs, "scale": config.samples.target and config.samples.target.scale}
    )
    parts, places = part_tasks(build, inventory, work)
    needs, aside, made = [*parts, *tiled.values(), *footprints.values()], {"parts": places}, []
    for run, (raster, name) in enumerate(by_run.items()):
        made.append(build.add(f"value_maps/run_{run}", [name], {**common, "rasters": [raster]}, needs, aside=aside))
    outputs = [name for layer in layers for name in (paths.map_layer(layer), paths.map_layer(layer).replace(".tif", ".qml"))]
    return [*made, build.add("value_maps/delivered", outputs, {**common, "rasters": layers}, ["polygons", *needs], aside=aside)]


def _common(config: RunConfig, inventory: Inventory, external: Mapping[str, str]) -> dict[str, Any]:
    tiles = [tile.name for tile in inventory.tiles]
    return {"nomenclature": external["nomenclature"], "target": _target(config), "regions": inventory.regions, "tiles": tiles}


def _draws(config: RunConfig) -> dict[str, Any]:
    split = dump(config)["samples"]["split"]
    return {"runs": config.samples.split.runs, "split": {key: split[key] for key in ("kind", "folds", "block", "held_out", "column")}}


def _target(config: RunConfig) -> dict[str, Any]:
    target: dict[str, Any] = dump(config)["samples"]["target"]
    return target
