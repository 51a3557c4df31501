"""Scores of held-out polygons at every level, with their intervals, of a run or of `iota-py train`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from iota_py.assessment.bootstrap import bootstrap_document, scored
from iota_py.assessment.skill import COLUMNS, level_matrices, level_scores, share_table
from iota_py.io.tables import read_table, write_csv, write_table_parts
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline import paths
from iota_py.pipeline.workspace import Workspace

DECIMALS = 6


def run_polygons(ws: Workspace) -> Iterator[pd.DataFrame]:
    """The polygons of each run, as its task left them."""
    return (read_table(ws.path(paths.run_polygons(run))) for run in range(ws.runs))


def write_skill(
    ws: Workspace, parts: Iterable[pd.DataFrame], confusion: np.ndarray, classes: Nomenclature, unit: str, outputs: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Write what the polygons of all runs say; entry `bootstrap` of metrics.json, none where no polygon was held out.

    parts: `polygon_counts` of each run. confusion: (n, n), the runs added up. outputs: names of `polygon_scores.parquet`, `scores.csv`,
    `matrices.csv`, and of the confusion as shares of the reference classes and of the map classes.
    """
    polygons, levels, matrices, by_row, by_column = (ws.path(name) for name in outputs)
    write_csv(by_row, share_table(confusion, classes, axis=1).round(DECIMALS), index=True)
    write_csv(by_column, share_table(confusion, classes, axis=0).round(DECIMALS), index=True)
    write_table_parts(polygons, parts)
    table = read_table(polygons)
    write_csv(matrices, level_matrices(table, {c.code: c.alias for c in ws.nomenclature.classes}))
    if table.empty:
        write_csv(levels, pd.DataFrame(columns=COLUMNS))
        return {}
    whole = scored(table, classes.codes)
    write_csv(levels, level_scores(table, classes, whole).round(DECIMALS))
    return {"bootstrap": bootstrap_document(whole, unit)}
