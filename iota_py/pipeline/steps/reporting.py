"""The report: everything that the run has written, in one page."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import platform
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from iota_py import __version__
from iota_py.assessment.figures import area_figure, confusion_figure, dates_figure, f1_figure
from iota_py.assessment.language import said
from iota_py.assessment.page import Image
from iota_py.assessment.quicklooks import difference_quicklook, map_quicklook, ramp_quicklook
from iota_py.assessment.report import ReportData, render
from iota_py.io.publish import read_json, write_text
from iota_py.io.raster import gdal_version, read_reduced
from iota_py.io.tables import read_table, read_texts, write_csv
from iota_py.mapping.fusion import choice_legend
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline import paths
from iota_py.pipeline.models.reuse import version_provenance
from iota_py.pipeline.plans.importance_results import importance_images
from iota_py.pipeline.plans.report import in_spoken, pages
from iota_py.pipeline.reference.object_words import object_sentences
from iota_py.pipeline.reference.regions import borrowed_sentences
from iota_py.pipeline.reference.season_words import season_sentences
from iota_py.pipeline.reference.splits import matched_sentences
from iota_py.pipeline.steps.assessment import read_confusions, reference_classes
from iota_py.pipeline.steps.learning_set import read_ledger
from iota_py.pipeline.timing import read_timings
from iota_py.pipeline.topics.all import topics
from iota_py.pipeline.topics.drift import drift_sentences
from iota_py.pipeline.workspace import Workspace
from iota_py.products.product import Series

MAX_SIDE = 900
LIBRARIES = ("numpy", "scikit-learn", "lightgbm", "numba", "rasterio", "geopandas", "shapely", "mlflow")


def write_report(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`report.html`, in further languages `report.fr.html` …; `assessment/acquisitions.csv`."""
    classes = reference_classes(ws)
    delivered = [series for tile in ws.tiles for series in ws.delivered(tile)]
    acquisitions = acquisition_table(delivered)
    regions = read_table(ws.path(paths.REGION_SCORES)).round({"validation pixels": 0}).astype({"validation pixels": int})
    confusion = np.sum([m for by_region in read_confusions(ws) for m in by_region.values()], axis=0)
    metrics = read_json(ws.path(paths.METRICS))
    data = ReportData(
        title=ws.config.title or ws.config.name,
        created=dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        verdict=metrics,
        nomenclature=classes,
        images={**_score_figures(confusion, metrics, classes), **(_images(ws, acquisitions) if ws.tiles else {}), **_studies(ws)},
        confusion=confusion,
        areas=read_table(ws.path(paths.AREAS)) if ws.tiles else pd.DataFrame(),
        ledger=ledger_table(ws),
        drops=read_table(ws.path(paths.LOSSES)).rename(columns={"polygons": "count"}),
        acquisitions=acquisitions,
        regions=regions if len(regions) > 1 else None,
        settings=ws.path(paths.CONFIG).read_text(encoding="utf-8"),
        versions=software_versions(),
        timings=read_timings(ws.root),
        provenance={"run": ws.config.name, "output": str(ws.root), "manifest": str(ws.path(paths.MANIFEST)), **version_provenance(ws.root)},
        warnings=[
            *product_warnings(delivered),
            *object_sentences(ws),
            *borrowed_sentences(ws),
            *matched_sentences(ws),
            *season_sentences(ws),
            *drift_sentences(ws),
        ],
        gap=None if ws.config.assessment.cross_validation is None else read_json(ws.path(paths.CROSS_VALIDATION)),
        fusion=_fusion(ws),
        grid=grid_facts(ws.grid) if ws.tiles else {},
        mapped=bool(ws.tiles),
        regularised=None if ws.config.regularisation is None else read_table(ws.path(paths.REGULARISATION)),
        vector=None if ws.config.vector is None else vector_table(ws),
        boundary=_boundary(ws),
        topics=topics(ws),
    )
    write_pages(ws, data)


def write_pages(ws: Workspace, data: ReportData) -> None:
    """The report in every language of the configuration, and the table of acquisitions that it may shorten."""
    for language, name in pages(ws.config).items():
        write_text(ws.path(name), render(data, language))
    if ws.config.inputs:
        write_csv(ws.path(paths.ACQUISITIONS), data.acquisitions)


def grid_facts(grid: Any) -> dict[str, Any]:
    """What the report says of the grid of the map."""
    return {"crs": _crs_name(grid), "resolution": pixel_size(grid), "shape": tuple(grid.shape)}


def _score_figures(confusion: np.ndarray, metrics: Mapping[str, Any], classes: Nomenclature) -> dict[str, Image]:
    return {
        "confusion": lambda language: confusion_figure(confusion, classes, language),
        "f1": lambda language: f1_figure(dict(metrics), classes, language),
    }


def _studies(ws: Workspace) -> dict[str, Image]:
    """Figures that other tasks drew, where they were asked for."""
    found = importance_images(ws)
    if ws.config.samples.cleaning is not None:
        figures = in_spoken(paths.SUSPICIOUS_FIGURE, ws.config)
        found["suspicious"] = lambda language: ws.path(figures[language]).read_bytes()
    return found


def acquisition_table(series: list[Series]) -> pd.DataFrame:
    """One row for each product of each tile: used, merged with another piece of its pass, or set aside with the reason.

    Layers without dates are no acquisitions. series: name of the input, empty when there is one with dates.
    """
    rows = []
    dated = [one for one in series if one.kind != "static"]
    several = len({one.input for one in dated}) > 1
    for one in dated:
        name = one.input if several else ""
        for pieces in one.observations:
            for piece in pieces:
                status = "used" if len(pieces) == 1 else "merged"
                reason = "" if len(pieces) == 1 else f"{len(pieces)} pieces of one pass"
                rows.append((one.tile, name, piece.date, piece.platform, piece.id, piece.cloud_share, status, reason))
        rows.extend((s.tile, name, s.when.date(), s.platform, s.id, s.cloud_share, "set aside", s.reason) for s in one.set_aside)
    columns = ["tile", "series", "date", "platform", "product", "cloud_share", "status", "reason"]
    frame = pd.DataFrame(rows, columns=columns).astype({"cloud_share": float})
    return frame.sort_values(["tile", "date", "product"], ignore_index=True)


def _fusion(ws: Workspace) -> dict[str, Any] | None:
    """What the report says of the fusion of several members: `fusion` of metrics.json, with the colours of the choice map."""
    if ws.config.fusion is None:
        return None
    legend = choice_legend(list(ws.config.fusion.members))
    found: dict[str, Any] = read_json(ws.path(paths.METRICS))["fusion"]
    return {**found, "choice": [{**row, "colour": legend[row["value"]].hex_colour} for row in found["choice"]]}


def _boundary(ws: Workspace) -> tuple[dict[str, Any], pd.DataFrame] | None:
    """What the fusion at the borders of regions changed, where that was compared."""
    if ws.config.map is None or not ws.config.map.compares:
        return None
    return read_json(ws.path(paths.BOUNDARY_SUMMARY)), read_table(ws.path(paths.BOUNDARY))


def vector_table(ws: Workspace) -> pd.DataFrame:
    """Polygons and hectares of each class and zone; names of zones are texts, whatever they look like."""
    return read_texts(ws.path(paths.VECTOR_TABLE)).astype({"code": int, "polygons": int, "hectares": float})


def ledger_table(ws: Workspace) -> pd.DataFrame:
    """The ledger as texts where a number may be missing: steps before the draws have no run, steps before pixels no pixels."""
    ledger = read_ledger(ws)
    for column in ("run", "pixels"):
        ledger[column] = ["" if pd.isna(value) else f"{int(value)}" for value in ledger[column]]
    return ledger


def ramp(values: npt.ArrayLike, low: float, high: float, label: str, unit: str = "") -> Image:
    """A ramp whose label, English here, is in the language of the page."""
    return lambda language: ramp_quicklook(values, low, high, said(label, language) + unit, language)


def _images(ws: Workspace, acquisitions: pd.DataFrame) -> dict[str, Image]:
    """Quicklooks of the layers of the map, its areas and the calendar."""
    reduced = {layer: read_reduced(str(ws.path(paths.map_layer(layer))), MAX_SIDE) for layer in paths.LAYERS}
    seen = reduced["classification"] != 0
    areas = read_table(ws.path(paths.AREAS))
    images: dict[str, Image] = {
        "map": map_quicklook(reduced["classification"], ws.nomenclature),
        "confidence": ramp(np.ma.masked_where(~seen, reduced["confidence"]), 0, 100, "confidence", " (%)"),
        "validity": ramp(reduced["validity"], 0, max(1, int(reduced["validity"].max())), "clear observations"),
        "dates": lambda language: dates_figure(acquisitions, language),
        "areas": lambda language: area_figure(areas, ws.nomenclature, language),
    }
    for measure in () if ws.config.map is None else ws.config.map.uncertainty:
        values = read_reduced(str(ws.path(paths.uncertainty(measure))), MAX_SIDE)
        name = measure.replace("_", " ")
        images[f"uncertainty_{measure}"] = ramp(np.ma.masked_where(~seen, values / 10), 0, 100, name, " (%)")
    if ws.config.fusion is not None:
        images["choice"] = map_quicklook(read_reduced(str(ws.path(paths.CHOICE)), MAX_SIDE), choice_legend(list(ws.config.fusion.members)))
    if ws.config.regularisation is not None:
        images["regularised"] = map_quicklook(read_reduced(str(ws.path(paths.REGULARISED)), MAX_SIDE), ws.nomenclature)
    if ws.path(paths.difference(0)).exists():
        images["difference"] = difference_quicklook(read_reduced(str(ws.path(paths.difference(0))), MAX_SIDE))
    return images


def software_versions() -> dict[str, str]:
    """Versions of what made the run."""
    libraries = {name: importlib.metadata.version(name) for name in LIBRARIES}
    return {"iota_py": __version__, "Python": platform.python_version(), "GDAL": gdal_version(), **libraries}


def product_warnings(delivered: Sequence[Series]) -> list[str]:
    """Warnings of products that were used, and what the reader must know of the run."""
    found: dict[str, int] = {}
    for series in delivered:
        for piece in (p for pieces in series.observations for p in pieces):
            for text in piece.warnings:
                found[f"{series.input}: {text}"] = found.get(f"{series.input}: {text}", 0) + 1
        bad = [s for s in series.set_aside if s.kind == "bad"]
        if bad:
            found[f"{series.input}, tile {series.tile}: {len(bad)} acquisitions could not be used"] = len(bad)
    return [f"{text} ({count} products)" if "could not" not in text else text for text, count in found.items()]


def _crs_name(grid: Any) -> str:
    code = grid.crs.to_epsg() if grid.crs else None
    if code:
        return f"EPSG:{code}"
    name, operation = str(grid.crs.proj.name), grid.crs.proj.coordinate_operation
    return f"{operation.method_name} (no EPSG code)" if name == "unknown" and operation else name


def pixel_size(grid: Any) -> str:
    """Width of the pixels, and height where it is another one."""
    width, height = f"{abs(grid.transform.a):g}", f"{abs(grid.transform.e):g}"
    return f"{width if width == height else f'{width} × {height}'} {'m' if grid.crs.proj.is_projected else '°'}"
