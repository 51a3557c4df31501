"""The tasks that map one tile, whatever is mapped: one for each window, and one that puts the windows together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory, Tile
from iota_py.pipeline.plans.builder import Builder, layers_document, series_digest


@dataclass(frozen=True)
class TileWork:
    """What is made of a tile. windows, whole: stages. outputs: rasters of the whole. needs: models and footprints.

    runs: draws. more: further parameters that decide the bytes. per_pixel: bytes of memory beside observations and features. beside: whether
    windows have a second file, of thousandths. applies: whether they have one of where models apply.
    """

    windows: str
    whole: str
    outputs: tuple[str, ...]
    needs: tuple[str, ...]
    runs: int
    more: Mapping[str, Any] = field(default_factory=dict)
    per_pixel: int = 0
    beside: bool = False
    applies: bool = False


def tile_tasks(build: Builder, inventory: Inventory, tile: Tile, work: TileWork) -> str:
    """Add the tasks; the one of the whole tile."""
    common = {
        "tile": tile.name,
        "series": [series_digest(s) for s in tile.series.values()],
        "layers": layers_document(inventory),
        "runs": work.runs,
        "margin": 0 if inventory.one_lattice else 1,
        **work.more,
    }
    per_pixel = bytes_per_pixel(tile, len(inventory.feature_names)) + work.per_pixel
    shared, places = build.shared(work.windows, common, work.needs), [(w.row, w.col, w.height, w.width) for w in tile.windows]
    made = [paths.window, *([paths.window_shares] if work.beside else []), *([paths.window_applicability] if work.applies else [])]
    windows = []
    for window, place in zip(tile.windows, places):
        name, outputs = f"{tile.name}/r{window.row:06d}_c{window.col:06d}", tuple(path(tile.name, window.row, window.col) for path in made)
        windows.append(build.add_part(shared, name, outputs, ("window", place), window.pixels * per_pixel))
    needs = [*windows, *work.needs, *build.stored[tile.name]]
    return build.add(f"{work.whole}/{tile.name}", work.outputs, common, needs, aside={"windows": places})


def bytes_per_pixel(tile: Tile, columns: int) -> int:
    """Observations as int16 with their validity, features as int16, and what a library forest needs (float32)."""
    observed = sum(len(s.observations) * (2 * len(s.bands) + 1) for s in tile.series.values())
    return observed + columns * 6
