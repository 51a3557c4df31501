"""The report of a run that predicts a number."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from iota_py.assessment.figures import dates_figure
from iota_py.assessment.page import Image
from iota_py.assessment.report import ReportData
from iota_py.io.publish import read_json
from iota_py.io.raster import read_reduced
from iota_py.io.tables import read_table
from iota_py.pipeline import paths
from iota_py.pipeline.plans.importance_results import importance_images
from iota_py.pipeline.reference.regions import borrowed_sentences
from iota_py.pipeline.reference.splits import matched_sentences
from iota_py.pipeline.steps.regression_scores import reference_strata, target_label, value_figures
from iota_py.pipeline.steps.reporting import (
    MAX_SIDE,
    acquisition_table,
    grid_facts,
    ledger_table,
    product_warnings,
    ramp,
    software_versions,
    write_pages,
)
from iota_py.pipeline.steps.value_maps import NODATA, value_range
from iota_py.pipeline.timing import read_timings
from iota_py.pipeline.workspace import Workspace


def write_value_report(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`report.html`."""
    delivered = [series for tile in ws.tiles for series in ws.delivered(tile)]
    acquisitions = acquisition_table(delivered)
    metrics = read_json(ws.path(paths.METRICS))
    data = ReportData(
        title=ws.config.title or ws.config.name,
        created=dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        verdict=metrics,
        nomenclature=reference_strata(ws),
        images=_images(ws, acquisitions),
        confusion=None,
        areas=pd.DataFrame(),
        ledger=ledger_table(ws),
        drops=read_table(ws.path(paths.LOSSES)).rename(columns={"polygons": "count"}),
        acquisitions=acquisitions,
        regions=None,
        settings=ws.path(paths.CONFIG).read_text(encoding="utf-8"),
        versions=software_versions(),
        timings=read_timings(ws.root),
        provenance={"run": ws.config.name, "output": str(ws.root), "manifest": str(ws.path(paths.MANIFEST))},
        warnings=[*product_warnings(delivered), *borrowed_sentences(ws), *matched_sentences(ws)],
        grid=grid_facts(ws.grid),
        regression=metrics,
    )
    write_pages(ws, data)


def _images(ws: Workspace, acquisitions: pd.DataFrame) -> dict[str, Image]:
    (low, high), label = value_range(ws), target_label(ws)
    validity = read_reduced(str(ws.path(paths.map_layer("validity"))), MAX_SIDE)
    images: dict[str, Image] = {
        "value": ramp(_numbers(ws, "value"), low, high, label),
        "validity": ramp(validity, 0, max(1, int(validity.max())), "clear observations"),
        "dates": lambda language: dates_figure(acquisitions, language),
    }
    if ws.runs > 1:
        images["deviation"] = ramp(_numbers(ws, "deviation"), 0, (high - low) / 4, f"standard deviation of {label}")
    return images | value_figures(ws) | importance_images(ws)


def _numbers(ws: Workspace, layer: str) -> np.ndarray:
    """A map reduced, float64, not-a-number where it has none."""
    values = read_reduced(str(ws.path(paths.map_layer(layer))), MAX_SIDE)
    target = ws.config.samples.target
    scale = None if target is None else target.scale
    return values.astype(np.float64) if scale is None else np.where(values == NODATA, np.nan, values / scale)
