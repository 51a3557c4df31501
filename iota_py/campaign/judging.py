"""The gates of one order: numbers read from its run and from the maps that it is held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import shapely

from iota_py.campaign.gates import DRIFT, HELD, Before, Gate, accuracy_gate, dates_gate, drift_gate, nodata_gate, verify_gate
from iota_py.campaign.orders import Book, Order
from iota_py.campaign.store import Row
from iota_py.config.campaign import AccuracyGate, ClassDrift
from iota_py.config.schema import RunConfig
from iota_py.errors import IotaError
from iota_py.grid.parts import outline
from iota_py.io.publish import read_json
from iota_py.io.raster import count_values
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory, load_nomenclature
from iota_py.pipeline.verification.verify import verify

CLASSES = paths.map_layer("classification")
VALIDITY = paths.map_layer("validity")


def facts_of(root: Path, inventory: Inventory) -> dict[str, Any]:
    """Numbers of a map, plain: `covered` pixels of the tiles, `classes` and `validity` as value -> pixels without those of none, and `scores`."""
    return {
        "covered": _covered(inventory),
        "classes": _counted(root / CLASSES),
        "validity": _counted(root / VALIDITY),
        "scores": {measure: _score(root, measure) for measure in ("overall_accuracy", "kappa", "f1_macro")},
    }


def judge(book: Book, order: Order, config: RunConfig, facts: Mapping[str, Any], before: Row | None) -> tuple[Gate, ...]:
    """Every gate of an order. before: the last delivered order of its place and an earlier year."""
    wish, found = order.gates, []
    classes = _numbers(facts["classes"])
    if wish.nodata is not None:
        found.append(nodata_gate(classes, facts["covered"], wish.nodata))
    if wish.clear_dates is not None:
        found.append(dates_gate(_numbers(facts["validity"]), facts["covered"], wish.clear_dates))
    if wish.drift is not None:
        found.append(_drift(book, order, config, classes, wish.drift, before))
    if wish.accuracy is not None:
        found.append(_accuracy(book, order, facts, wish.accuracy))
    if wish.verify != "off":
        found.append(verified(config.output, quick=wish.verify == "quick"))
    return tuple(found)


def verified(root: Path, *, quick: bool) -> Gate:
    """Whether every file of a run is what was written."""
    try:
        verdict = verify(root, quick=quick)
    except IotaError as error:
        return verify_gate([fault.line() for fault in error.faults], 0)
    return verify_gate([fault.line() for fault in verdict.faults], verdict.files)


def plain(gates: tuple[Gate, ...]) -> list[dict[str, Any]]:
    """Gates as plain values."""
    return [asdict(one) for one in gates]


def _drift(book: Book, order: Order, config: RunConfig, classes: Mapping[int, int], wish: ClassDrift, row: Row | None) -> Gate:
    before = None if row is None else Before(row.name, _numbers(row.facts.get("classes", {})))
    if wish.against != "previous":
        folder = _folder(book, order, wish.against)
        if not (folder / CLASSES).is_file():
            return Gate(DRIFT, HELD, None, wish.total_variation, f"{folder} has no {CLASSES} to compare with")
        before = Before(folder.name, _numbers(_counted(folder / CLASSES)))
    names = {one.code: one.label() for one in load_nomenclature(config).classes}
    return drift_gate(classes, before, wish, names)


def _accuracy(book: Book, order: Order, facts: Mapping[str, Any], wish: AccuracyGate) -> Gate:
    score = facts["scores"].get(wish.measure)
    if isinstance(wish.champion, float):
        return accuracy_gate(score, wish.champion, "the champion", wish)
    folder = _folder(book, order, wish.champion)
    return accuracy_gate(score, _score(folder, wish.measure), folder.name, wish)


def _folder(book: Book, order: Order, text: str) -> Path:
    return (book.path.resolve().parent / order.filled(text)).resolve()


def _score(root: Path, measure: str) -> float | None:
    try:
        value = read_json(root / paths.METRICS)[measure]["mean"]
        return None if value is None else float(value)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _covered(inventory: Inventory) -> int:
    """Pixels of the map's grid inside the tiles; where tiles overlap a pixel counts once."""
    grid = inventory.grid
    area = shapely.union_all([outline(tile.geobox, grid) for tile in inventory.tiles]).area
    return min(int(grid.shape[0]) * int(grid.shape[1]), round(area / abs(grid.transform.a * grid.transform.e)))


def _counted(path: Path) -> dict[str, int]:
    return {str(value): int(pixels) for value, pixels in enumerate(count_values(str(path))) if value and pixels}


def _numbers(counts: Mapping[str, int]) -> dict[int, int]:
    return {int(value): int(pixels) for value, pixels in counts.items()}
