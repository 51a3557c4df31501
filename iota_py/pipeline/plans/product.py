"""The tasks that make the packages and the catalogue, and what is wrong with what is asked of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from iota_py.config.map_layers import MapLayers
from iota_py.config.schema import RunConfig, dump
from iota_py.delivery.naming import MAP_LAYERS
from iota_py.errors import Fault
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.models.members import UNFUSED
from iota_py.pipeline.plans.builder import Builder, series_digest, without_paths
from iota_py.pipeline.reference.choices import without_tables
from iota_py.pipeline.stages import ROOMS
from iota_py.pipeline.task import Task, code_digest

# Keys of the configuration that say nothing of the method: names, places, what is only reported or handed over.
_ASIDE = (
    "name",
    "title",
    "output",
    "tracking",
    "engine",
    "limits",
    "tiles",
    "product",
    "catalogue",
    "importance",
    "assessment",
    "languages",
)


def delivery_tasks(build: Builder, config: RunConfig, inventory: Inventory, external: Mapping[str, str]) -> list[str]:
    """The task of the packages and that of the catalogue, those that are asked for."""
    made = [] if config.product is None else [_package_task(build, config, inventory, external)]
    if wants_catalogue(config):
        made.append(_catalogue_task(build, config, inventory, external, made))
    return made


def wants_catalogue(config: RunConfig) -> bool:
    """Whether there is to be a catalogue: where it is asked for, or where there are packages and nothing else is said."""
    return config.product is not None if config.catalogue is None else config.catalogue


def delivery_faults(config: RunConfig) -> list[Fault]:
    """E-PKG-001 no map of classes to hand over, E-PKG-002 a layer that the run does not make, E-CAT-001 no map to catalogue."""
    if config.samples.target is None and config.inputs:
        return _layer_faults(config)
    text, fix = "only a map of classes is handed over, and this run makes none", "leave it out"
    faults = [] if config.product is None else [Fault("E-PKG-001", config.name, "product", text, fix)]
    return [*faults, Fault("E-CAT-001", config.name, "catalogue", text, fix)] if config.catalogue else faults


def known_layers(config: RunConfig) -> list[str]:
    """Layers of the delivered map that a run of classes makes: `map/<layer>.tif`, those of single runs aside."""
    wish = config.map or MapLayers()
    further = {
        "choice": config.fusion is not None,
        "regularised": config.regularisation is not None,
        "probabilities": wish.probabilities,
        "set_size": wish.set_size,
        **dict.fromkeys((*UNFUSED, "boundary_change"), wish.compares),
        **dict.fromkeys(("applicability", "dissimilarity"), wish.applicability is not None),
        **{f"uncertainty_{measure}": True for measure in wish.uncertainty},
    }
    return [*MAP_LAYERS, *sorted(layer for layer, made in further.items() if made)]


def _layer_faults(config: RunConfig) -> list[Fault]:
    known = known_layers(config)
    unknown = [] if config.product is None else [layer for layer in config.product.layers if layer not in known]
    if not unknown:
        return []
    text = f"no layer {', '.join(f'`{layer}`' for layer in unknown)} is made; there are {', '.join(known)}"
    return [Fault("E-PKG-002", config.name, "product.layers", text, "name one of these, or ask for the section that makes it")]


def _package_task(build: Builder, config: RunConfig, inventory: Inventory, external: Mapping[str, str]) -> str:
    assert config.product is not None
    vectors = _vector_tasks(build)
    layers, needs = _layers(build, (*MAP_LAYERS, *config.product.layers))
    legends = _legends(build)
    params = {
        "product": {key: value for key, value in dump(config)["product"].items() if key != "releases"},
        "title": config.title or config.name,
        "layers": layers,
        "legends": list(legends),
        "languages": list(config.languages),
        "nomenclature": external["nomenclature"],
        "period": _period(config, inventory),
        "fingerprints": fingerprints(build, config, inventory, external, [*needs, *vectors]),
    }
    makers = [*needs, *vectors, *legends.values()]
    return build.add("package", [paths.PRODUCT], params, ["summary", *makers], aside={"makers": makers})


def _catalogue_task(build: Builder, config: RunConfig, inventory: Inventory, external: Mapping[str, str], packages: list[str]) -> str:
    layers, maps = _layers(build, map_layers(build))
    models = [task for task in build.kept if _models_of(task)]
    legends = _legends(build)
    params = {
        "title": config.title or config.name,
        "layers": layers,
        "legends": list(legends),
        "nomenclature": external["nomenclature"],
        "period": _period(config, inventory),
        "packaged": config.product is not None,
        "models": sorted(name for task in models for name in _models_of(task)),
    }
    makers = [*maps, *_vector_tasks(build), *legends.values(), *(task.id for task in models)]
    return build.add("catalogue", [paths.CATALOGUE], params, ["summary", *makers, *packages], aside={"makers": makers})


def _vector_tasks(build: Builder) -> list[str]:
    return [task.id for task in build.kept if any(_top(name) == paths.VECTOR for name in task.outputs)]


def _legends(build: Builder) -> dict[str, str]:
    """Pictures of the legend, and the task that draws each."""
    stem = PurePosixPath(paths.LEGEND).stem
    return {name: task.id for task in build.kept for name in task.outputs if PurePosixPath(name).name.startswith(f"{stem}.")}


def map_layers(build: Builder) -> list[str]:
    """Layers of the delivered map that the run makes: `map/<layer>.tif`, those of single runs aside."""
    places = [PurePosixPath(name) for task in build.kept for name in task.outputs]
    found = [place.stem for place in places if place.parent == PurePosixPath("map") and place.suffix == ".tif"]
    return [*MAP_LAYERS, *sorted(set(found) - set(MAP_LAYERS))]


def _layers(build: Builder, wanted: Iterable[str]) -> tuple[list[list[str]], list[str]]:
    """Layer, its raster and the files beside it, for each layer; and the tasks that make them. `delivery_faults` has refused unknown ones."""
    makers = {name: task.id for task in build.kept for name in task.outputs}
    layers, needs = [], []
    for layer in wanted:
        name = paths.map_layer(layer)
        beside = sorted(other for other in build.tasks[makers[name]].outputs if other != name and other.startswith(f"map/{layer}."))
        layers.append([layer, name, *beside])
        needs.append(makers[name])
    return layers, list(dict.fromkeys(needs))


def fingerprints(
    build: Builder, config: RunConfig, inventory: Inventory, external: Mapping[str, str], needs: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """What tells one delivery from another. code: digest of the source of each stage that decides the files. settings: by key, of the classes
    too. inputs: digest of each series of each tile. reference: digests of the files beside the products.

    needs: the tasks whose outputs are handed over.
    """
    stages = {build.tasks[task].stage for task in _closure(build, needs)}
    settings = {key: value for key, value in dump(config).items() if key not in _ASIDE}
    flat = _flat(without_paths(without_tables(settings, external)))
    excluded = {key: value for key, value in flat.items() if key.endswith(".exclude_dates")}
    return {
        "code": {stage: code_digest(ROOMS[stage]) for stage in sorted(stages)},
        "settings": {**{k: v for k, v in flat.items() if k not in excluded}, "nomenclature": external["nomenclature"]},
        "inputs": {**{f"{t.name} {name}": series_digest(s) for t in inventory.tiles for name, s in t.series.items()}, **excluded},
        "reference": {_short(key): value for key, value in sorted(external.items()) if key != "nomenclature"},
    }


def _closure(build: Builder, needs: Iterable[str]) -> set[str]:
    """These tasks and all that they need."""
    found, followed = set[str](), set[tuple[str, ...]]()
    waiting = list(needs)
    while waiting:
        task = waiting.pop()
        found.add(task)
        more = build.tasks[task].needs
        if more not in followed:  # windows of a tile need the same
            followed.add(more)
            waiting += [need for need in more if need not in found]
    return found


def _period(config: RunConfig, inventory: Inventory) -> list[str]:
    """First and last day of what was seen: the period that is asked for, else that of the acquisitions; of a year without any, the year."""
    dates = [date for tile in inventory.tiles for series in tile.series.values() if series.kind != "static" for date in series.dates]
    year = config.product.year if config.product is not None else None
    first = config.period.start or min(dates, default=None) or (f"{year}-01-01" if year else "")
    last = config.period.end or max(dates, default=None) or (f"{year}-12-31" if year else "")
    return [str(first), str(last)]


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(value, dict) or not value:
        return {prefix: value}
    found: dict[str, Any] = {}
    for key, item in value.items():
        found |= _flat(item, f"{prefix}.{key}" if prefix else str(key))
    return found


def _models_of(task: Task) -> list[str]:
    """Folders of models that a task makes."""
    return [name for name in task.outputs if _top(name) == paths.MODELS and not PurePosixPath(name).suffix]


def _short(name: str) -> str:
    """The name of a digest, without the folder of the file that it may be of."""
    word, _, path = name.partition(" ")
    return f"{word} {PurePosixPath(path).name}" if path else name


def _top(name: str) -> str:
    return name.split("/")[0]
