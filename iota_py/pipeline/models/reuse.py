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
from iota_py.io.publish import read_json, sha256, write_bytes, write_json
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.models.alignment import years_apart
from iota_py.pipeline.models.profiles import profile_beside
from iota_py.pipeline.plans.builder import Builder
from iota_py.tracking.location import default_uri
from iota_py.tracking.registry import REGISTRY, Version, registered_models, resolve
from iota_py.training.bundle import check_files, describe, difference_of_names

_WHERE = "model.from"
Found = Mapping[tuple[str, int], Path]


def reused(config: RunConfig) -> Found:
    """Folders of the bundles of the run that the configuration names, by name of region and run; nothing where it names none.

    A name of MLflow's registry is looked up in the store of the run's tracking and its models fetched, once. InputError E-REU-001: no such
    run, or no model in it; errors of `registered_models`.
    """
    if config.reuse is None:
        return {}
    version = registered_version(config)
    folder = Path(config.reuse) / "models" if version is None else registered_models(_store(config), version)
    bundles = sorted(folder.glob("region_*/bundle.json"))
    if not bundles:
        text = f"expected the folder of a run with one model for each region and run, found none in {folder}"
        raise InputError(Fault("E-REU-001", str(config.reuse), _WHERE, text, "name the `output` of a run whose models are there"))
    found = {}
    for path in bundles:
        extra = describe(path.parent)["extra"]
        found[str(extra["region"]), int(extra["run"])] = path.parent
    return found


def registered_version(config: RunConfig) -> Version | None:
    """The version that a name of MLflow's registry stands for now, in the store of the run's tracking; None for the folder of a run."""
    return resolve(_store(config), config.reuse) if config.reuse is not None and config.reuse.startswith(REGISTRY) else None


def moved_sentence(root: Path, inventory: Inventory) -> str:
    """What to say of an alias that stands for another version than when this run was begun; empty where it does not."""
    path = root / paths.MODEL_VERSION
    before, now = dict(read_json(path)) if path.exists() else {}, inventory.version
    if now is None or not before or before["name"] != now["name"] or before["version"] == now["version"]:
        return ""
    alias = f"alias {now['alias']} of {now['name']}" if now["alias"] else f"model.from of {now['name']}"
    return (
        f"{alias} was version {before['version']} when this run was begun and is version {now['version']} now: what its models make is "
        f"done again; to keep the former, write model: {{from: models:/{now['name']}/{before['version']}}}"
    )


def note_version(root: Path, inventory: Inventory) -> None:
    """Keep the version of the registered model that a run uses, for the report, the record, and the next time it is run."""
    if inventory.version is not None:
        write_json(root / paths.MODEL_VERSION, dict(inventory.version))
    else:
        (root / paths.MODEL_VERSION).unlink(missing_ok=True)


def version_provenance(root: Path) -> dict[str, str]:
    """The registered model that a run maps with, for its report; nothing for other runs."""
    path = root / paths.MODEL_VERSION
    if not path.exists():
        return {}
    found = read_json(path)
    alias = f" ({found['alias']})" if found["alias"] else ""
    return {"registered model": f"{found['name']} version {found['version']}{alias}, MLflow run {found['run']}"}


def _store(config: RunConfig) -> str:
    return config.tracking.uri or default_uri(config.output.parent)


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
        try:
            check_files(folder)
        except InputError as error:
            yield from error.faults
        if years_apart(description["names"], names) is None:
            text = difference_of_names(tuple(description["names"]), names)
            fix = "map with the inputs, dates and features of the training; of another year, with its period moved by whole years"
            yield Fault("E-MOD-003", str(folder), "names", text, fix)
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
    wanted = _wanted(config, inventory, reused(config))
    described = {place: describe(folder) for place, folder in wanted.items()}
    names = {tuple(one["names"]) for one in described.values()} - {inventory.feature_names}
    files = {region: profile_beside(folder) for (region, run), folder in wanted.items() if run == 0}
    version = registered_version(config)
    noted = None if version is None else {"name": version.name, "version": version.number, "run": version.run, "alias": version.alias}
    return replace(
        inventory,
        version=noted,
        reused=tuple((*place, str(folder), described[place]["files"]) for place, folder in wanted.items()),
        model_names=names.pop() if names else (),
        profiles=tuple((region, str(path), sha256(path)) for region, path in files.items() if path is not None),
    )


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
