"""What regularisation does to the scores: the map of each draw, regularised as the run's own map, against the polygons held out of that draw.

Usage: python experiments/product/regularised_scores.py RUN, after `iota-py run` of a configuration with draws of polygons and `regularisation`.
The delivered map is the vote of all draws, and every polygon was learnt by some of them: only the maps of single draws can be scored on
polygons that they do not know. Reads the run, writes nothing into it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from odc.geo.geobox import GeoBox
from rich.console import Console

from iota_py.assessment.confusion import confusion_matrix
from iota_py.assessment.metrics import interval, scores
from iota_py.config import load_config
from iota_py.config.schema import RunConfig
from iota_py.io.raster import read_header, read_window
from iota_py.io.tables import read_table
from iota_py.mapping.regularisation.chain import frame_of, regularise
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import load_nomenclature
from iota_py.pipeline.plans.regularisation import chain_of
from iota_py.samples.split import VALIDATION

MEASURES = ("overall_accuracy", "kappa", "f1_macro")


def regular(config: RunConfig, classes: np.ndarray, grid: GeoBox) -> tuple[np.ndarray, GeoBox]:
    """A map as the run regularises it, recoding aside, and its grid."""
    wish = config.regularisation
    frame, chain = frame_of(grid, wish.resolution), chain_of(wish, grid, load_nomenclature(config))
    out = np.zeros(tuple(frame.grid.shape), np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        for window, values in regularise(lambda w: classes[w.slices], classes.shape, frame, chain, Path(folder) / "map.tif"):
            out[window.slices] = values
    return out, frame.grid


def under(points: pd.DataFrame, classes: np.ndarray, grid: GeoBox) -> np.ndarray:
    """Class at the centres of reference pixels, which lie on the map."""
    col, row = ~grid.transform * (points.x.to_numpy(), points.y.to_numpy())
    return classes[np.floor(row).astype(int), np.floor(col).astype(int)]


def main(root: Path) -> None:
    """Print the mean of each measure over the draws, of the plain maps and of the regularised ones, and the difference."""
    config, console = load_config(root / paths.CONFIG), Console(width=120)
    codes = load_nomenclature(config).codes
    pixels = read_table(root / paths.SELECTION)
    found = []
    for run in range(config.samples.split.runs):
        file = str(root / f"map/run_{run}/classification.tif")
        plain, grid = read_window(file), read_header(file).geobox
        held = pixels[pixels[f"run_{run}"] == VALIDATION]
        for kind, (classes, own) in {"plain": (plain, grid), "regularised": regular(config, plain, grid)}.items():
            mapped = under(held, classes, own)
            seen = mapped > 0
            score = scores(confusion_matrix(held.code.to_numpy()[seen], mapped[seen], codes))
            found.append({"kind": kind, "run": run, **{name: getattr(score, name) for name in MEASURES}})
    table = pd.DataFrame(found).set_index(["kind", "run"])
    for name in MEASURES:
        change = table.loc["regularised", name] - table.loc["plain", name]
        means = [table.loc[kind, name].mean() for kind in ("plain", "regularised")]
        console.print(
            f"{name:<17} plain {means[0]:.3f}, regularised {means[1]:.3f}: {change.mean():+.3f} ± {interval(change)['half_width']:.3f}"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
