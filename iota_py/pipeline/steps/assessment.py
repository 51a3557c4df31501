"""Accuracy of each run on its validation polygons, and the summary over runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from odc.geo.geobox import GeoBox

from iota_py.assessment.areas import class_areas
from iota_py.assessment.confusion import confusion_matrix, unclassified
from iota_py.assessment.difference import difference_colormap, difference_map
from iota_py.assessment.figures import area_figure, confusion_figure, f1_figure
from iota_py.assessment.metrics import confusion_table, interval, metrics_document, scores
from iota_py.config.schema import RunConfig
from iota_py.grid.windows import Window, split
from iota_py.io.assembly import write_map
from iota_py.io.parts import Layout
from iota_py.io.publish import read_json, write_bytes, write_json
from iota_py.io.raster import count_values, read_window
from iota_py.io.tables import read_table, write_csv, write_table
from iota_py.io.vectors import read_vectors
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline import paths
from iota_py.pipeline.models.members import member_layer
from iota_py.pipeline.reference.management import annual_codes
from iota_py.pipeline.reference.splits import draws_entry
from iota_py.pipeline.steps.fusion_summary import fusion_summary, kept_members
from iota_py.pipeline.steps.mapped_pixels import mapped_pixels, polygon_counts
from iota_py.pipeline.steps.run_vote import fused_entry
from iota_py.pipeline.steps.skill import run_polygons, write_skill
from iota_py.pipeline.steps.table_scores import write_predicted_table
from iota_py.pipeline.steps.years import predicted_years
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.candidates import burn_polygons

BLOCK = 2048


def reference_classes(ws: Workspace) -> Nomenclature:
    """The classes that the reference data hold: those of the matrices and tables."""
    return ws.nomenclature.subset({*read_table(ws.path(paths.SPLIT)).code.unique(), *annual_codes(ws.config, ws.nomenclature)})


def write_run_scores(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`assessment/run_<k>.json`: confusion matrix of each region; `run_<k>_polygons.parquet`; and the difference map of the run."""
    run = params["run"]
    classes = reference_classes(ws)
    pixels = _predicted_samples(ws, run) if not ws.config.samples.places else mapped_pixels(ws, run)
    kept = kept_members(ws, lambda name: _by_region(ws, mapped_pixels(ws, run, member_layer(name)), classes))
    document = {"run": run, "codes": classes.codes, "regions": _by_region(ws, pixels, classes), **kept}
    write_json(ws.path(paths.run_scores(run)), document)
    write_table(ws.path(paths.run_polygons(run)), polygon_counts(pixels, run, ws.region_names))
    if ws.config.samples.places:
        write_map(
            ws.path(paths.difference(run)), ws.grid, Layout("uint8", 1, "mode", 0), _difference_blocks(ws, run),
            lambda dataset: dataset.write_colormap(1, difference_colormap()),
        )  # fmt: skip


def _predicted_samples(ws: Workspace, run: int) -> pd.DataFrame:
    """Validation samples that lie on no map, with the class that their model gives them."""
    return write_predicted_table(ws, run) if ws.config.samples.table is not None else predicted_years(ws, run)


def _by_region(ws: Workspace, pixels: pd.DataFrame, classes: Nomenclature) -> dict[str, Any]:
    """Confusion matrix of each region, and its pixels that have no class."""
    regions = {}
    for region, group in pixels.groupby("region", sort=True):
        regions[ws.region_names[int(str(region))]] = {
            "confusion": confusion_matrix(group.code, group.mapped, classes.codes).tolist(),
            "unclassified": unclassified(group.mapped, classes.codes),
        }
    return regions


def _difference_blocks(ws: Workspace, run: int) -> Iterator[tuple[Window, np.ndarray]]:
    grid: GeoBox = ws.grid
    polygons = read_vectors(ws.path(paths.POLYGONS), "polygons")
    roles = read_table(ws.path(paths.SPLIT)).set_index("polygon")[f"run_{run}"]
    polygons = polygons[polygons.polygon.isin(roles.index) & ~polygons.code.isin(annual_codes(ws.config, ws.nomenclature))]
    role_of = np.zeros(int(roles.index.max()) + 2, np.uint8)
    role_of[roles.index.to_numpy() + 1] = roles.to_numpy()
    mapped = str(ws.path(paths.map_layer("classification", run if ws.runs > 1 else None)))
    for window in split(grid.shape, (BLOCK, BLOCK)):
        box = window.of(grid)
        near = polygons.sindex.query(box.extent.geom)
        if not len(near):
            yield window, np.zeros(window.shape, np.uint8)
            continue
        burnt = burn_polygons(polygons.iloc[near], box)
        role = role_of[burnt.polygon]
        yield window, difference_map(read_window(mapped, window), burnt.code.astype(np.uint8), role)


def read_confusions(ws: Workspace) -> list[dict[str, np.ndarray]]:
    """For each run, the confusion matrix of each region."""
    documents = [read_json(ws.path(paths.run_scores(run))) for run in range(ws.runs)]
    return [{name: np.array(entry["confusion"], np.int64) for name, entry in d["regions"].items()} for d in documents]


def write_summary(ws: Workspace, params: Mapping[str, Any]) -> None:
    """metrics.json, confusion.csv (runs added up), areas.csv, regions.csv, figures, and the files of `write_skill`."""
    classes = reference_classes(ws)
    by_run = read_confusions(ws)
    size = len(classes.classes)
    totals = [sum(by_region.values(), np.zeros((size, size), np.int64)) for by_region in by_run]
    unit = unit_of(ws.config)
    metrics = metrics_document(totals, classes, unit) | ({"fusion": fusion_summary(ws, totals)} if ws.config.fusion else {})
    metrics |= draws_entry(ws.config.samples.split, unit) | fused_entry(ws, classes)
    confusion = np.sum(totals, axis=0)
    metrics |= write_skill(ws, run_polygons(ws), confusion, classes, unit, paths.SKILL)
    write_json(ws.path(paths.METRICS), metrics)
    write_csv(ws.path(paths.CONFUSION), confusion_table(confusion, classes), index=True)
    write_csv(ws.path(paths.REGION_SCORES), region_scores(by_run))
    figures = {"confusion": confusion_figure(confusion, classes), "f1": f1_figure(metrics, classes)}
    if ws.tiles:
        figures["areas"] = _areas(ws, classes)
    for name, image in figures.items():
        write_bytes(ws.path(f"{paths.FIGURES}/{name}.png"), image)


def unit_of(config: RunConfig) -> str:
    """What draws are made of, in words."""
    table = config.samples.table
    return "polygons" if table is None else "series" if table.kind == "series" else "samples"


def _areas(ws: Workspace, classes: Nomenclature) -> bytes:
    """areas.csv, and its figure."""
    counts = count_values(str(ws.path(paths.map_layer("classification"))))
    areas = class_areas(counts, abs(ws.grid.transform.a * ws.grid.transform.e), classes)
    write_csv(ws.path(paths.AREAS), areas)
    return area_figure(areas, classes)


def region_scores(by_run: list[dict[str, np.ndarray]]) -> pd.DataFrame:
    """Overall accuracy, kappa and macro F1 of each region: mean and half of the 95 % interval over runs."""
    rows = []
    for name in sorted({name for by_region in by_run for name in by_region}):
        found = [scores(by_region[name]) for by_region in by_run if name in by_region]
        row: dict[str, Any] = {"region": name, "validation pixels": float(np.mean([s.support.sum() for s in found]))}
        for key in ("overall_accuracy", "kappa", "f1_macro"):
            summary = interval(getattr(s, key) for s in found)
            row[key], row[f"{key} ±"] = summary["mean"], summary["half_width"]
        rows.append(row)
    return pd.DataFrame(rows)
