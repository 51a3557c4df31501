"""Are the files of the products what they were? By SHA-256, for who does not trust size and time of change: a copy that keeps times, a disk that rots.

A run knows its inputs by path, size and time of change. Here their bytes are hashed and kept in `inventory/inputs.json`; a file that has
other bytes under the same size and time is told, and what was made of its tiles is forgotten, to be made again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from iota_py.config.schema import RunConfig
from iota_py.errors import Fault
from iota_py.io.publish import read_json, sha256, write_json
from iota_py.pipeline.inputs.sources import reading_code
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.lock import locked
from iota_py.pipeline.run import prepare
from iota_py.pipeline.state import State
from iota_py.products.product import Product, Series
from iota_py.products.store import observation_key, stored_files

FILE = "inventory/inputs.json"
Entry = tuple[int, int, str]  # size, time of change in ns, SHA-256


@dataclass(frozen=True)
class Hashed:
    """What was found. files, size: how many were hashed, and their bytes. changed: one fault for each that has other bytes than before."""

    files: int
    size: int
    changed: tuple[Fault, ...]


def verify_inputs(config: RunConfig, *, forget: bool) -> Hashed:
    """Hash every local file of the products of a configuration and compare with the last time.

    forget: take note of the hashes, and remove the markers of all that was made of tiles with changed files. Else nothing is written.
    """
    inventory, plan = prepare(config)
    known = _known(config.output / FILE)
    found = dict(_hashed(inventory, config.engine.worker_count))
    changed = {path for path, entry in found.items() if path in known and known[path][:2] == entry[:2] and known[path][2] != entry[2]}
    if forget:
        with locked(config.output):
            tiles = set(_forget_stored(config, inventory, changed))
            state = State(config.output)
            for task in plan.tasks:
                if tiles.intersection(task.id.split("/")):
                    state.forget(task)
            write_json(config.output / FILE, {path: list(entry) for path, entry in sorted(found.items())})
    text = "other bytes than when it was last hashed, under the same size and time of change"
    fix = "iota-py run CONFIG --verify-inputs makes again what was made of it"
    faults = tuple(Fault("E-PRD-071", path, "sha256", text, "" if forget else fix) for path in sorted(changed))
    return Hashed(len(found), sum(size for size, _, _ in found.values()), faults)


def _known(path: Path) -> dict[str, Entry]:
    """Hashes of the last time; none where the file is missing or damaged."""
    try:
        return {str(name): (int(size), int(time), str(digest)) for name, (size, time, digest) in read_json(path).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _hashed(inventory: Inventory, workers: int) -> Iterator[tuple[str, Entry]]:
    files: Mapping[str, tuple[int, int]] = {
        path: (size, time) for _, product in _products(inventory) for path, size, time in product.fingerprint if Path(path).is_file()
    }
    with ThreadPoolExecutor(workers) as pool:
        for (path, (size, time)), digest in zip(files.items(), pool.map(sha256, files)):
            yield path, (size, time, digest)


def _products(inventory: Inventory) -> Iterator[tuple[Series, Product]]:
    for one in (inventory, *(season.inventory for season in inventory.seasons)):
        for tile in one.tiles:
            for series in tile.series.values():
                yield from ((series, product) for pieces in series.observations for product in pieces)


def _forget_stored(config: RunConfig, inventory: Inventory, changed: set[str]) -> Iterator[str]:
    """Tiles with a changed file, whose decoded copies are removed from the store."""
    for series, product in _products(inventory):
        if not changed.intersection(path for path, _, _ in product.fingerprint):
            continue
        yield series.tile
        if config.engine.store is not None:
            index = next(i for i, pieces in enumerate(series.observations) if product in pieces)
            for file in stored_files(config.engine.store, series.tile, observation_key(series, index, reading_code())):
                file.unlink(missing_ok=True)
