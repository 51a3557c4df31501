"""Which reference polygons learn and which validate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iota_py.io.tables import write_csv
from iota_py.io.vectors import read_vectors
from iota_py.pipeline import paths
from iota_py.pipeline.steps.reference import read_candidates, usable_candidates
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.split import split_by_polygon


def write_split(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`samples/split.csv`: the polygons that have a usable pixel, and the role of each in every run."""
    split = ws.config.samples.split
    polygons = read_vectors(ws.path(paths.POLYGONS), "polygons")
    usable = usable_candidates(ws, read_candidates(ws))
    drawn = polygons[polygons.polygon.isin(usable.polygon.unique())].reset_index(drop=True)
    roles = drawn[["polygon", "code", "region"]].copy()
    for run in range(split.runs):
        roles[f"run_{run}"] = split_by_polygon(drawn, split.ratio, split.seed + run)
    write_csv(ws.path(paths.SPLIT), roles)
