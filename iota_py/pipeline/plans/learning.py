"""The tasks from reference data to models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iota_py.config.schema import RunConfig, dump
from iota_py.grid.form import geobox_values
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory, Tile
from iota_py.pipeline.models.members import members_document, planned_members
from iota_py.pipeline.models.reduced import columns_document
from iota_py.pipeline.models.reuse import reuse_tasks
from iota_py.pipeline.models.searched import search_tasks
from iota_py.pipeline.plans.builder import Builder, layers_document, series_digest, without_paths
from iota_py.pipeline.plans.cleaning import cleaning_tasks
from iota_py.pipeline.plans.crossval import crossval_tasks
from iota_py.pipeline.plans.map_layers import kept_share
from iota_py.pipeline.plans.season import annual_tasks, learnt_seasons, management_document, pooled_task, season_external
from iota_py.pipeline.reference.choices import without_tables
from iota_py.pipeline.reference.polygons import reference_settings
from iota_py.pipeline.reference.regions import learning_rules
from iota_py.pipeline.task import fingerprint
from iota_py.training.trainers import choose_trainer

_LATER = ("cleaning", "copies", "augmentation")  # what is done with samples once they are there


def learning_tasks(
    build: Builder, config: RunConfig, inventory: Inventory, external: Mapping[str, str], footprints: Mapping[str, str]
) -> dict[tuple[int, int], tuple[str, ...]]:
    """Tasks up to the models; those that give what predicts in each (region, run)."""
    samples = config.samples
    runs = range(samples.split.runs)
    extracted: list[str] = []
    for season, own, seen in learnt_seasons(build, inventory):
        extracted += sample_tasks(own, season.config, season.inventory, season_external(external, season), seen)
    extracted += sample_tasks(build, config, inventory, external, footprints)
    extracted += annual_tasks(build, config, inventory, external, footprints)
    managed = management_document(config, inventory, external)
    model = model_document(config)
    fitting = {"model": model, "features": fingerprint(inventory.feature_names), **columns_document(config, inventory)}
    gathered = managed if samples.copies or samples.annual or samples.years else {}
    extracted += cleaning_tasks(build, config, inventory.regions, {**fitting, **gathered}, list(extracted))
    if managed and config.reuse is None:
        build.add("learning", [paths.LEARNING_LEDGER], {**managed, "seed": samples.split.seed, "runs": samples.split.runs}, extracted)
    if config.reuse is not None:
        return reuse_tasks(build, inventory)
    extracted += search_tasks(build, config, inventory.regions, {**fitting, **managed}, list(extracted))
    crossval_tasks(build, config, inventory.regions, fitting, extracted)
    trains = {}
    for region, _ in inventory.regions:
        for run in runs:
            params = {
                "region": region,
                "run": run,
                "model": model,
                "seed": samples.split.seed + run,
                "features": fingerprint(inventory.feature_names),
                **columns_document(config, inventory),
                "rules": learning_rules(config),
                **calibration_document(config),
                **managed,
            }
            trains[region, run] = _fitted(build, config, inventory, params, extracted)
    return trains


def sample_tasks(
    build: Builder, config: RunConfig, inventory: Inventory, external: Mapping[str, str], footprints: Mapping[str, str]
) -> list[str]:
    """Tasks up to the features of the samples; the last of them."""
    samples, settings = config.samples, without_tables(dump(config)["samples"], external)
    params: dict[str, Any]
    if samples.table is not None:
        params = {
            "samples": {key: value for key, value in without_paths(settings).items() if key not in _LATER},
            "table": external["table"],
            "nomenclature": external["nomenclature"],
            "layers": layers_document(inventory),
            "files": [external.get("joined"), external.get("relabel")],
        }
        outputs = [paths.TABLE_SAMPLES, paths.SPLIT, paths.LEDGER, paths.LOSSES]
        outputs += [paths.TABLE_STORAGE] if samples.table.kind == "features" else []
        selection = build.add("selection/table", outputs, params)
        return [selection]
    if not samples.places:
        return [pooled_task(build, config, inventory, external)]
    tiles = [[t.name, geobox_values(t.geobox)] for t in inventory.tiles]
    params = {
        "samples": reference_settings(settings),
        "regions": [samples.regions.layer, samples.regions.field] if samples.regions else None,
        "group": samples.split.field,
        "files": [external["polygons"], external.get("regions"), external["nomenclature"]],
        "tiles": tiles,
    }
    polygons = build.add("polygons", [paths.POLYGONS, paths.DROPS, paths.STEPS], params)
    pixels = [_candidates(build, tile, polygons, footprints) for tile in inventory.tiles]
    drawn = {key: settings[key] for key in ("split", "minimum_validity")}
    matched = samples.split.kind == "distance"
    places = footprints.values() if matched else ()
    made = [paths.SPLIT, paths.DISTANCE] if matched else [paths.SPLIT]
    split = build.add("split", made, {"samples": drawn, **kept_share(config)}, [polygons, *pixels, *places])
    chosen = {key: settings[key] for key in ("selection", "minimum_validity", "allow_lost_classes")} | {"seed": samples.split.seed}
    outputs = [paths.SELECTION, paths.LEDGER, paths.LOSSES, *([paths.BORROWED] if samples.regions and samples.regions.borrow else [])]
    params = {"samples": chosen, "rules": learning_rules(config), "parts": inventory.parts, "regions": inventory.regions}
    params |= _annual_classes(config)
    elsewhere = []
    if samples.regions is not None:  # which regions have nothing to learn from: copies and other years may give it
        params["fed"] = sorted({(rule.source, rule.to) for rule in samples.copies})
        elsewhere = [f"split/season_{season.name}" for season in inventory.seasons if season.learns]
    selection = build.add("selection", outputs, params, [polygons, *pixels, split, *elsewhere])
    if config.reuse is not None or (config.objects is not None and not config.objects.by_pixel):
        return [selection]
    return [_samples(build, config, inventory, tile, selection) for tile in inventory.tiles]


def _fitted(build: Builder, config: RunConfig, inventory: Inventory, params: dict[str, Any], extracted: list[str]) -> tuple[str, ...]:
    """Tasks that fit the model of a region and run, or the members of its fusion and how far each is to be trusted."""
    region, run = params["region"], params["run"]
    place, made = f"region_{region}_run_{run}", []
    parts = dict(inventory.parts).get(region, 1)
    if config.fusion is None and parts > 1:
        return tuple(
            build.add(
                f"train/{place}/part_{part}",
                [paths.model_part(region, run, part, parts)],
                {**params, "part": part, "parts": parts},
                extracted,
            )
            for part in range(parts)
        )
    if config.fusion is None:
        return (build.add(f"train/{place}", [paths.model(region, run)], params, extracted),)
    for member in planned_members(config, inventory):
        own = {**params, "member": member.name, "features": fingerprint(member.names)}
        made.append(build.add(f"train/{place}/{member.name}", [paths.model(region, run, member.name)], own, extracted))
        own["folds"] = config.fusion.folds
        made.append(build.add(f"trust/{place}/{member.name}", [paths.trust(region, run, member.name)], own, extracted))
    return tuple(made)


def _annual_classes(config: RunConfig) -> dict[str, Any]:
    """Classes whose samples are taken elsewhere, as parameters; empty without them."""
    annual = config.samples.annual
    return {} if annual is None else {"annual": [list(annual.classes), annual.method]}


def calibration_document(config: RunConfig) -> dict[str, Any]:
    """Settings of the calibration, where there is one."""
    return {} if config.calibration is None else {"calibration": dump(config)["calibration"]}


def model_document(config: RunConfig) -> dict[str, Any]:
    """Settings of the model, with the library that will fit it and its version where the configuration says which is wished for."""
    trainer = choose_trainer(config.model)
    return {**dump(config)["model"], "trainer": [trainer.name, trainer.version]}


def _candidates(build: Builder, tile: Tile, polygons: str, footprints: Mapping[str, str]) -> str:
    params = {"tile": tile.name, "series": [series_digest(s) for s in tile.series.values()], "above": tile.above}
    needs = [polygons, footprints[tile.name], *(footprints[name] for name in tile.above), *build.stored[tile.name]]
    return build.add(f"candidates/{tile.name}", [paths.candidates(tile.name)], params, needs)


def _samples(build: Builder, config: RunConfig, inventory: Inventory, tile: Tile, selection: str) -> str:
    params = {"tile": tile.name, "series": [series_digest(s) for s in tile.series.values()], "layers": layers_document(inventory)}
    params |= _annual_classes(config)
    if config.fusion is not None:
        params["members"] = members_document(planned_members(config, inventory))
    return build.add(f"samples/{tile.name}", [paths.features(tile.name)], params, [selection, *build.stored[tile.name]])
