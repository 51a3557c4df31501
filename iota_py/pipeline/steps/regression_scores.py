"""Scores of predicted numbers on validation polygons: from the maps, or from the models without a map."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from iota_py.assessment.regression import polygon_means, regression_document, score_table
from iota_py.assessment.regression_figures import residual_figure, scatter_figure
from iota_py.grid.windows import Window
from iota_py.io.publish import write_bytes, write_json
from iota_py.io.raster import read_window
from iota_py.io.tables import read_table, write_csv, write_table
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline import paths
from iota_py.pipeline.models.regressors import polygon_numbers, region_values, target_of
from iota_py.pipeline.reference.splits import draws_entry
from iota_py.pipeline.steps.extraction import extract
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.split import VALIDATION

BLOCK = 2048  # rows of a tile that are read at a time
KEPT = ["tile", "polygon", "code", "region", "row", "col"]


def write_run_values(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`assessment/values_run_<k>.parquet`: validation pixels of a run, `target` the number of their polygon, `value` that of the map."""
    run = params["run"]
    selection = read_table(ws.path(paths.SELECTION), [*KEPT, f"run_{run}"])
    pixels = selection.loc[selection[f"run_{run}"] == VALIDATION, KEPT].reset_index(drop=True)
    pixels["target"] = pixels.polygon.map(polygon_numbers(ws))
    pixels["value"] = np.full(len(pixels), np.nan, np.float32)
    for tile, group in pixels.groupby("tile", sort=True):
        path = str(ws.path(paths.tile_layer(str(tile), "value", run)))
        width = ws.geobox(str(tile)).shape[1]
        for start in range(0, int(group.row.max()) + 1, BLOCK):
            band = group[(group.row >= start) & (group.row < start + BLOCK)]
            if not band.empty:
                values = read_window(path, Window(start, 0, int(band.row.max()) - start + 1, width))
                pixels.loc[band.index, "value"] = values[band.row - start, band.col]
    write_table(ws.path(paths.values(run)), pixels)


def write_value_answers(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`assessment/samples/<tile>.parquet`: validation pixels of a tile, `target` the number of their polygon, `value_<k>` what the models of
    their region say, not-a-number where they are not held out in run k."""
    tile, runs = params["tile"], range(ws.runs)
    selection = read_table(ws.path(paths.SELECTION))
    held = (selection[[f"run_{run}" for run in runs]] == VALIDATION).any(axis=1)
    pixels = extract(ws, tile, selection[(selection.tile == tile) & held].reset_index(drop=True))
    values = np.full((ws.runs, len(pixels)), np.nan, np.float32)
    for region in sorted(pixels.region.unique()):
        here = (pixels.region == region).to_numpy()
        values[:, here] = region_values(ws, int(region), pixels.loc[here, list(ws.feature_names)].to_numpy(np.int16))
    found = pixels[KEPT].assign(target=pixels.polygon.map(polygon_numbers(ws)))
    for run in runs:
        found[f"value_{run}"] = np.where(pixels[f"run_{run}"] == VALIDATION, values[run], np.float32(np.nan))
    write_table(ws.path(paths.sample_answers(tile)), found)


def write_value_summary(ws: Workspace, params: Mapping[str, Any]) -> None:
    """metrics.json, regions.csv, strata.csv, polygons.csv (each validation polygon in each run), figures."""
    by_run = [read_table(ws.path(paths.values(run))) for run in range(ws.runs)]
    strata = reference_strata(ws)
    document = _document(ws, by_run, strata)
    write_json(ws.path(paths.METRICS), document)
    write_csv(ws.path(paths.REGION_SCORES), score_table(document["regions"], "region"))
    write_csv(ws.path(paths.STRATA), score_table(document["strata"], "stratum"))
    polygons = pd.concat([polygon_means(pixels).assign(run=run) for run, pixels in enumerate(by_run)], ignore_index=True)
    names = polygons.assign(region=polygons.region.map(ws.region_names))
    write_csv(ws.path(paths.POLYGON_VALUES), names[["run", "polygon", "region", "code", "target", "value", "pixels"]])
    for name, draw in value_figures(ws).items():
        write_bytes(ws.path(f"{paths.FIGURES}/{name}.png"), draw("en"))


def value_figures(ws: Workspace) -> dict[str, Callable[[str], bytes]]:
    """What draws the figures of predicted numbers in a language: `scatter`, `residuals`."""
    by_run = [read_table(ws.path(paths.values(run))) for run in range(ws.runs)]
    polygons = pd.concat([polygon_means(pixels) for pixels in by_run], ignore_index=True)
    pixels, label, strata = pd.concat(by_run, ignore_index=True).dropna(subset=["value"]), target_label(ws), reference_strata(ws)
    return {
        "scatter": lambda language: scatter_figure(polygons, pixels, label, language),
        "residuals": lambda language: residual_figure(polygons, strata, label, language),
    }


def write_value_sample_summary(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`assessment/samples/metrics.json` and `regions.csv`: as those of a map."""
    pixels = pd.concat([read_table(ws.path(paths.sample_answers(tile))) for tile in sorted(ws.tiles)], ignore_index=True)
    by_run = []
    for run in range(ws.runs):
        held = pixels[pixels[f"value_{run}"].notna()]
        by_run.append(held.assign(value=held[f"value_{run}"]))
    document = _document(ws, by_run, reference_strata(ws))
    write_json(ws.path(paths.SAMPLE_METRICS), document)
    write_csv(ws.path(paths.SAMPLE_REGIONS), score_table(document["regions"], "region"))


def reference_strata(ws: Workspace) -> Nomenclature:
    """The strata that the reference polygons of the run are of."""
    return ws.nomenclature.subset(read_table(ws.path(paths.SPLIT)).code.unique())


def target_label(ws: Workspace) -> str:
    """The number in a figure: its name and unit."""
    target = target_of(ws)
    return f"{target.name} ({target.unit})" if target.unit else target.name


def _document(ws: Workspace, by_run: Sequence[pd.DataFrame], strata: Nomenclature) -> dict[str, Any]:
    return regression_document(by_run, strata, asdict(target_of(ws)), ws.region_names) | draws_entry(ws.config.samples.split, "polygons")
