"""Which reference polygons learn and which validate."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import pandas as pd

from iota_py.io.publish import write_json
from iota_py.io.tables import write_csv
from iota_py.io.vectors import read_vectors
from iota_py.pipeline import paths
from iota_py.pipeline.reference.splits import roles_of_runs
from iota_py.pipeline.steps.reference import read_candidates, usable_candidates
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.split import NEITHER, keep_apart


def write_split(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`samples/split.csv`: the polygons that have a usable pixel, the role of each in every run, and where some are kept apart from all of them,
    which.

    `samples/distance.json`, where folds are matched in distance: how well they are.
    """
    polygons = read_vectors(ws.path(paths.POLYGONS), "polygons")
    usable = usable_candidates(ws, read_candidates(ws))
    drawn = polygons[polygons.polygon.isin(usable.polygon.unique())].reset_index(drop=True)
    roles = drawn[["polygon", "code", "region"]].copy()
    share = params.get("kept")
    kept = pd.Series(False, drawn.index) if share is None else keep_apart(drawn, share, ws.config.samples.split.seed)
    found, matched = roles_of_runs(ws, drawn[~kept], usable)
    for run, role in enumerate(found):
        roles[f"run_{run}"] = role.reindex(drawn.index, fill_value=NEITHER)
    if share is not None:
        roles["kept"] = kept.astype("int8")
    if matched is not None:
        facts = {key: value for key, value in dataclasses.asdict(matched).items() if key != "fold"}
        write_json(ws.path(paths.DISTANCE), facts)
    write_csv(ws.path(paths.SPLIT), roles)
