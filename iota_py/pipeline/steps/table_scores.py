"""What the models say of the validation samples of a table."""

from __future__ import annotations

import numpy as np
import pandas as pd

from iota_py.io.tables import write_table
from iota_py.pipeline import paths
from iota_py.pipeline.models.engines import engine_at
from iota_py.pipeline.steps.learning_set import table_samples
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.split import VALIDATION

KEPT = ("polygon", "series", "code", "region")


def predicted_table(ws: Workspace, run: int) -> pd.DataFrame:
    """Validation samples of a run with the class that the model of their region gives them, `mapped`, and its `confidence`, 0 to 1."""
    table, names = table_samples(ws, run), list(ws.feature_names)
    chosen = table[table[f"run_{run}"] == VALIDATION]
    found = chosen[list(KEPT)].assign(mapped=np.uint8(0), confidence=np.float32(0))
    for region, group in chosen.groupby("region", sort=True):
        engine = engine_at(ws.path(paths.model(int(str(region)), run)), ws.feature_names)
        answer = engine.predict(np.ascontiguousarray(group[names].to_numpy(np.int16)))
        found.loc[group.index, "mapped"] = answer.labels
        found.loc[group.index, "confidence"] = answer.confidence
    return found


def write_predicted_table(ws: Workspace, run: int) -> pd.DataFrame:
    """`samples/predicted_run_<k>.parquet`: polygon, series, code, region (its name), mapped, confidence; the same with region numbers."""
    found = predicted_table(ws, run)
    write_table(ws.path(paths.predicted(run)), found.assign(region=found.region.map(ws.region_names)))
    return found
