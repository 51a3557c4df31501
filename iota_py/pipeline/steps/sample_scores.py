"""Scores of models on validation samples, for who has no map, or not yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from iota_py.assessment.confusion import confusion_matrix
from iota_py.assessment.metrics import confusion_table, metrics_document
from iota_py.io.publish import write_json
from iota_py.io.tables import read_table, write_csv, write_table
from iota_py.pipeline import paths
from iota_py.pipeline.models.votes import region_labels
from iota_py.pipeline.reference.management import annual_codes
from iota_py.pipeline.reference.splits import draws_entry
from iota_py.pipeline.steps.annual import predicted_annual
from iota_py.pipeline.steps.assessment import read_confusions, reference_classes, region_scores, unit_of
from iota_py.pipeline.steps.extraction import extract
from iota_py.pipeline.steps.mapped_pixels import polygon_counts
from iota_py.pipeline.steps.skill import run_polygons, write_skill
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.split import VALIDATION

KEPT = ["tile", "polygon", "code", "region", "row", "col"]


def write_sample_answers(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`assessment/samples/<tile>.parquet`: validation pixels of a tile; `mapped_<k>` is the class by the model of their region, 0 if not
    held out in run k."""
    tile, runs = params["tile"], range(ws.runs)
    selection = read_table(ws.path(paths.SELECTION))
    selection = selection[~selection.code.isin(annual_codes(ws.config, ws.nomenclature))]  # told apart in the year of their labels
    held = (selection[[f"run_{run}" for run in runs]] == VALIDATION).any(axis=1)
    pixels = extract(ws, tile, selection[(selection.tile == tile) & held].reset_index(drop=True))
    found = pixels[KEPT].assign(**{f"mapped_{run}": np.uint8(0) for run in runs})
    for region, group in pixels.groupby("region", sort=True):
        for run in runs:
            here = group[group[f"run_{run}"] == VALIDATION]
            if not here.empty:
                features = here[list(ws.feature_names)].to_numpy(np.int16)
                found.loc[here.index, f"mapped_{run}"] = region_labels(ws, int(str(region)), run, features)
    write_table(ws.path(paths.sample_answers(tile)), found)


def write_sample_summary(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`assessment/samples/metrics.json`, `confusion.csv` (runs added up), `regions.csv`, files of `write_skill`: as those of a map."""
    classes = reference_classes(ws)
    if ws.config.samples.places:
        by_run, polygons = _counted(ws, classes.codes)
    else:
        by_run, polygons = read_confusions(ws), list(run_polygons(ws))
    size = len(classes.codes)
    totals = [sum(by_region.values(), np.zeros((size, size), np.int64)) for by_region in by_run]
    unit, confusion = unit_of(ws.config), np.sum(totals, axis=0)
    skill = write_skill(ws, polygons, confusion, classes, unit, paths.SAMPLE_SKILL)
    write_json(ws.path(paths.SAMPLE_METRICS), metrics_document(totals, classes, unit) | draws_entry(ws.config.samples.split, unit) | skill)
    write_csv(ws.path(paths.SAMPLE_CONFUSION), confusion_table(confusion, classes), index=True)
    write_csv(ws.path(paths.SAMPLE_REGIONS), region_scores(by_run))


def _counted(ws: Workspace, codes: tuple[int, ...]) -> tuple[list[dict[str, np.ndarray]], list[pd.DataFrame]]:
    """For each run, the confusion matrix of each region, and what each polygon holds."""
    pixels = pd.concat([read_table(ws.path(paths.sample_answers(tile))) for tile in sorted(ws.tiles)], ignore_index=True)
    matrices, polygons = [], []
    for run in range(ws.runs):
        held = pixels[pixels[f"mapped_{run}"] > 0].assign(mapped=pixels[f"mapped_{run}"])[[*KEPT, "mapped"]]
        if ws.config.samples.annual is not None:
            held = pd.concat([held, predicted_annual(ws, run)[[*KEPT, "mapped"]]], ignore_index=True)
        groups = held.groupby("region", sort=True)
        matrices.append({ws.region_names[int(str(r))]: confusion_matrix(g.code, g.mapped, codes) for r, g in groups})
        polygons.append(polygon_counts(held, run, ws.region_names))
    return matrices, polygons
