"""Compares the map with the 18 labelled points of the area, none of which is among the series that the model learnt from.

Usage: python experiments/sinop/points.py [FOLDER OF THE RUN [LAYER]], after `iota-py run experiments/sinop/config.yaml`. LAYER: of classes, such as
`regularised` of a run that makes one.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from pyproj import Transformer
from rich.console import Console

from iota_py.config import load_config
from iota_py.config.schema import RunConfig
from iota_py.io.raster import read_header, read_window
from iota_py.io.tables import read_table
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import load_nomenclature

POINTS = "samples_sinop_crop.csv"


def agreement(config: RunConfig, root: Path, classes: str = "classification") -> pd.DataFrame:
    """One row per point: `id`, `label`, `reference`, `mapped` (class codes, 0 outside the map or without data), `confidence` in percent."""
    points = read_table(config.samples.table.path.parents[1] / POINTS)
    files = {layer: str(root / paths.map_layer(layer)) for layer in (classes, "confidence")}
    grid = read_header(files[classes]).geobox
    x, y = Transformer.from_crs("EPSG:4326", grid.crs.to_wkt(), always_xy=True).transform(points.longitude, points.latitude)
    col, row = (np.floor(v).astype(int) for v in ~grid.transform * (np.asarray(x), np.asarray(y)))
    inside = (row >= 0) & (row < grid.shape[0]) & (col >= 0) & (col < grid.shape[1])
    found = points[["id", "label"]].assign(reference=points.label.map(load_nomenclature(config).code_of))
    for name, layer in (("mapped", classes), ("confidence", "confidence")):
        values = read_window(files[layer])
        found[name] = np.where(inside, values[np.where(inside, row, 0), np.where(inside, col, 0)], 0)
    return found


def main(root: Path | None = None, layer: str = "classification") -> None:
    """Print the points that disagree, and the agreement by label."""
    config, console = load_config(Path(__file__).with_name("config.yaml")), Console(width=120)
    found, classes = agreement(config, root or config.output, layer), load_nomenclature(config)
    right = found.reference == found.mapped
    for point in found[~right].itertuples():
        mapped = classes[point.mapped].alias if point.mapped else "nothing"
        console.print(f"point {point.id}: {point.label}, mapped as {mapped} with confidence {point.confidence} %")
    for label, of_label in right.groupby(found.label):
        console.print(f"{label:<10} {of_label.sum()} of {len(of_label)}")
    console.print(f"all        {right.sum()} of {len(right)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None, *sys.argv[2:3])
