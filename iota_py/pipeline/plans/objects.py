"""The tasks that make segments, learn from them and classify them, in place of those of pixels."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from importlib.metadata import version
from typing import Any

from iota_py.config.objects import COMPACTNESS, SIZE, Objects
from iota_py.config.schema import RunConfig, dump
from iota_py.errors import ConfigError, Fault
from iota_py.grid.form import geobox_values
from iota_py.grid.windows import split
from iota_py.objects.slic import CELL
from iota_py.objects.statistics import object_names
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory, Tile
from iota_py.pipeline.models.members import run_layers
from iota_py.pipeline.models.places import places_of
from iota_py.pipeline.plans.builder import Builder, layers_document, series_digest
from iota_py.pipeline.plans.learning import learning_tasks, model_document, sample_tasks
from iota_py.pipeline.plans.tile import TileWork, bytes_per_pixel, tile_tasks
from iota_py.pipeline.reference.choices import without_tables
from iota_py.pipeline.reference.regions import learning_rules
from iota_py.pipeline.task import fingerprint

DATES = 4  # on which the default columns are taken
_IMAGE = 24  # bytes of a pixel and column while SLIC runs: float32 and the copies of the library


def object_tasks(
    build: Builder, config: RunConfig, inventory: Inventory, external: Mapping[str, str], footprints: Mapping[str, str]
) -> dict[str, str]:
    """Tasks from reference data to the rasters of each tile; by tile, the one that writes them."""
    wish = config.objects
    assert wish is not None
    pixel_models: dict[tuple[int, int], tuple[str, ...]] = {}
    if wish.by_pixel:
        pixel_models = learning_tasks(build, config, inventory, external, footprints)
    else:
        sample_tasks(build, config, inventory, external, footprints)
    made = {tile.name: _segments(build, config, inventory, tile, external, footprints) for tile in inventory.tiles}
    models = _models(build, config, inventory, external, made)
    return {tile.name: _tile_map(build, config, inventory, tile, (made, models, pixel_models), footprints) for tile in inventory.tiles}


def segment_columns(config: RunConfig, inventory: Inventory) -> tuple[str, ...]:
    """Columns that segments are made from, in the run's order; none for polygons that are given. ConfigError E-OBJ-002: no such column."""
    wish, names = config.objects, inventory.feature_names
    if wish is None or wish.given:
        return ()
    if not wish.features:
        return _default_columns(inventory)
    for asked in wish.features:
        if not any(fnmatchcase(name, asked) for name in names):
            text = f"no column is called `{asked}`; there are {len(names)}, such as {', '.join(names[:3])}"
            raise ConfigError(Fault("E-OBJ-002", config.name, "objects.features", text, "iota-py features CONFIG --list names them all"))
    return tuple(name for name in names if any(fnmatchcase(name, asked) for asked in wish.features))


def _default_columns(inventory: Inventory) -> tuple[str, ...]:
    """Indices (else bands) of the first series with dates, on dates in the middle of as many parts of it; where it has no such columns, all
    that it has; without a series with dates, all columns."""
    dated = [layer for layer in inventory.layers if layer.dates and layer.names]
    if not dated:
        return inventory.feature_names
    first = dated[0]
    number = min(DATES, len(first.dates))
    days = {first.dates[(2 * i + 1) * len(first.dates) // (2 * number)].isoformat() for i in range(number)}
    kinds = {name.lower() for name in first.indices.names} or {band.lower() for band in first.bands}
    chosen = [place.name for place in places_of([first]) if place.date in days and place.band in kinds]
    return tuple(chosen) or first.names


def slic_document(wish: Objects) -> dict[str, Any] | None:
    """Settings of SLIC with the version of what computes it, None for polygons that are given."""
    if wish.given:
        return None
    return {"size": wish.size or SIZE, "compactness": wish.compactness or COMPACTNESS, "version": version("scikit-image")}


def object_bytes(config: RunConfig, inventory: Inventory) -> int:
    """Bytes on disk for each pixel, beside its layers: numbers of segments twice, validity, and the sums and features of segments."""
    wish = config.objects
    if wish is None:
        return 0
    features, statistics = len(inventory.feature_names), len(wish.statistics)
    return 13 + features * (2 * 8 + 2 * statistics) // (wish.size or SIZE)


def _segments(
    build: Builder, config: RunConfig, inventory: Inventory, tile: Tile, external: Mapping[str, str], footprints: Mapping[str, str]
) -> str:
    """Tasks up to the segments of a tile with their features; the last of them."""
    wish, samples = config.objects, config.samples
    assert wish is not None
    common: dict[str, Any] = {
        "tile": tile.name,
        "series": [series_digest(s) for s in tile.series.values()],
        "layers": layers_document(inventory),
        "margin": 0 if inventory.one_lattice else 1,
        "slic": slic_document(wish),
        "statistics": list(wish.statistics),
        "regions": [external.get("regions"), samples.regions.layer, samples.regions.field] if samples.regions else None,
    }
    seen = [footprints[name] for name in (tile.name, *tile.above)]
    columns = segment_columns(config, inventory)
    if wish.given:
        params: dict[str, Any] = {"polygons": external["parcels"], "layer": wish.segments.layer, "grid": geobox_values(tile.geobox)}
        drawn = build.add(f"parcels/{tile.name}", paths.parcels(tile.name), {"tile": tile.name, **params})
    else:
        params = {key: common[key] for key in ("tile", "series", "layers")} | {"columns": list(columns)}
        drawn = build.add(f"contrast/{tile.name}", [paths.contrast(tile.name)], params, [footprints[tile.name], *build.stored[tile.name]])
    common["drawn"] = build.tasks[drawn].key
    per_pixel = bytes_per_pixel(tile, len(inventory.feature_names)) + len(columns) * _IMAGE
    cells = split(tile.geobox.shape, (CELL, CELL))
    places, parts = [(c.row, c.col, c.height, c.width) for c in cells], []
    shared = build.shared("segments", common, [drawn, *seen, *build.stored[tile.name]])
    for cell, place in zip(cells, places):
        name, files = f"{tile.name}/r{cell.row:06d}_c{cell.col:06d}", paths.cell(tile.name, cell.row, cell.col)
        parts.append(build.add_part(shared, name, files, ("cell", place), cell.pixels * per_pixel))
    outputs = [paths.segments(tile.name), paths.objects(tile.name), paths.tile_layer(tile.name, "validity")]
    return build.add(f"objects/{tile.name}", outputs, {**common, "cells": places}, [*parts, drawn, *seen])


def _models(
    build: Builder, config: RunConfig, inventory: Inventory, external: Mapping[str, str], made: Mapping[str, str]
) -> dict[tuple[int, int], str]:
    """Tasks from segments to models, by region and run."""
    wish, samples = config.objects, config.samples
    assert wish is not None
    settings = without_tables(dump(config)["samples"], external)
    found = []
    for tile in inventory.tiles:
        params = {"tile": tile.name, "purity": wish.purity, "minimum_validity": samples.minimum_validity, "split": settings["split"]}
        outputs = [paths.learning_segments(tile.name), paths.learning_objects(tile.name)]
        found.append(
            build.add(f"object_samples/{tile.name}", outputs, params, ["polygons", "split", f"candidates/{tile.name}", made[tile.name]])
        )
    chosen = {key: settings[key] for key in ("selection", "allow_lost_classes")} | {"seed": samples.split.seed, "runs": samples.split.runs}
    params = {"samples": chosen, "rules": learning_rules(config), "regions": inventory.regions, "nomenclature": external["nomenclature"]}
    selection = build.add("object_selection", [paths.OBJECT_SELECTION, paths.OBJECT_LEDGER], params, ["selection", *found])
    names = object_names(inventory.feature_names, wish.statistics)
    models = {}
    for region, _ in inventory.regions:
        for run in range(samples.split.runs):
            params = {
                "region": region,
                "run": run,
                "model": model_document(config),
                "seed": samples.split.seed + run,
                "features": fingerprint(names),
                "rules": learning_rules(config),
            }
            outputs = [paths.object_model(region, run)]
            models[region, run] = build.add(f"object_train/region_{region}_run_{run}", outputs, params, [selection, *found])
    return models


def _tile_map(
    build: Builder,
    config: RunConfig,
    inventory: Inventory,
    tile: Tile,
    made: tuple[Mapping[str, str], Mapping[tuple[int, int], str], Mapping[tuple[int, int], tuple[str, ...]]],
    footprints: Mapping[str, str],
) -> str:
    """Tasks that classify the segments of a tile, and its other pixels where that is asked for."""
    (segments, models, pixel_models), wish, runs = made, config.objects, config.samples.split.runs
    assert wish is not None
    own = [(region, run) for region in tile.regions for run in range(runs)]
    needs = [*(models[key] for key in own), segments[tile.name]]
    outputs = [paths.tile_layer(tile.name, layer, run) for run in range(runs) for layer in run_layers(config)]
    more = {"statistics": list(wish.statistics), "by_pixel": wish.by_pixel}
    if not wish.by_pixel:
        return build.add(f"object_map/{tile.name}", outputs, {"tile": tile.name, "runs": runs, **more}, needs)
    needs += [task for key in own for task in pixel_models[key]]
    needs += [footprints[name] for name in (tile.name, *tile.above)]
    return tile_tasks(build, inventory, tile, TileWork("predict", "object_map", tuple(outputs), tuple(needs), runs, more))
