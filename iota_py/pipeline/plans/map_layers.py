"""What the section `map` adds to a plan, and what is wrong with what it asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from iota_py.config.map_layers import MapLayers
from iota_py.config.schema import RunConfig
from iota_py.errors import Fault
from iota_py.grid.form import geobox_values
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory, Tile
from iota_py.pipeline.models.members import UNFUSED, asked
from iota_py.pipeline.plans.builder import Builder

CLASSES = 32  # taken for the memory of a window: the models that say how many there are do not exist yet
WINDOWED = ("probabilities", "uncertainty", "set_size", "boundary_fusion", "smoothing")  # keys that decide what a window holds


def window_settings(config: RunConfig, external: Mapping[str, str]) -> dict[str, Any]:
    """What decides the windows of a tile; empty without anything of the section that they are made of."""
    if config.map is None or not asked(config):
        return {}
    settings = config.map.model_dump(mode="json", include=set(WINDOWED))
    if not config.map.set_size:
        del settings["set_size"]  # a run without it is the one that it was
    settings |= {} if config.map.applicability is None else {"applicability": True}  # the spaces say the rest
    return {"map": settings, "regions": external.get("regions")}


def tile_outputs(config: RunConfig, tile: str) -> list[str]:
    """Rasters of a tile beside those of its runs."""
    wish = config.map or MapLayers()
    layers = {
        "buffers": wish.compares,
        "probabilities": wish.probabilities,
        "uncertainty": bool(wish.uncertainty),
        "applicability": wish.applicability is not None,
    }
    layers["set_size"] = wish.set_size
    return [paths.tile_layer(tile, layer) for layer, wanted in layers.items() if wanted]


def window_memory(config: RunConfig) -> int:
    """Bytes for each pixel: probabilities float32 of each run, twice where two maps are smoothed; logits; weights of regions."""
    if config.map is None or not asked(config):
        return 0
    runs = config.samples.split.runs * (2 if config.map.compares else 1)
    return CLASSES * (4 * runs + (24 if config.map.smoothing is not None else 0)) + (64 if config.map.boundary_fusion is not None else 0)


def vote_settings(config: RunConfig) -> dict[str, Any]:
    """What decides the fusion of draws, where that is not the vote of a run without the section."""
    if config.map is None or config.map.votes == MapLayers().votes:
        return {}
    return {"vote": config.map.votes}


def kept_share(config: RunConfig) -> dict[str, float]:
    """Share of the polygons that no draw sees, where the fused map is scored on some."""
    return {} if config.map is None or config.map.vote_kept is None else {"kept": config.map.vote_kept}


def scored_fusion(config: RunConfig) -> dict[str, Any]:
    """What decides the scores of the fused map, where it has some of its own."""
    if config.map is None or config.samples.split.runs == 1 or not config.samples.places:
        return {}
    return {"fused": {**config.map.votes, **kept_share(config)}}


def weight_tasks(build: Builder, config: RunConfig, assembled: Mapping[str, str]) -> tuple[str, ...]:
    """Tasks that say how far each draw is trusted; none where the majority decides, or there is one draw."""
    runs = config.samples.split.runs
    if config.map is None or config.map.vote == "majority" or runs == 1:
        return ()
    needs = ["selection", *assembled.values(), *(task.id for task in build.tasks.values() if task.stage == "annual")]
    return tuple(build.add(f"weigh/run_{run}", [paths.run_weights(run)], {"run": run}, needs) for run in range(runs))


def layer_tasks(build: Builder, config: RunConfig, inventory: Inventory, external: Mapping[str, str], needs: list[str]) -> list[str]:
    """The tasks that put the layers of the map together; needs: tasks of the tiles."""
    wish = config.map
    if wish is None:
        return []
    common = {"grid": geobox_values(inventory.grid), "tiles": [t.name for t in inventory.tiles], "nomenclature": external["nomenclature"]}
    made = []
    if wish.probabilities:
        made.append(build.add("layers/probabilities", [paths.PROBABILITIES], {**common, "layer": "probabilities"}, needs))
    for place, measure in enumerate(wish.uncertainty):
        outputs = [paths.uncertainty(measure), paths.uncertainty(measure).replace(".tif", ".qml")]
        params: dict[str, Any] = {**common, "layer": "uncertainty", "measure": measure, "place": place}
        made.append(build.add(f"layers/uncertainty_{measure}", outputs, params, needs))
    if wish.set_size:
        outputs = [paths.SET_SIZE, paths.SET_SIZE.replace(".tif", ".qml")]
        made.append(build.add("layers/set_size", outputs, {**common, "layer": "set_size"}, needs))
    if wish.compares:
        rasters = [paths.map_layer(UNFUSED[0]), paths.map_layer(UNFUSED[1]), paths.BOUNDARY_CHANGE]
        others = [*rasters[1:], *(name.replace(".tif", ".qml") for name in rasters[1:])]
        outputs = [*paths.class_map(rasters[0], config.languages), *others, paths.BOUNDARY, paths.BOUNDARY_SUMMARY]
        params = {**common, "layer": "boundary", "runs": config.samples.split.runs, "regions": external.get("regions")}
        params |= {"languages": list(config.languages), **vote_settings(config)}
        made.append(build.add("layers/boundary", outputs, params, [*needs, "mosaic/delivered"]))
    return made


def map_faults(config: RunConfig, inventory: Inventory | None, nomenclature: Nomenclature | None) -> list[Fault]:
    """E-MAP-001 no map of classes by pixels, E-MAP-002 probabilities of a late fusion, E-MAP-003 borders without two regions, E-MAP-004 borders on
    a grid that is not in metres, E-MAP-005 a variance of no class, E-MAP-006 a fusion of one draw, E-MAP-007 no polygons on the map to score it
    with, E-MAP-008 polygons kept from a split by place."""
    wish = config.map
    if wish is None:
        return []
    if config.samples.target is not None or not config.inputs or config.objects is not None:
        text = "only a map of the classes of pixels has these layers, and this run makes none"
        return [Fault("E-MAP-001", config.name, "map", text, "leave it out")]
    faults = []
    key = next((key for key in WINDOWED if getattr(wish, key)), None)
    if config.fusion is not None and key is not None:
        text = "not with `fusion`: the labels of its members are combined, and have no probabilities"
        faults.append(Fault("E-MAP-002", config.name, f"map.{key}", text, "leave one of them out"))
    if wish.boundary_fusion is not None:
        faults += _border_faults(config, inventory)
    return [*faults, *_variance_faults(config, wish, nomenclature), *_vote_faults(config, wish)]


def _vote_faults(config: RunConfig, wish: MapLayers) -> Iterator[Fault]:
    """What makes no sense in the fusion of draws."""
    usual, split = MapLayers(), config.samples.split
    changed = [key for key in ("vote", "weight", "undecided", "vote_kept") if getattr(wish, key) != getattr(usual, key)]
    if changed and split.runs == 1:
        text = "one draw has nothing to be fused with"
        yield Fault("E-MAP-006", config.name, f"map.{changed[0]}", text, "ask for several samples.split.runs, or leave it out")
    if wish.vote == "majority" and wish.weight != usual.weight:
        yield Fault("E-MAP-006", config.name, "map.weight", "the majority weighs nothing", "set vote to dempster-shafer, or leave it out")
    scored = [key for key in ("vote", "vote_kept") if key in changed]
    if scored and not config.samples.places:
        text = "it needs polygons on the map, and there are none"
        yield Fault("E-MAP-007", config.name, f"map.{scored[0]}", text, "give samples.polygons, or leave it out")
    if wish.vote_kept is not None and split.kind != "polygon":
        text = f"single polygons among those of a split by {split.kind} would not be apart from it"
        yield Fault("E-MAP-008", config.name, "map.vote_kept", text, "set samples.split.kind to polygon, or leave it out")


def _border_faults(config: RunConfig, inventory: Inventory | None) -> list[Fault]:
    place, fix = "map.boundary_fusion", "leave it out"
    if config.samples.regions is None:
        return [
            Fault("E-MAP-003", config.name, place, "there are no regions, so no borders between them", f"give samples.regions, or {fix}")
        ]
    if inventory is None:
        return []
    faults = []
    if len(inventory.regions) < 2:
        text = f"the tiles touch one region, {inventory.regions[0][1]}: there is no border"
        faults.append(Fault("E-MAP-003", config.name, place, text, fix))
    odd = [tile.name for tile in inventory.tiles if not _in_metres(tile)]
    if odd:
        text = f"its limits are in metres, and the grid of tile {', '.join(odd)} is not"
        faults.append(Fault("E-MAP-004", config.name, place, text, f"give products in a projected CRS, or {fix}"))
    return faults


def _in_metres(tile: Tile) -> bool:
    crs = tile.geobox.crs
    return crs is not None and [axis.unit_name for axis in crs.proj.axis_info[:2]] == ["metre", "metre"]


def _variance_faults(config: RunConfig, wish: MapLayers, nomenclature: Nomenclature | None) -> list[Fault]:
    named = wish.smoothing.variance if wish.smoothing is not None else None
    if nomenclature is None or not isinstance(named, dict):
        return []
    unknown = sorted(set(named) - set(nomenclature.codes))
    if not unknown:
        return []
    text = f"no class has code {', '.join(map(str, unknown))}; codes are {', '.join(map(str, nomenclature.codes))}"
    return [Fault("E-MAP-005", config.name, "map.smoothing.variance", text, "give codes of the nomenclature")]
