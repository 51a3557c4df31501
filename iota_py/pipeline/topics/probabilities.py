"""Calibration of the probabilities and conformal sets in the report."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from iota_py.assessment.language import translator
from iota_py.assessment.page import Image
from iota_py.assessment.probability_figures import FEWEST, MOST_CLASSES, class_figure, coverage_figure, reliability_figure
from iota_py.assessment.quicklooks import map_quicklook
from iota_py.assessment.topic import Topic
from iota_py.conformal import WHOLE
from iota_py.io.publish import read_json
from iota_py.io.raster import count_values, read_reduced
from iota_py.io.tables import read_table
from iota_py.pipeline import paths
from iota_py.pipeline.models.conformal import conformal_of, settings_of
from iota_py.pipeline.models.shares import known_codes
from iota_py.pipeline.plans.probabilities import sets_mapped
from iota_py.pipeline.steps.set_size import size_legend
from iota_py.pipeline.workspace import Workspace

MAX_SIDE = 900
MEASURES = ("accuracy", "confidence", "brier", "log_loss", "ece", "ece_classwise")
PARTS = ("top_brier", "reliability", "resolution", "uncertainty", "within")
ALTERNATIVES = {
    "reliability": "Reliability diagram: share of right labels against their probability; assessment/reliability.csv holds the numbers.",
    "reliability_classes": "Small reliability diagrams, one for each class; assessment/reliability.csv holds the numbers.",
    "coverage": "Coverage of the conformal sets of each region and class with its interval; the table that follows holds the same numbers.",
    "set_size": "Map of the number of classes in the conformal set of each pixel; the table beside it gives their shares.",
}


def topic(ws: Workspace) -> Topic | None:
    """None where probabilities were not tested."""
    if ws.config.samples.target is not None or not (ws.config.assessment.probabilities is not None or sets_mapped(ws.config)):
        return None
    scores = read_table(ws.path(paths.PROBABILITY_SCORES))
    if not (scores.samples > 0).any():
        return Topic("Calibration and prediction sets", {"scored": False})
    conformal, document = conformal_of(ws), read_json(ws.path(paths.SETS))
    sizes = _sizes(ws)
    values = {
        "scored": True,
        "runs": ws.runs,
        "bins": settings_of(ws.config).bins,
        "fewest": FEWEST,
        "pixels_per_class": settings_of(ws.config).pixels_per_class,
        "calibrated": ws.config.calibration is not None,
        "rows": _score_rows(scores, MEASURES),
        "parts": _score_rows(scores[scores.region == "all"], PARTS),
        "classes_left": max(0, len(known_codes(ws)) - MOST_CLASSES),
        "target": conformal.coverage,
        "guaranteed": max(0.0, 1 - 2 * (1 - conformal.coverage)),
        "by_region": bool(conformal.by) and len(ws.region_names) > 1,
        "per_class": conformal.per_class,
        "needed": document["needed"],
        "thresholds": _thresholds(ws, document),
        "short": _short(ws, document),
        "coverage": _coverage_rows(ws),
        "map": document["map"],
        "sizes": sizes,
        "borders": ws.config.map is not None and ws.config.map.boundary_fusion is not None,
        "smoothed": ws.config.map is not None and ws.config.map.smoothing is not None,
    }
    images = _images(ws, conformal.coverage, values["coverage"])
    if sizes:
        legend, reduced = size_legend(len(known_codes(ws))), read_reduced(str(ws.path(paths.SET_SIZE)), MAX_SIDE)
        images["set_size"] = map_quicklook(reduced, legend)
    return Topic("Calibration and prediction sets", values, images, {name: ALTERNATIVES[name] for name in images})


def _score_rows(scores: pd.DataFrame, measures: tuple[str, ...]) -> list[dict[str, Any]]:
    """A row for each region and kind: of each measure the mean over draws and their standard deviation, None with one."""
    rows = []
    for (region, kind), found in scores.groupby(["region", "kind"], sort=False):
        of_draws = found[list(measures)].astype(float)
        mean, deviation = of_draws.mean(), of_draws.std(ddof=1)
        own = {name: {"mean": _or_none(mean[name]), "deviation": _or_none(deviation[name])} for name in measures}
        rows.append(
            {"region": region, "kind": kind, "samples": float(found.samples.mean()), "polygons": float(found.polygons.mean()), **own}
        )
    return rows


def _thresholds(ws: Workspace, document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Of each region and draw the least probability of a class in a set, and the polygons that set it."""
    return [
        {
            "region": ws.region_names[entry["region"]], "run": entry["run"], "polygons": entry["polygons"],
            "low": min(entry["values"]) / WHOLE, "high": max(entry["values"]) / WHOLE,
        }
        for entry in document["thresholds"]
    ]  # fmt: skip


def _short(ws: Workspace, document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Regions where classes are in every set, with their names; `all`: because the region has too few calibration polygons in a draw."""
    found: dict[int, set[int]] = {}
    few: set[int] = set()
    for entry in document["thresholds"]:
        found.setdefault(entry["region"], set()).update(entry["short"])
        few |= {entry["region"]} if entry["polygons"] < document["needed"] else set()
    return [
        {"region": ws.region_names[region], "all": region in few, "classes": [ws.nomenclature[code].label() for code in sorted(codes)]}
        for region, codes in found.items()
        if codes
    ]


def _coverage_rows(ws: Workspace) -> list[dict[str, Any]]:
    """Rows of coverage.csv: of all classes of each region, then of each class of all regions."""
    table = read_table(ws.path(paths.COVERAGE))
    shown = table[(table.code == 0) | (table.region == "all")].sort_values("code", kind="stable")
    rows = []
    for row in shown.to_dict("records"):
        name = row["region"] if row["code"] == 0 else ws.nomenclature[int(row["code"])].label()
        rows.append({**{str(key): value for key, value in row.items()}, "name": name, "whole": row["code"] == 0 and row["region"] == "all"})
    return rows


def _sizes(ws: Workspace) -> list[dict[str, Any]]:
    """Share of the mapped pixels by size of their set, with the colour of the map; none where it was not mapped."""
    if not sets_mapped(ws.config):
        return []
    counts, legend = count_values(str(ws.path(paths.SET_SIZE))), size_legend(len(known_codes(ws)))
    counts[0] = 0
    return [
        {"size": size, "colour": legend[size].hex_colour, "share": float(counts[size] / counts.sum())}
        for size in np.flatnonzero(counts).tolist()
    ]


def _images(ws: Workspace, target: float, coverage: list[dict[str, Any]]) -> dict[str, Image]:
    table = read_table(ws.path(paths.RELIABILITY))
    by_code: dict[int, dict[str, pd.DataFrame]] = {}
    for (code, kind), own in table.groupby(["code", "kind"], sort=True):
        by_code.setdefault(int(str(code)), {})[str(kind)] = own.reset_index(drop=True)
    top = by_code.pop(0)
    classes = {ws.nomenclature[code].label(): own for code, own in by_code.items()}
    images: dict[str, Image] = {
        "reliability": lambda language: reliability_figure(top, language),
        "reliability_classes": lambda language: class_figure(classes, language),
    }
    if coverage:
        images["coverage"] = functools.partial(_coverage_image, coverage, target)
    return images


def _coverage_image(rows: list[dict[str, Any]], target: float, language: str) -> bytes:
    every = translator(language)("all pixels")
    return coverage_figure([{**row, "name": every} if row["whole"] else row for row in rows], target, language)


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
