"""What a national mosaic costs: seconds, memory and disk of a map with few tiles on a large grid.

    python experiments/product/mosaic.py --folder /tmp/country --side 10000 31623 100000

A made-up country: square tiles of 512 pixels of 10 m, in three UTM zones, on a grid of EPSG:2154 of side × side pixels of 10 m. Each tile has
the classes, confidences and validity of several runs. The parts, the vote of the runs and the delivered files are made by what a run makes
them with, in a process of its own for each side, one part after the other; then the map is read as later steps read it. Printed as a table.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox
from pyproj import Transformer

from iota_py.grid.form import geobox_values
from iota_py.grid.ownership import priority
from iota_py.grid.parts import Reach, part_windows
from iota_py.grid.windows import whole
from iota_py.io.assembly import assemble_cog
from iota_py.io.parts import Layout
from iota_py.io.raster import count_values, read_reduced, write_raster
from iota_py.mapping.mosaic import TileLayer
from iota_py.mapping.vote import majority_vote
from iota_py.pipeline import paths
from iota_py.pipeline.engine.local import BLOCK_CACHE, THREAD_VARIABLES
from iota_py.pipeline.steps.mosaic import voted_layers
from iota_py.pipeline.steps.parts import Made, MapRaster, unchanged, write_parts

TILE, PIXEL, RUNS = 512, 10.0, 3
WEST, NORTH = 130_000.0, 7_130_000.0  # upper left corner of France in EPSG:2154, all three zones lie south-east of it
LAYOUTS = {
    "classification": Layout("uint8", 1, "mode", 0),
    "confidence": Layout("uint8", 1, "average", 0),
    "validity": Layout("uint8", 1, "nearest"),
}


def zone(longitude: float) -> int:
    """EPSG code of the UTM zone of a place in the north, those of France."""
    return min(32632, max(32630, 32631 + int(longitude // 6)))


def tile_places(side: int, count: int) -> dict[str, GeoBox]:
    """Grids of `count` tiles, half of them in pairs that overlap, drawn over the whole grid with one seed."""
    rng, to_degrees = np.random.default_rng(6), Transformer.from_crs(2154, 4326, always_xy=True)
    found: dict[str, GeoBox] = {}
    length = side * PIXEL - 4 * TILE * PIXEL
    for number, (east, south) in enumerate(rng.random((count // 2, 2)) * max(length, 0)):
        x, y = WEST + 2 * TILE * PIXEL + east, NORTH - 2 * TILE * PIXEL - south
        code = zone(to_degrees.transform(x, y)[0])
        left, top = (round(v / PIXEL) * PIXEL for v in Transformer.from_crs(2154, code, always_xy=True).transform(x, y))
        for part in range(2):
            found[f"t{number:03d}{part}"] = GeoBox(
                (TILE, TILE), Affine(PIXEL, 0, left + part * 300 * PIXEL, 0, -PIXEL, top), f"EPSG:{code}"
            )
    return found


def write_tiles(root: Path, tiles: dict[str, GeoBox]) -> None:
    """Footprint and layers of each tile: patches of 8 × 8 pixels of classes 1–23, any confidence."""
    for name, box in tiles.items():
        rng = np.random.default_rng([6, int(name[1:])])
        layers = {"footprint": np.ones(box.shape, np.uint8), "validity": rng.integers(1, 40, box.shape, dtype=np.uint8)}
        for run in range(RUNS):
            patches = rng.integers(1, 24, (TILE // 8, TILE // 8), dtype=np.uint8)
            layers[f"classification_run_{run}"] = np.kron(patches, np.ones((8, 8), np.uint8))
            layers[f"confidence_run_{run}"] = rng.integers(1, 101, box.shape, dtype=np.uint8)
        for layer, values in layers.items():
            path = root / (paths.footprint(name) if layer == "footprint" else paths.tile_layer(name, layer))
            write_raster(path, box, "uint8", [(whole(box.shape), values)], options={"tiled": True, "blockxsize": 256, "blockysize": 256})


def vote(blocks: list[np.ndarray]) -> list[np.ndarray]:
    """Class and confidence of the runs."""
    return voted_layers(majority_vote, np.stack(blocks[:RUNS]), np.stack(blocks[RUNS:]))


def country(root: Path, side: int, count: int) -> dict[str, float]:
    """Make the mosaic below `root`; seconds of each step, in this process."""
    tiles, grid = tile_places(side, count), GeoBox((side, side), Affine(PIXEL, 0, WEST, 0, -PIXEL, NORTH), "EPSG:2154")
    write_tiles(root, tiles)
    order = priority(tiles)
    ws = SimpleNamespace(path=lambda name: root / name, grid=grid, tiles=list(order), geobox=tiles.__getitem__)
    rasters = {name: MapRaster(name, paths.map_layer(name), layout, lambda path, counts: None) for name, layout in LAYOUTS.items()}
    sources = tuple(TileLayer(f"{layer}_run_{run}") for layer in ("classification", "confidence") for run in range(RUNS))
    made = [
        Made(sources, vote, (rasters["classification"], rasters["confidence"])),
        Made((TileLayer("validity"),), unchanged, (rasters["validity"],)),
    ]
    clock = time.perf_counter()
    reach = Reach(grid, [tiles[name] for name in order])
    reached = [(window, [order[k] for k in reach(window)]) for window in part_windows(grid.shape)]
    reached = [(window, names) for window, names in reached if names]
    for window, names in reached:
        write_parts(
            ws, {"window": (window.row, window.col, window.height, window.width), "tiles": names, "grid": geobox_values(grid)}, made
        )
    seconds = {"parts": time.perf_counter() - clock, "number": float(len(reached))}
    for name, raster in rasters.items():
        clock = time.perf_counter()
        pieces = [(window, root / paths.map_part(window.row, window.col, name)) for window, _ in reached]
        assemble_cog(root / raster.path, grid, raster.layout, pieces)
        seconds[name] = time.perf_counter() - clock
    clock = time.perf_counter()
    counts = count_values(str(root / paths.map_layer("classification")))
    reduced = read_reduced(str(root / paths.map_layer("classification")), 900)
    seconds |= {"read": time.perf_counter() - clock, "filled": float(counts[1:].sum()), "seen": float((reduced > 0).sum())}
    return seconds


def disk(folder: Path) -> int:
    """Bytes that the files below a folder take on disk."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*.tif"))


def child(arguments: argparse.Namespace) -> None:
    """Measure one side in this process; a line of JSON."""
    root = arguments.folder / f"side_{arguments.child}"
    shutil.rmtree(root, ignore_errors=True)
    seconds = country(root, arguments.child, arguments.tiles)
    maps = sum((root / paths.map_layer(name)).stat().st_blocks * 512 for name in LAYOUTS)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**seconds, "peak": peak, "maps": maps, "parts_bytes": disk(root / "map/parts")}))
    shutil.rmtree(root)


def main() -> None:
    """One line of the table for each side."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True, help="for files that are removed again")
    parser.add_argument("--side", type=int, nargs="+", default=[10_000, 31_623, 100_000], help="pixels on a side of the grid")
    parser.add_argument("--tiles", type=int, default=24, help="tiles, in pairs that overlap")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child is not None:
        child(arguments)
        return
    print("| side | million pixels | filled | parts | s parts | s COG (3 layers) | s read | peak MiB | MB maps | MB parts |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for side in arguments.side:
        own = [sys.executable, __file__, "--folder", str(arguments.folder), "--tiles", str(arguments.tiles), "--child", str(side)]
        limits = {**os.environ, **dict.fromkeys(THREAD_VARIABLES, "1"), "GDAL_CACHEMAX": BLOCK_CACHE}  # as in the workers of a run
        found = json.loads(subprocess.run(own, check=True, stdout=subprocess.PIPE, text=True, env=limits).stdout)
        cog = sum(found[name] for name in LAYOUTS)
        print(
            f"| {side:,} | {side * side / 1e6:,.0f} | {found['filled'] / 1e6:.1f} | {found['number']:.0f} | {found['parts']:.1f} | {cog:.1f} "
            f"| {found['read']:.1f} | {found['peak']:.0f} | {found['maps'] / 1e6:.1f} | {found['parts_bytes'] / 1e6:.1f} |"
        )


if __name__ == "__main__":
    main()
