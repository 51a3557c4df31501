"""Validation pixels with their features, for what looks at a model from outside: at most so many of each class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from iota_py.io.tables import read_table, write_table
from iota_py.pipeline import paths
from iota_py.pipeline.steps.extraction import extract
from iota_py.pipeline.steps.learning_set import ORDER, table_samples
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.selection import Strategy, select
from iota_py.samples.split import VALIDATION


def write_held_out(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`samples/<tile>/validation.parquet`: pixels that validate in any run, drawn by region, run and class over all tiles, with features.

    Column `run_<k>` is VALIDATION where the pixel was drawn for that run, else 0.
    """
    tile, runs = params["tile"], range(ws.runs)
    pixels = read_table(ws.path(paths.SELECTION)).sort_values(ORDER, ignore_index=True)
    for run in runs:
        pixels[f"run_{run}"] = drawn(pixels, run, params["pixels_per_class"], params["seed"] + run)
    here = pixels[(pixels.tile == tile) & (pixels[[f"run_{run}" for run in runs]] > 0).any(axis=1)].reset_index(drop=True)
    write_table(ws.path(paths.held_out(tile)), extract(ws, tile, here))


def drawn(pixels: pd.DataFrame, run: int, most: int, seed: int) -> np.ndarray:
    """Role int8 of each pixel: VALIDATION for those drawn in a run, at most `most` of each region and class, else 0.

    pixels: `region`, `code`, `run_<k>`, in an order that does not depend on the run.
    """
    validating = (pixels[f"run_{run}"] == VALIDATION).to_numpy()
    chosen = np.zeros(len(pixels), bool)
    chosen[validating] = select(pixels[validating].reset_index(drop=True), Strategy("constant", most), seed)
    return np.where(chosen, VALIDATION, 0).astype(np.int8)


def held_out_samples(ws: Workspace, region: int, run: int, most: int, seed: int) -> pd.DataFrame:
    """Validation samples of a region and run with their features, sorted; at most `most` of each class."""
    if ws.config.samples.table is not None:
        table = table_samples(ws, run).sort_values("polygon", ignore_index=True)
        return table[(table.region == region) & (drawn(table, run, most, seed) > 0)].reset_index(drop=True)
    parts = []
    for tile in sorted(ws.tiles):
        table = read_table(ws.path(paths.held_out(tile)))
        parts.append(table[(table.region == region) & (table[f"run_{run}"] == VALIDATION)])
    return pd.concat(parts, ignore_index=True).sort_values(ORDER, ignore_index=True)
