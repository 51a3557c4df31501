"""Outlines of a regular map: the house's way against GDAL's polygons simplified by GEOS's coverage simplification.

python experiments/product/vectors.py [SIDE ...]    sides of the square maps in pixels (1000 3162; 10000 is 10^8 pixels)

Each way runs in a process of its own, so that the peak of its memory is its own. The map: a Voronoi mosaic of fields
with noise, sieved at 3 pixels of 20 m (0.1 ha), mirrored to the size.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import rasterio.features
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox
from scipy.spatial import cKDTree

from iota_py.mapping.regularisation.blocks import scratch_blocks
from iota_py.mapping.regularisation.sieve import sieve
from iota_py.mapping.vectors.cover import cover
from iota_py.mapping.vectors.shape import Shape

PIXEL, BASE = 20.0, 1000
PLACE = Affine(PIXEL, 0, 500_000, 0, -PIXEL, 4_800_000)


def landscape(side: int) -> np.ndarray:
    """Sieved classes of fields of 90 pixels on average, 17 of them, 3 % of the pixels drawn anew; mirrored beyond 1000 × 1000 pixels."""
    draw = np.random.default_rng(20240917)
    seeds = draw.uniform(0, BASE, (BASE * BASE // 90, 2))
    places = np.stack(np.mgrid[:BASE, :BASE], axis=-1).reshape(-1, 2)
    classes = draw.integers(1, 18, len(seeds)).astype(np.uint8)[cKDTree(seeds).query(places)[1]].reshape(BASE, BASE)
    noise = draw.random(classes.shape) < 0.03
    classes[noise] = draw.integers(1, 18, noise.sum())
    with tempfile.TemporaryDirectory() as folder, scratch_blocks(Path(folder) / "map.tif", classes.shape, 512) as blocks:
        for number, window in enumerate(blocks.windows):
            blocks.write(number, classes[window.slices])
        sieve(blocks, 3, 4)
        for number, window in enumerate(blocks.windows):
            classes[window.slices] = blocks.read(number, window)
    tile = np.block([[classes, classes[:, ::-1]], [classes[::-1], classes[::-1, ::-1]]])
    times = -(-side // tile.shape[0])
    return np.tile(tile, (times, times))[:side, :side].copy()


def house(simplify: float, smooth: float) -> Callable[[np.ndarray], np.ndarray]:
    """`cover` with a shape."""

    def run(classes: np.ndarray) -> np.ndarray:
        grid = GeoBox(classes.shape, PLACE, "EPSG:32631")
        return cover(lambda window: classes[window.slices], grid, Shape(simplify, smooth), None).polygons

    return run


def shapes_and_simplify(tolerance: float) -> Callable[[np.ndarray], np.ndarray]:
    """GDAL's polygons, then GEOS's coverage simplification (Visvalingam-Whyatt: the tolerance squared is an area)."""

    def run(classes: np.ndarray) -> np.ndarray:
        pairs = rasterio.features.shapes(classes, mask=classes > 0, connectivity=4, transform=PLACE)
        polygons = np.array([shapely.geometry.shape(geometry) for geometry, _ in pairs], object)
        return shapely.coverage_simplify(polygons, tolerance) if tolerance else polygons

    return run


def pixels_and_simplify(tolerance: float) -> Callable[[np.ndarray], np.ndarray]:
    """The outlines of `cover`, which have a vertex wherever three classes meet, then GEOS's coverage simplification of the whole."""
    return lambda classes: shapely.coverage_simplify(house(0, 0)(classes), tolerance)


WAYS = {
    "GDAL shapes": shapes_and_simplify(0),
    "GDAL shapes, coverage_simplify 10": shapes_and_simplify(10),
    "GDAL shapes, coverage_simplify 20": shapes_and_simplify(20),
    "cover pixels, coverage_simplify 10": pixels_and_simplify(10),
    "cover pixels, coverage_simplify 20": pixels_and_simplify(20),
    "cover, pixels": house(0, 0),
    "cover, simplify 10": house(10, 0),
    "cover, simplify 10, smooth 10": house(10, 10),
}
WHOLE_LIMIT = 4000  # pixels a side, beyond which the ways that simplify the whole at once are left out


def peak_memory() -> float:
    """Highest resident memory of this process in MB, since it was last made to forget it (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def measure(name: str, path: str) -> dict[str, float | int | str | bool]:
    """Seconds, memory beyond the map's own, and what the polygons are, of one way; in a process of its own. path: the map, an array."""
    classes = np.load(path)
    WAYS[name](classes[:64, :64])  # compiled before
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = peak_memory()
    begin = time.perf_counter()
    polygons = WAYS[name](classes)
    seconds = time.perf_counter() - begin
    peak = peak_memory()
    millions = classes.size / 1e6
    return {
        "way": name,
        "pixels": classes.size,
        "polygons": len(polygons),
        "vertices": int(shapely.get_num_coordinates(polygons).sum()),
        "seconds per 10^6": round(seconds / millions, 3),
        "MB per 10^6": round((peak - before) / millions, 1),
        "peak MB": round(peak),
        "invalid": int((~shapely.is_valid(polygons)).sum()),
        "empty": int(shapely.is_empty(polygons).sum()),
        "coverage valid": bool(shapely.coverage_is_valid(polygons)),
        "smallest m2": round(float(shapely.area(polygons).min()), 1),
    }


def main() -> None:
    sides = [int(side) for side in sys.argv[1:]] or [1000, 3162]
    with tempfile.TemporaryDirectory() as folder:
        for side in sides:
            path = f"{folder}/{side}.npy"
            np.save(path, landscape(side))
            for name in WAYS:
                if side > WHOLE_LIMIT and "coverage" in name:
                    continue
                with multiprocessing.get_context("spawn").Pool(1) as pool:
                    print(json.dumps(pool.apply(measure, (name, path))), flush=True)


if __name__ == "__main__":
    main()
