"""What a run that predicts a number tells MLflow: scores of the whole, and of each region and run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iota_py.assessment.regression import LEVELS, SCORES, polygon_means, value_scores
from iota_py.io.tables import read_table
from iota_py.pipeline import paths
from iota_py.pipeline.workspace import Workspace

TABLES = (paths.STRATA, paths.POLYGON_VALUES)


def headline_values(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Mean and half-width of each score, per polygon (`rmse`) and per pixel (`pixel_rmse`), from the content of metrics.json."""
    found = {}
    for level, prefix in zip(LEVELS, ("", "pixel_")):
        for score in SCORES:
            for key, suffix in (("mean", ""), ("half_width", "_half_width")):
                value = metrics[level][score][key]
                found[f"{prefix}{score}{suffix}"] = float("nan") if value is None else float(value)
    return found


def target_scores(ws: Workspace) -> list[dict[str, dict[str, float]]]:
    """Scores per polygon of each region, by its name, in each run."""
    return [_run_scores(ws, run) for run in range(ws.runs)]


def _run_scores(ws: Workspace, run: int) -> dict[str, dict[str, float]]:
    polygons = polygon_means(read_table(ws.path(paths.values(run))))
    found = {}
    for region, group in polygons.groupby("region", sort=True):
        scores = value_scores(group.target.to_numpy(), group.value.to_numpy())
        found[ws.region_names[int(str(region))]] = {name: float(getattr(scores, name)) for name in SCORES}
    return found
