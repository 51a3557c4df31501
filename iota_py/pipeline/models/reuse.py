"""Models of another run in place of models of one's own: `model: {from: …}`.

They are found by the name of their region and the number of their run, and copied as they are: same bytes, same SHA-256.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from iota_py.config.schema import RunConfig
from iota_py.errors import Fault, InputError
from iota_py.io.publish import write_bytes
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.plans.builder import Builder
from iota_py.tracking.location import default_uri
from iota_py.tracking.registry import REGISTRY, registered_models
from iota_py.training.bundle import describe, difference_of_names

_WHERE = "model.from"
Found = Mapping[tuple[str, int], Path]


def reused(config: RunConfig) -> Found:
    """Folders of the bundles of the run that the configuration names, by name of region and run; nothing where it names none.

    A name of MLflow's registry is looked up in the store of the run's tracking and its models fetched, once. InputError E-REU-001: no such
    run, or no model in it; errors of `registered_models`.
    """
    if config.reuse is None:
        return {}
    if config.reuse.startswith(REGISTRY):
        folder = registered_models(config.tracking.uri or default_uri(config.output.parent), config.reuse)
    else:
        folder = Path(config.reuse) / "models"
    bundles = sorted(folder.glob("region_*/bundle.json"))
    if not bundles:
        text = f"expected the folder of a run with one model for each region and run, found none in {folder}"
        raise InputError(Fault("E-REU-001", str(config.reuse), _WHERE, text, "name the `output` of a run whose models are there"))
    found = {}
    for path in bundles:
        extra = describe(path.parent)["extra"]
        found[str(extra["region"]), int(extra["run"])] = path.parent
    return found


def reuse_faults(config: RunConfig, inventory: Inventory | None, nomenclature: Nomenclature | None) -> list[Fault]:
    """What keeps the models of another run from being used: E-REU-001 to E-REU-004, E-MOD-003."""
    if config.reuse is None:
        return []
    wishes = ("search", "calibration", "reduction", "keep_columns", "fusion")
    asked = [name for name in wishes if getattr(config, name) is not None]
    asked += ["samples.table"] if config.samples.table is not None else []  # its columns are stored by the learning samples of the run
    asked += ["assessment.cross_validation"] if config.assessment.cross_validation is not None else []
    faults = [Fault("E-REU-002", config.name, name, "models of another run are used as they are", f"leave `{name}` out") for name in asked]
    try:
        found = reused(config)
    except InputError as error:
        return [*faults, *error.faults]
    if inventory is not None:
        faults += _region_faults(config, inventory, found)
    if inventory is not None and nomenclature is not None:
        faults += _model_faults(config, inventory, nomenclature, found)
    return faults


def _region_faults(config: RunConfig, inventory: Inventory, found: Found) -> Iterator[Fault]:
    for _, name in inventory.regions:
        for run in range(config.samples.split.runs):
            if (name, run) not in found:
                there = ", ".join(f"{region} run {number}" for region, number in sorted(found))
                text = f"no model of region {name}, run {run} (there are {there})"
                fix = "lower samples.split.runs, use the same regions, or train models here"
                yield Fault("E-REU-003", str(config.reuse), _WHERE, text, fix)


def _model_faults(config: RunConfig, inventory: Inventory, nomenclature: Nomenclature, found: Found) -> Iterator[Fault]:
    names, codes = inventory.feature_names, {one.code for one in nomenclature.classes}
    for folder in sorted(set(_wanted(config, inventory, found).values())):
        description = describe(folder)
        if tuple(description["names"]) != names:
            text = difference_of_names(tuple(description["names"]), names)
            yield Fault("E-MOD-003", str(folder), "names", text, "map with the inputs, dates and features of the training")
        if "target" in description:
            text = f"the model predicts {description['target']['name']}, a number, not classes"
            yield Fault("E-TGT-009", str(folder), "target", text, "name a run that maps classes")
        strange = sorted(set(description["classes"]) - codes)
        if strange:
            text = f"the model knows classes {', '.join(map(str, strange))}, which nomenclature {nomenclature.name} lacks"
            yield Fault("E-REU-004", str(folder), "classes", text, "use the nomenclature of the training")


def _wanted(config: RunConfig, inventory: Inventory, found: Found) -> dict[tuple[int, int], Path]:
    runs = range(config.samples.split.runs)
    return {(region, run): found[name, run] for region, name in inventory.regions for run in runs if (name, run) in found}


def with_reused(config: RunConfig, inventory: Inventory) -> Inventory:
    """The inventory with the models of another run that the configuration names."""
    wanted = _wanted(config, inventory, reused(config)).items()
    return replace(inventory, reused=tuple((*place, str(folder), describe(folder)["files"]) for place, folder in wanted))


def reuse_tasks(build: Builder, inventory: Inventory) -> dict[tuple[int, int], tuple[str, ...]]:
    """A task for each region and run that copies its model; its key holds the digests of the model's files."""
    made: dict[tuple[int, int], tuple[str, ...]] = {}
    for region, run, folder, files in inventory.reused:
        params = {"region": region, "run": run, "files": files, "copied": True}
        task = build.add(f"train/region_{region}_run_{run}", [paths.model(region, run)], params, aside={"bundle": folder})
        made[region, run] = (task,)
    return made


def copy_bundle(source: Path, target: Path) -> None:
    """Copy the files of a bundle, its description last."""
    files = sorted(describe(source)["files"])
    for path in target.glob("*"):
        path.unlink()
    for name in (*files, "bundle.json"):
        write_bytes(target / name, (source / name).read_bytes())


def copied_model(params: Mapping[str, Any]) -> Path | None:
    """Bundle that a task copies, None where it fits a model."""
    return Path(params["bundle"]) if params.get("copied") else None
