"""Validation pixels that probabilities are tested with: some of every held-out polygon, with their features and what they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from iota_py.io.tables import read_table, write_table
from iota_py.pipeline import paths
from iota_py.pipeline.reference.management import annual_codes
from iota_py.pipeline.steps.extraction import extract
from iota_py.pipeline.steps.learning_set import ORDER
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.split import VALIDATION, generator

KEPT_WEIGHT = "weight_kept"
_STREAM = 22


def write_tested(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`samples/<tile>/tested.parquet`: pixels of held-out polygons with features, drawn by region, run and class over all tiles.

    Column `weight_<run>`: pixels of its polygon that validate in the run, for each of those drawn; 0 where the pixel was not drawn for it.
    `weight_kept`: the same of the polygons that no draw sees. Not of annual classes, which are told apart in the year of their labels.
    """
    tile, seed = params["tile"], params["seed"]
    pixels = read_table(ws.path(paths.SELECTION)).sort_values(ORDER, ignore_index=True)
    lasting = ~pixels.code.isin(annual_codes(ws.config, ws.nomenclature))
    wanted = {weight_column(run): (pixels[f"run_{run}"] == VALIDATION, seed + run) for run in range(ws.runs)}
    splits = read_table(ws.path(paths.SPLIT))
    if "kept" in splits.columns:
        wanted[KEPT_WEIGHT] = pixels.polygon.isin(splits.polygon[splits.kept == 1]), seed
    for name, (rows, own) in wanted.items():
        pixels[name] = polygon_weights(pixels, (rows & lasting).to_numpy(), params["pixels_per_class"], own)
    here = pixels[(pixels.tile == tile) & (pixels[list(wanted)] > 0).any(axis=1)].reset_index(drop=True)
    write_table(ws.path(paths.tested(tile)), extract(ws, tile, here))


def weight_column(run: int) -> str:
    """Column of what a tested pixel stands for in a run."""
    return f"weight_{run}"


def polygon_weights(pixels: pd.DataFrame, rows: np.ndarray, most: int, seed: int) -> np.ndarray:
    """What each pixel stands for, float64 (pixel,): pixels of its polygon over those drawn of it; 0 where it was not drawn.

    pixels: `region`, `code`, `polygon`, in an order that does not depend on the run. rows: bool (pixel,), those to draw from. Of each region
    and class `most` pixels, dealt to its polygons in turn so that no polygon is left out; at least one of each, even where that is more.
    """
    weight = np.zeros(len(pixels))
    whole = pixels.loc[rows, ["region", "code", "polygon"]]
    for (region, code), group in whole.groupby(["region", "code"], sort=True):
        shuffled = generator(seed, int(str(region)), int(str(code)), _STREAM).permutation(group.index.to_numpy())
        polygon = whole.polygon.loc[shuffled]
        turn = polygon.groupby(polygon).cumcount().to_numpy()
        drawn = shuffled[np.argsort(turn, kind="stable")[: max(most, polygon.nunique())]]
        of_polygon = whole.polygon.loc[drawn]
        weight[drawn] = (of_polygon.map(polygon.value_counts()) / of_polygon.map(of_polygon.value_counts())).to_numpy()
    return weight
