"""The samples that a model learns from, in the order in which it learns them."""

from __future__ import annotations

import pandas as pd

from iota_py.io.tables import read_table
from iota_py.pipeline import paths
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.split import LEARNING

ORDER = ["tile", "polygon", "row", "col"]


def learning_samples(ws: Workspace, region: int, run: int) -> pd.DataFrame:
    """Learning samples of a region and run, sorted."""
    if ws.config.samples.table is not None:
        table = table_samples(ws)
        return table[table[f"run_{run}"] == LEARNING].sort_values("polygon", ignore_index=True)
    parts = []
    for tile in sorted(ws.tiles):
        table = read_table(ws.path(paths.features(tile)))
        parts.append(table[(table.region == region) & (table[f"run_{run}"] == LEARNING)])
    return pd.concat(parts, ignore_index=True).sort_values(ORDER, ignore_index=True)


def table_samples(ws: Workspace) -> pd.DataFrame:
    """All the samples of a table of series."""
    return read_table(ws.path(paths.TABLE_SAMPLES))
