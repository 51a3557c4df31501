"""Attributes of polygons two ways: pixel centres burnt block by block (what iota_py does), and exactextract's shares of pixels.

Usage: PYTHONPATH=FOLDER OF exactextract python experiments/product/attributes.py [PIXELS ON A SIDE …]

exactextract 0.3 is no dependency of the project. Both are given the same polygons and the same rasters, in memory: a map of random patches,
sieved at 10 pixels, its outlines simplified and smoothed by 10 m. Prints a table of times and of the largest differences, and writes it as
`runs/product/attributes.csv`. Both run on one thread.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from affine import Affine
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from odc.geo.geobox import GeoBox
from rich.console import Console
from scipy import ndimage

from iota_py.grid.windows import Window, whole
from iota_py.io.tables import write_csv
from iota_py.mapping.regularisation.chain import Chain, Frame, regularise
from iota_py.mapping.vectors.attributes import attributes
from iota_py.mapping.vectors.cover import Coverage, cover
from iota_py.mapping.vectors.shape import Shape
from iota_py.mapping.vectors.tally import Layers

ROOT = Path(__file__).resolve().parents[2]
OUTPUT = ROOT / "runs" / "product" / "attributes.csv"
ALIASES = {code: f"C{code}" for code in range(1, 13)}
RASTERS = ("classes", "confidence", "validity")


def landscape(side: int) -> dict[str, np.ndarray]:
    """Classes in patches with a pixel in a hundred of another class, confidence and validity; uint8 (row, col)."""
    rng = np.random.default_rng(side)
    waves = [ndimage.gaussian_filter(rng.standard_normal((side, side)).astype(np.float32), 12, truncate=3) for _ in ALIASES]
    classes = (np.argmax(waves, axis=0) + 1).astype(np.uint8)
    strewn = rng.random((side, side)) < 0.01
    classes[strewn] = rng.integers(1, len(ALIASES) + 1, int(strewn.sum()))
    confidence = rng.integers(20, 101, (side, side)).astype(np.uint8)
    return {"classes": classes, "confidence": confidence, "validity": rng.integers(4, 40, (side, side)).astype(np.uint8)}


def polygons_of(classes: np.ndarray, grid: GeoBox, beside: Path) -> Coverage:
    """Polygons of the sieved map."""
    chain = Chain(1000.0, None, (8, 4), 1)
    made = np.zeros_like(classes)
    for window, values in regularise(lambda window: classes[window.slices], classes.shape, Frame(grid, 1, 0, 0), chain, beside):
        made[window.slices] = values
    return cover(lambda window: made[window.slices], grid, Shape(10, 10), None)


def by_centres(rasters: dict[str, np.ndarray], grid: GeoBox, found: Coverage) -> pd.DataFrame:
    """The attributes as iota_py makes them."""

    def reader(name: str) -> Callable[[Window], np.ndarray]:
        return lambda window: rasters[name][window.slices]

    return attributes(found.codes, found.polygons, Layers(grid, *(reader(name) for name in RASTERS)), ALIASES)


def by_shares(rasters: dict[str, np.ndarray], grid: GeoBox, found: Coverage) -> tuple[pd.DataFrame, float]:
    """The same columns from exactextract: pixels count by the share of them that a polygon covers. And the seconds until the shares of classes."""
    start = time.perf_counter()
    box = grid.boundingbox
    sources = {
        name: NumPyRasterSource(rasters[name], box.left, box.bottom, box.right, box.top, srs_wkt=grid.crs.to_wkt()) for name in RASTERS
    }
    frame = gpd.GeoDataFrame({"id": range(len(found.codes))}, geometry=found.polygons, crs=grid.crs.to_wkt())
    shares = exact_extract(sources["classes"], frame, ["unique", "frac"], output="pandas")
    table = pd.DataFrame(0.0, index=range(len(frame)), columns=list(ALIASES.values()))
    values = table.to_numpy(copy=True)
    for row, (codes, parts) in enumerate(zip(shares["unique"], shares["frac"])):
        values[row, np.asarray(codes, int) - 1] = 100 * np.asarray(parts)
    table[:] = values
    seconds = time.perf_counter() - start
    for name, column in (("confidence", "Confidence"), ("validity", "Validmean")):
        answer = exact_extract(sources[name], frame, _over_majority, weights=sources["classes"], output="pandas")
        table[column] = answer.iloc[:, 0].astype(float).to_numpy()
    return table, seconds


def _over_majority(values: np.ndarray, covered: np.ndarray, classes: np.ndarray) -> float:
    """Mean over the class that covers most."""
    codes = np.asarray(classes, int)
    here = codes == np.bincount(codes, covered).argmax()
    return float(np.average(values[here], weights=covered[here]))


def compared(side: int, beside: Path) -> dict[str, Any]:
    """Times and differences on a map of so many pixels on a side."""
    grid = GeoBox((side, side), Affine(10, 0, 400_000, 0, -10, 4_800_000), "EPSG:32631")
    rasters = landscape(side)
    found = polygons_of(rasters["classes"], grid, beside)
    start = time.perf_counter()
    ours = by_centres(rasters, grid, found)
    middle = time.perf_counter()
    theirs, shares = by_shares(rasters, grid, found)
    end = time.perf_counter()
    columns = list(ALIASES.values())
    off = (ours[columns] - theirs[columns]).abs()
    means = {name: (ours[name] - theirs[name]).abs() for name in ("Confidence", "Validmean")}
    return {
        "pixels": whole(grid.shape).pixels,
        "polygons": len(found.codes),
        "centres_s": round(middle - start, 2),
        "exactextract_s": round(end - middle, 2),
        "exactextract_shares_s": round(shares, 2),
        "share_largest_percent": round(float(off.max(axis=None)), 2),
        "share_mean_percent": round(float(off.max(axis=1).mean()), 3),
        "confidence_largest": round(float(means["Confidence"].max()), 2),
        "validmean_largest": round(float(means["Validmean"].max()), 2),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main(sides: list[int]) -> None:
    """Compare on maps of these sizes."""
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    compared(64, OUTPUT)  # compiles what numba compiles
    table = pd.DataFrame([compared(side, OUTPUT) for side in sides])
    write_csv(OUTPUT, table)
    Console(width=200).print(table.T.to_string(header=False))


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [1000, 3000])
