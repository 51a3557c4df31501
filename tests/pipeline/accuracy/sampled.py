"""A small map, points drawn from it, and answers written into the file of points as an interpreter would."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from iota_py.io.geopackage import STYLES, read_layer, write_layers
from iota_py.pipeline.accuracy.pointfile import ABOUT, DESIGN, PIXELS, POINTS, STRATA, read_points
from tests.pipeline.class_maps import write_map, write_nomenclature

CODES = (1, 2, 7)


def landscape(shape: tuple[int, int] = (60, 50), seed: int = 0) -> np.ndarray:
    """A map of codes 1, 2, 7 and no data."""
    return np.random.default_rng(seed).choice([0, *CODES], shape, p=[0.05, 0.6, 0.3, 0.05]).astype(np.uint8)


def noisy(codes: np.ndarray, share: float, seed: int = 1) -> np.ndarray:
    """The same, where a share of the pixels (no data left alone) has a random class."""
    rng = np.random.default_rng(seed)
    return np.where((rng.random(codes.shape) < share) & (codes > 0), rng.choice(CODES, codes.shape), codes).astype(np.uint8)


def write_pair(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """`a.tif`, `b.tif` where 5 % of the pixels have another class, and `three.yaml`."""
    a = landscape()
    b = noisy(a, 0.08, 2)
    write_map(folder / "a.tif", a)
    write_map(folder / "b.tif", b)
    write_nomenclature(folder / "three.yaml")
    return a, b


def rewrite(path: Path, change: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]) -> None:
    """Change the layer of points of a file, as saving it elsewhere would."""
    layers: dict[str, pd.DataFrame] = {name: read_layer(path, name) for name in (POINTS, PIXELS, DESIGN, STRATA, ABOUT, STYLES)}
    layers[POINTS] = change(layers[POINTS])
    path.unlink()
    write_layers(path, layers, {POINTS: "Point", PIXELS: "Polygon"})


def answer(path: Path, *truth: np.ndarray) -> None:
    """Label every point with what is true at its pixel: one array of codes (row, col), or two for the points of two maps."""
    file = read_points(path)
    rows, cols = file.design.set_index("id")[["row", "col"]].reindex(file.points["id"]).to_numpy().T
    names = ["label"] if len(truth) == 1 else ["label_a", "label_b"]
    rewrite(path, lambda points: points.assign(**{name: codes[rows, cols].astype(np.int32) for name, codes in zip(names, truth)}))
