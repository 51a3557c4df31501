"""The tasks from reference data to models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iota_py.config.schema import RunConfig, dump
from iota_py.grid.form import geobox_values
from iota_py.pipeline import paths
from iota_py.pipeline.builder import Builder, layers_document, series_digest, without_paths
from iota_py.pipeline.inventory import Inventory, Tile
from iota_py.pipeline.task import fingerprint
from iota_py.training.trainers import choose_trainer


def learning_tasks(
    build: Builder, config: RunConfig, inventory: Inventory, external: Mapping[str, str], footprints: Mapping[str, str]
) -> dict[tuple[int, int], str]:
    """Tasks up to the models; the training task of each (region, run)."""
    samples, settings = config.samples, dump(config)["samples"]
    runs = range(samples.split.runs)
    if samples.table is not None:
        params = {
            "samples": without_paths(settings),
            "table": external["table"],
            "nomenclature": external["nomenclature"],
            "layers": layers_document(inventory),
        }
        selection = build.add("selection/table", [paths.TABLE_SAMPLES, paths.SPLIT, paths.LEDGER, paths.LOSSES], params)
        extracted = [selection]
    else:
        tiles = [[t.name, geobox_values(t.geobox)] for t in inventory.tiles]
        params = {
            "samples": {k: v for k, v in without_paths(settings).items() if k in ("layer", "label", "ignore", "regions")},
            "files": [external["polygons"], external.get("regions"), external["nomenclature"]],
            "tiles": tiles,
        }
        polygons = build.add("polygons", [paths.POLYGONS, paths.DROPS], params)
        pixels = [_candidates(build, tile, polygons, footprints) for tile in inventory.tiles]
        drawn = {key: settings[key] for key in ("split", "minimum_validity")}
        split = build.add("split", [paths.SPLIT], {"samples": drawn}, [polygons, *pixels])
        chosen = {key: settings[key] for key in ("selection", "minimum_validity", "allow_lost_classes")} | {"seed": samples.split.seed}
        selection = build.add("selection", [paths.SELECTION, paths.LEDGER, paths.LOSSES], {"samples": chosen}, [polygons, *pixels, split])
        extracted = [_samples(build, inventory, tile, selection) for tile in inventory.tiles]
    model = _model(config)
    trains = {}
    for region, _ in inventory.regions:
        for run in runs:
            params = {
                "region": region,
                "run": run,
                "model": model,
                "seed": samples.split.seed + run,
                "features": fingerprint(inventory.feature_names),
            }
            trains[region, run] = build.add(f"train/region_{region}_run_{run}", [paths.model(region, run)], params, extracted)
    return trains


def _model(config: RunConfig) -> dict[str, Any]:
    """Settings of the model, with the library that will fit it and its version where the configuration says which is wished for."""
    trainer = choose_trainer(config.model)
    return {**dump(config)["model"], "trainer": [trainer.name, trainer.version]}


def _candidates(build: Builder, tile: Tile, polygons: str, footprints: Mapping[str, str]) -> str:
    params = {"tile": tile.name, "series": [series_digest(s) for s in tile.series.values()], "above": tile.above}
    needs = [polygons, footprints[tile.name], *(footprints[name] for name in tile.above), *build.stored[tile.name]]
    return build.add(f"candidates/{tile.name}", [paths.candidates(tile.name)], params, needs)


def _samples(build: Builder, inventory: Inventory, tile: Tile, selection: str) -> str:
    params = {"tile": tile.name, "series": [series_digest(s) for s in tile.series.values()], "layers": layers_document(inventory)}
    return build.add(f"samples/{tile.name}", [paths.features(tile.name)], params, [selection, *build.stored[tile.name]])
