"""What the store of decoded acquisitions costs and gains: disk, the time to fill it, and reading from it against reading the products.

    python experiments/performance/store.py [--rounds 7]

A small tile (1024 × 2048 pixels, 6 dates) is written as products in each layout, its observations go to a store by the chain's own task,
and all windows are read in turn from both. Processor seconds of one core; files are in the system's cache.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from iota_py.bench.reading import BLOCK_CACHE
from iota_py.bench.scale import FULL
from iota_py.bench.tile import LAYOUTS, NAME, settings_of_input, tile_series, write_tile_products
from iota_py.config.schema import RunConfig, dump
from iota_py.grid.windows import Window, split, window_size
from iota_py.io.decoding import small_block_cache
from iota_py.io.documents import yaml_text
from iota_py.io.publish import write_text
from iota_py.io.raster import read_header
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import take_inventory
from iota_py.pipeline.steps.store import write_observation
from iota_py.pipeline.workspace import Workspace, write_inventory
from iota_py.products.product import Series
from iota_py.products.reader import read_cube


def measure(layout: str, rounds: int) -> tuple[str, ...]:
    """One line of the table."""
    with tempfile.TemporaryDirectory(prefix="iota-py-store-") as place:
        root = Path(place)
        write_tile_products(root / "products", FULL, layout)
        native = tile_series(root / "products")
        workspace, spent = filled(root)
        stored = workspace.sources(NAME)[0].series
        pairs = [(native, windows(native)), (stored, windows(stored))]
        times: list[list[float]] = [[], []]
        with small_block_cache(BLOCK_CACHE):  # else nothing is decoded but once
            for _ in range(rounds + 1):
                for (series, parts), seconds in zip(pairs, times):
                    seconds.append(read_all(series, parts))
        found = [statistics.median(seconds[1:]) for seconds in times]
        mpx = FULL.tile[0] * FULL.tile[1] * len(native.observations) / 1e6
        sizes = [size(root / name) / 1e6 for name in ("products", "store")]
        rates = [mpx / seconds for seconds in found]
        gain = found[0] - found[1]
        back = f"{spent / gain:.1f}" if gain > 0 else "never"
        return (
            LAYOUTS[layout], f"{sizes[0]:.0f}", f"{sizes[1]:.0f}", f"{spent / mpx:.3f}", f"{rates[0]:.1f}", f"{rates[1]:.1f}",
            f"{rates[1] / rates[0]:.2f}", back,
        )  # fmt: skip


def filled(root: Path) -> tuple[Workspace, float]:
    """A run whose store is full, and the processor seconds that filling took."""
    config = RunConfig.model_validate(
        {
            "name": "store", "output": root / "run", "nomenclature": root / "none.yaml", "inputs": settings_of_input(root / "products"),
            "samples": {"polygons": root / "none.gpkg"}, "engine": {"workers": 1, "store": root / "store"},
        }
    )  # fmt: skip
    inventory = take_inventory(config)
    write_text(config.output / paths.CONFIG, yaml_text(dump(config)))
    write_inventory(config.output, inventory)
    workspace = Workspace(config.output, "store")
    start = time.process_time()
    for name, index in inventory.tile(NAME).unstored:
        write_observation(workspace, {"tile": NAME, "input": name, "index": index})
    return workspace, time.process_time() - start


def windows(series: Series) -> list[Window]:
    """Windows along the blocks of the files."""
    block = read_header(next(iter(series.observations[0][0].bands.values())).path).block
    return split(series.geobox.shape, window_size(series.geobox.shape, block, FULL.window))


def read_all(series: Series, parts: Sequence[Window]) -> float:
    """Processor seconds of reading every window."""
    start = time.process_time()
    for window in parts:
        read_cube(series, window, slot=0)
    return time.process_time() - start


def size(folder: Path) -> int:
    """Bytes under a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=7)
    rounds = options.parse_args().rounds
    print(
        "| products | their size, MB | store, MB | filling, s per Mpx·date | products, Mpx·date/s | store, Mpx·date/s | gain | readings that pay |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for layout in LAYOUTS:
        print("| " + " | ".join(measure(layout, rounds)) + " |", flush=True)


if __name__ == "__main__":
    main()
