"""The data sets of a run, as MLflow shows them."""

from __future__ import annotations

from pathlib import Path

from iota_py.config.schema import RunConfig
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.records.manifest import reference_content
from iota_py.pipeline.task import fingerprint
from iota_py.tracking.record import DatasetRecord


def datasets_of(config: RunConfig, inventory: Inventory) -> tuple[DatasetRecord, ...]:
    """The reference files, twice: for learning and for validation; then the series of each tile."""
    found = []
    for path, digest in reference_content(config).items():
        if path != str(config.nomenclature):
            for context in ("learning", "validation"):
                found.append(DatasetRecord(Path(path).name, path, digest, context))
    places = {layer.input: layer.place for layer in inventory.layers}
    for tile in inventory.tiles:
        for name, series in tile.series.items():
            products = [p for pieces in series.observations for p in pieces]
            digest = fingerprint([[p.id, p.fingerprint] for p in products])
            profile = {"acquisitions": len(products), "first": str(series.dates[0]), "last": str(series.dates[-1])}
            found.append(DatasetRecord(f"{name}_{tile.name}", places[name], digest, "input", profile))
    return tuple(found)
