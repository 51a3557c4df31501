"""The report of a run: one HTML file that needs no network and no script, for the screen and for paper."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from iota_py.assessment import wording
from iota_py.assessment.difference import COLOURS, LABELS
from iota_py.assessment.fused import MEASURES, fused_note, fused_rows
from iota_py.assessment.gap import gap_rows
from iota_py.assessment.metrics import confusion_table
from iota_py.assessment.regression import figures, regression_line
from iota_py.nomenclature import Nomenclature

_TEMPLATES = Path(__file__).parent / "templates"
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_IDS_SHOWN = 12
CHANGES_SHOWN = 5

# Alternative text of the images that have a place of their own; other images go to "Further figures" under their key.
ALTERNATIVES = {
    "map": "Land-cover map; the legend beside it lists the classes, the table of areas gives their extent.",
    "confidence": "Map of the confidence of the classification, from dark (low) to light (high).",
    "uncertainty_least_confidence": "Map of one less the largest probability, from dark (decided) to light (undecided).",
    "uncertainty_margin": "Map of one less the difference of the two largest probabilities, from dark (decided) to light (undecided).",
    "uncertainty_ratio": "Map of the second largest probability over the largest, from dark (decided) to light (undecided).",
    "uncertainty_entropy": "Map of the entropy of the probabilities, from dark (decided) to light (undecided).",
    "validity": "Map of the number of clear observations of each pixel, from dark (few) to light (many).",
    "confusion": "Confusion matrix, reference in rows and map in columns; the table that follows holds the same counts.",
    "f1": "F1 of each class with its interval; the table that follows holds the same numbers.",
    "areas": "Bars of the area of each class; the table that follows holds the same numbers.",
    "dates": "Calendar of the cloud share of the acquisitions of each tile; the lists that follow hold the same values.",
    "choice": "Map of which members of the fusion had the label; the table beside it gives their shares.",
    "value": "Map of the predicted number, from dark (low) to light (high).",
    "deviation": "Map of the standard deviation between draws, from dark (low) to light (high).",
    "scatter": "Predicted against reference numbers of the validation polygons and pixels; the table that follows holds the scores.",
    "residuals": "Boxes of predicted less reference number of each stratum; the table that follows holds the scores.",
    "regularised": "Land-cover map without its smallest patches; the table that follows says what that changed.",
    "difference": "Map of the reference pixels, right or wrong, learning and validation apart.",
    "suspicious": "Series of the most doubtful learning polygons beside the spread of their class; samples/suspicious.csv lists them all.",
    "importance": "Heat map of the importance of features, bands in rows and dates in columns; assessment/importance.csv holds the numbers.",
    "importance_permutation": "Heat map of the fall of a score, bands in rows and dates in columns; assessment/permutation.csv holds the numbers.",
    "importance_groups": "Bars of the fall of the scores for each band, date and sensor; assessment/permutation.csv holds the numbers.",
    "importance_shap": "Heat map of SHAP values, columns in rows and classes in columns; assessment/shap.csv holds the numbers.",
    "importance_elimination": "Curve of the scores against the number of columns; assessment/elimination.json holds the numbers.",
}


@dataclass(frozen=True)
class ReportData:
    """What the report shows. Every text may hold any character: it is escaped. An empty table or None leaves a sentence that says so.

    verdict: content of metrics.json, None where nothing was validated. images: PNG bytes by name (`ALTERNATIVES`). confusion: (n, n), the
    draws added up. areas: `class_areas`. ledger, regions: any columns. drops: reason, count, ids (a list or a text). acquisitions:
    tile, date, platform, product, cloud_share (0-1, NaN unknown), status ('used', 'merged', 'set aside'), reason. settings: YAML.
    mapped: False where no map was made, so that its sections are left out. timings: stage, tasks, seconds. grid: crs, resolution (a text with
    its unit, `10 m`), shape (rows, cols).
    fusion: `fusion` of metrics.json, with a `colour` for each choice, None where one model mapped it all. gap: content of
    cross_validation.json, None where it was not asked for. regression: content of metrics.json of a run that predicts a number (confusion,
    areas and regions are then of no use), None of one that predicts classes. regularised: content of regularisation.csv, None where the map was
    not regularised. vector: zone, code, name, polygons, hectares; None where no polygons were made. boundary: content of boundary.json and
    boundary.csv, None where maps with and without fusion at the borders were not compared.
    """

    title: str
    created: str
    verdict: Mapping[str, Any] | None
    nomenclature: Nomenclature
    images: Mapping[str, bytes]
    confusion: np.ndarray | None
    areas: pd.DataFrame
    ledger: pd.DataFrame
    drops: pd.DataFrame
    acquisitions: pd.DataFrame
    regions: pd.DataFrame | None
    settings: str
    versions: Mapping[str, str]
    timings: pd.DataFrame
    provenance: Mapping[str, Any]
    warnings: list[str] = field(default_factory=list)
    grid: Mapping[str, Any] = field(default_factory=dict)
    mapped: bool = True
    fusion: Mapping[str, Any] | None = None
    gap: Mapping[str, Any] | None = None
    regularised: pd.DataFrame | None = None
    vector: pd.DataFrame | None = None
    boundary: tuple[Mapping[str, Any], pd.DataFrame] | None = None
    regression: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Picture:
    """An image ready for the page. width, height: pixels."""

    source: str
    alternative: str
    width: int
    height: int


def render(data: ReportData) -> str:
    """The report as one HTML text. Raises ValueError when an image is not a PNG or the matrix does not fit the nomenclature."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(
        score=wording.score,
        spread=wording.spread,
        count=wording.count,
        duration=wording.duration,
        percent=wording.percent,
        figures=figures,
        hectares=wording.hectares,
    )
    return environment.get_template("report.html.j2").render(
        data=data,
        pictures={name: _picture(name, png) for name, png in data.images.items()},
        further=[name for name in data.images if name not in ALTERNATIVES],
        importance=any(name.startswith("importance") for name in data.images),
        verdict_line=wording.verdict_line(data.verdict) if data.regression is None else regression_line(data.regression),
        unit=(data.verdict or {}).get("unit", "polygons"),
        facts=_facts(data),
        fused=_fused(data.verdict or {}),
        boundary=None if data.boundary is None else _boundary(*data.boundary),
        confusion=None if data.confusion is None else wording.frame_cells(confusion_table(data.confusion, data.nomenclature).reset_index()),
        gap_rows=[] if data.gap is None else gap_rows(data.gap),
        ledger=wording.frame_cells(data.ledger),
        regions=None if data.regions is None else wording.frame_cells(data.regions),
        drops=_drops(data.drops),
        tiles=_tiles(data.acquisitions),
        set_aside=_acquisition_rows(data.acquisitions, "set aside"),
        longest=float(data.timings["seconds"].max()) if len(data.timings) else 0.0,
        provenance={key: _structured(value) for key, value in data.provenance.items()},
        difference_legend=[(LABELS[value], "#{:02x}{:02x}{:02x}".format(*colour)) for value, colour in COLOURS.items()],
    )


def _picture(name: str, png: bytes) -> Picture:
    if not png.startswith(_PNG_SIGNATURE):
        raise ValueError(f"image `{name}` is not a PNG")
    width, height = struct.unpack(">II", png[16:24])
    source = "data:image/png;base64," + base64.b64encode(png).decode("ascii")
    return Picture(source, ALTERNATIVES.get(name, name), width, height)


def _facts(data: ReportData) -> list[tuple[str, str]]:
    """The few facts of the run that stand under the title."""
    what = "classes" if data.regression is None else "strata"
    facts = [(what, str(len(data.nomenclature.classes)))]
    if len(data.areas):
        facts.append(("mapped area", f"{wording.count(round(float(data.areas['hectares'].sum())))} ha"))
    if "shape" in data.grid:
        rows, cols = data.grid["shape"]
        facts.append(("map size", f"{wording.count(rows)} × {wording.count(cols)} pixels"))
    if "resolution" in data.grid:
        facts.append(("pixel size", str(data.grid["resolution"])))
    if "crs" in data.grid:
        facts.append(("reference system", str(data.grid["crs"])))
    if len(data.acquisitions):
        facts.append(("tiles", wording.count(data.acquisitions["tile"].nunique())))
        facts.append(("acquisitions", _statuses(data.acquisitions)))
    return facts


def _fused(verdict: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the page says of the fused map, where it was scored by itself."""
    entry = verdict.get("fused")
    return None if entry is None else {"entry": entry, "note": fused_note(entry), "rows": fused_rows(entry), "measures": MEASURES.values()}


def _boundary(summary: Mapping[str, Any], changes: pd.DataFrame) -> dict[str, Any]:
    shown = changes.head(CHANGES_SHOWN).to_dict("records")
    return {"summary": summary, "kinds": len(changes), "changes": shown, "shown": CHANGES_SHOWN}


def _statuses(acquisitions: pd.DataFrame) -> str:
    counts = acquisitions["status"].value_counts()
    return ", ".join(f"{wording.count(counts[status])} {status}" for status in ("used", "merged", "set aside") if status in counts)


def _drops(drops: pd.DataFrame) -> list[dict[str, Any]]:
    rows = []
    for entry in drops.to_dict("records"):
        names = _names(entry["ids"])
        rows.append({"reason": entry["reason"], "count": entry["count"], "ids": ", ".join(names), "long": len(names) > MAX_IDS_SHOWN})
    return rows


def _names(ids: Any) -> list[str]:
    if isinstance(ids, str):
        return [ids]
    return [str(name) for name in ids] if isinstance(ids, Iterable) else []


def _tiles(acquisitions: pd.DataFrame) -> list[dict[str, Any]]:
    """The acquisitions tile by tile, tiles and dates ascending."""
    if acquisitions.empty:
        return []
    return [
        {"tile": tile, "statuses": _statuses(group), "rows": _acquisition_rows(group)}
        for tile, group in acquisitions.groupby("tile", sort=True)
    ]


def _acquisition_rows(acquisitions: pd.DataFrame, status: str | None = None) -> list[dict[str, Any]]:
    if acquisitions.empty:
        return []
    chosen = acquisitions if status is None else acquisitions[acquisitions["status"] == status]
    texts = {name: chosen[name].astype(object).where(chosen[name].notna(), "") for name in ("platform", "product", "reason")}
    rows = chosen.assign(date=pd.to_datetime(chosen["date"]).dt.strftime("%Y-%m-%d"), **texts)
    return rows.sort_values(["tile", "date", "product"]).to_dict("records")


def _structured(value: Any) -> dict[str, Any]:
    """A value of the provenance: a plain text, or a nested one that keeps its lines."""
    if isinstance(value, (Mapping, list, tuple)):
        return {"nested": True, "text": json.dumps(value, indent=2, sort_keys=True, default=str, ensure_ascii=False)}
    return {"nested": False, "text": str(value)}
