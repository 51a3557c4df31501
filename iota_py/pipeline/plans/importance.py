"""The tasks that say what features are worth, and what is wrong with what is asked of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from iota_py.config.schema import RunConfig, dump
from iota_py.errors import Fault
from iota_py.grid.form import geobox_values
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.models.reduced import columns_document
from iota_py.pipeline.plans.builder import Builder, layers_document, series_digest
from iota_py.pipeline.plans.importance_results import importance_outputs
from iota_py.pipeline.task import Task
from iota_py.training.importance import OWN, SHAP, SHAP_EXTRA, shap_installed


def importance_tasks(
    build: Builder, config: RunConfig, inventory: Inventory, external: Mapping[str, str], trains: Mapping[tuple[int, int], tuple[str, ...]]
) -> list[str]:
    """Studies of the models, where asked for, and the tables and figures; none where there is nothing to say."""
    asked, seed = config.importance, config.samples.split.seed
    models = [build.tasks[name] for names in trains.values() for name in names if build.tasks[name].stage in ("train", "regress")]
    listed = [[one.outputs[0], one.params["region"], one.params["run"], _name(one)] for one in models]
    own = listed if config.model.kind in OWN else []
    studies = []
    if asked.held_out:
        limits = {
            "pixels_per_class": asked.pixels_per_class,
            "shap_pixels_per_class": asked.shap_pixels_per_class,
            "repeats": asked.repeats,
        }
        held_out = _held_out(build, config, inventory)
        for one in models:
            run = one.params["run"]
            params = {
                "region": one.params["region"], "run": run, "folder": one.outputs[0], "name": _name(one), "permutation": asked.permutation, "shap": asked.shap,
                "seed": seed + run, **limits, **columns_document(config, inventory),
            }  # fmt: skip
            name = one.id.removeprefix("train/")
            studies.append(build.add(f"importance/{name}", [paths.study(one.outputs[0])], params, [one.id, *held_out]))
    if asked.elimination is not None:
        studies.append(_elimination(build, config, inventory, models))
    if not own and not studies:
        return []
    params = {
        "models": own, "permutation": asked.permutation, "shap": asked.shap, "elimination": asked.elimination is not None,
        "studies": [one.outputs[0] for one in models] if asked.held_out else [],
        "regions": inventory.regions, "layers": layers_document(inventory), "nomenclature": external["nomenclature"],
    }  # fmt: skip
    return [build.add("importance_tables", importance_outputs(config), params, [*(one.id for one in models), *studies])]


def _name(train: Task) -> str:
    """Name of a model among those of its region and run: of a member or a part, "" where it is the only one."""
    return train.outputs[0].removeprefix(paths.model(train.params["region"], train.params["run"])).lstrip("/_")


def _held_out(build: Builder, config: RunConfig, inventory: Inventory) -> list[str]:
    """Tasks that give validation pixels their features; those of a table of samples have them."""
    if config.samples.table is not None:
        return ["selection/table"]
    settings = {"pixels_per_class": config.importance.pixels_per_class, "seed": config.samples.split.seed}
    made = []
    for tile in inventory.tiles:
        params = {
            "tile": tile.name,
            "series": [series_digest(s) for s in tile.series.values()],
            "layers": layers_document(inventory),
            **settings,
        }
        needs = ["selection", *build.stored[tile.name]]
        made.append(build.add(f"held_out/{tile.name}", [paths.held_out(tile.name)], {**params, "grid": geobox_values(tile.geobox)}, needs))
    return made


def _elimination(build: Builder, config: RunConfig, inventory: Inventory, models: Sequence[Task]) -> str:
    params = {
        **{key: value for key, value in models[0].params.items() if key not in ("region", "run", "part", "parts")},
        "elimination": dump(config)["importance"]["elimination"],
        "pixels_per_class": config.importance.pixels_per_class,
        "seed": config.samples.split.seed,
        "regions": inventory.regions,
    }
    samples = dict.fromkeys(need for one in models if one.params["run"] == 0 for need in one.needs)
    return build.add("importance/elimination", [paths.ELIMINATION, paths.COLUMNS], params, samples)


def importance_faults(config: RunConfig) -> list[Fault]:
    """What cannot be done: E-IMP-001 SHAP of forests without its package, E-IMP-002 SHAP of another kind, E-IMP-003 elimination of
    components, E-IMP-004 studies of the members of a fusion, E-IMP-005 studies on validation pixels where there are none,
    E-IMP-007 elimination without models of one's own."""
    asked, kind, faults = config.importance, config.model.kind, []
    if config.reuse is not None:
        if asked.elimination is not None:
            text = "elimination fits models, and those of another run are used as they are"
            faults.append(Fault("E-IMP-007", config.name, "importance.elimination", text, "leave it out, or train models here"))
    elif asked.shap and kind not in SHAP:
        text = f"there are no SHAP values of {kind}"
        faults.append(Fault("E-IMP-002", config.name, "importance.shap", text, f"use one of {', '.join(SHAP)}, or permutation"))
    elif asked.shap and kind in SHAP_EXTRA and not shap_installed():
        fix = "pip install 'iota-py[shap]', or importance.shap: false"
        faults.append(Fault("E-IMP-001", config.name, "importance.shap", "the package shap is not installed", fix))
    if asked.elimination is not None and config.reduction is not None:
        text = "columns are eliminated from features, and `reduction` makes others of them"
        faults.append(Fault("E-IMP-003", config.name, "importance.elimination", text, "leave one of them out"))
    if asked.held_out and config.samples.polygons is None and config.samples.table is None:
        text = "permutation and SHAP look at validation pixels of the year that is mapped, and it has no polygons"
        faults.append(Fault("E-IMP-005", config.name, "importance", text, "give samples.polygons, or leave them out"))
    if config.fusion is not None and (asked.held_out or asked.elimination is not None):
        text = "permutation, SHAP and elimination look at one model, a fusion has several"
        faults.append(Fault("E-IMP-004", config.name, "importance", text, "study each member in a run of its own"))
    return faults
