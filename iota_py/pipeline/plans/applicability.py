"""The tasks that say where the models apply, and what is wrong with what is asked of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iota_py.config.assessment import CrossValidation
from iota_py.config.schema import RunConfig
from iota_py.errors import Fault
from iota_py.grid.form import geobox_values
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.plans.builder import Builder, layers_document, series_digest
from iota_py.pipeline.plans.crossval import GAP

APPLICABILITY = "applicability"
Trains = Mapping[tuple[int, int], tuple[str, ...]]


def space_tasks(build: Builder, config: RunConfig, inventory: Inventory, trains: Trains) -> dict[tuple[int, int], tuple[str, ...]]:
    """A task for each region and run, after its models; what predicts in each, with that task."""
    wish = config.map.applicability if config.map is not None else None
    if wish is None or config.fusion is not None or config.reuse is not None:
        return dict(trains)
    names, found = dict(inventory.regions), {}
    folds = fold_settings(config)
    for (region, run), models in trains.items():
        samples = dict.fromkeys(need for model in models for need in build.tasks[model].needs)
        folders = [build.tasks[model].outputs[0] for model in models]
        params = {
            "region": region, "name": names[region], "run": run, "models": folders, "seed": config.samples.split.seed + run, **folds,
            "wish": wish.model_dump(mode="json", include={"components", "variance", "cells", "samples"}), "by": wish.folds,
        }  # fmt: skip
        made = build.add(f"spaces/region_{region}_run_{run}", [paths.space(region, run)], params, [*samples, *models])
        found[region, run] = (*models, made)
    return found


def fold_settings(config: RunConfig) -> dict[str, Any]:
    """Number of folds and side of the blocks: those of the cross-validation, or its usual ones where there is none."""
    wanted = config.assessment.cross_validation or CrossValidation()
    return {"folds": wanted.folds, "block": wanted.block}


def applicability_layers(
    build: Builder, config: RunConfig, inventory: Inventory, external: Mapping[str, str], needs: list[str]
) -> list[str]:
    """The task of the layers; needs: tasks of the tiles."""
    if config.map is None or config.map.applicability is None:
        return []
    rasters = [paths.DISSIMILARITY, paths.APPLICABLE]
    params = {"grid": geobox_values(inventory.grid), "tiles": [t.name for t in inventory.tiles], "layer": APPLICABILITY}
    outputs = [*rasters, *(name.replace(".tif", ".qml") for name in rasters)]
    return [build.add("layers/applicability", outputs, params, needs)]


def applicability_tasks(build: Builder, config: RunConfig, inventory: Inventory, external: Mapping[str, str]) -> list[str]:
    """The task that says how much of the map is inside, how models do inside and outside, and how far folds and pixels are from samples."""
    if config.map is None or config.map.applicability is None:
        return []
    split = config.samples.split
    params = {
        "regions": inventory.regions, "runs": split.runs, "seed": split.seed, "pixels": config.map.applicability.pixels,
        "grid": geobox_values(inventory.grid), "nomenclature": external["nomenclature"], **fold_settings(config),
        "scored": config.assessment.cross_validation is not None, "held_out": held_out_limit(config),
        "kinds": ["polygon", "blocks"] if config.samples.places else [],
    }  # fmt: skip
    own = ("spaces", "samples", "crossval")
    needs = [task.id for task in build.tasks.values() if task.stage in own and "season" not in task.id]
    needs += [GAP] if GAP in build.tasks else []
    needs += [*held_out_tasks(build, config, inventory), "layers/applicability", "mosaic/delivered"]
    if config.samples.places:
        needs.append("polygons")
    outputs = [paths.APPLICABILITY, paths.APPLICABILITY_AREAS, paths.APPLICABILITY_FOLDS]
    return [build.add(APPLICABILITY, outputs, params, needs)]


def held_out_limit(config: RunConfig) -> int:
    """Validation pixels of each region, run and class that are looked at: as many as the importance of features asks for."""
    return config.importance.pixels_per_class


def held_out_tasks(build: Builder, config: RunConfig, inventory: Inventory) -> list[str]:
    """Tasks that give validation pixels their features: the same as those of the importance of features."""
    if config.samples.table is not None:
        return ["selection/table"]
    if not config.samples.places:
        return []
    made = []
    for tile in inventory.tiles:
        params = {
            "tile": tile.name,
            "series": [series_digest(s) for s in tile.series.values()],
            "layers": layers_document(inventory),
            "pixels_per_class": held_out_limit(config),
            "seed": config.samples.split.seed,
            "grid": geobox_values(tile.geobox),
        }
        made.append(build.add(f"held_out/{tile.name}", [paths.held_out(tile.name)], params, ["selection", *build.stored[tile.name]]))
    return made


def applicability_faults(config: RunConfig) -> list[Fault]:
    """E-AOA-001 members of a fusion, E-AOA-002 models of another run, E-AOA-003 blocks that no cross-validation names, E-AOA-004 blocks of
    samples that lie in no polygon of the year that is mapped."""
    wish = config.map.applicability if config.map is not None else None
    if wish is None:
        return []
    faults, fix = [], "leave it out"
    if config.fusion is not None:
        text = "not with `fusion`: its members each have a space of their own, and none is that of the map"
        faults.append(Fault("E-AOA-001", config.name, "map.applicability", text, "leave one of them out"))
    if config.reuse is not None:
        text = "where models apply is told by the samples that they learnt, and models of another run come without them"
        faults.append(Fault("E-AOA-002", config.name, "map.applicability", text, f"{fix}, or train models here"))
    crossed = config.assessment.cross_validation
    if wish.folds == "blocks" and (crossed is None or "blocks" not in crossed.kinds):
        text = "blocks are those of assessment.cross_validation, which makes none"
        faults.append(Fault("E-AOA-003", config.name, "map.applicability.folds", text, "ask for its kind blocks, or use folds: polygon"))
    if wish.folds == "blocks" and (not config.samples.places or config.samples.years or config.samples.annual is not None):
        text = "samples of other years, of annual classes and of tables lie in no polygon of the map"
        faults.append(Fault("E-AOA-004", config.name, "map.applicability.folds", text, "use folds: polygon"))
    return faults
