"""The features of the year that is to be mapped beside those of the year of the models, region by region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from iota_py.assessment.drift import OUT_OF_RANGE, compare, judge, worst_cells, worst_verdict
from iota_py.assessment.drift_figures import drift_figure
from iota_py.assessment.drift_words import drift_line
from iota_py.errors import Fault, InputError
from iota_py.io.publish import read_json, write_bytes, write_json, write_text
from iota_py.io.tables import write_csv
from iota_py.io.vectors import write_geojson
from iota_py.pipeline import paths
from iota_py.pipeline.models.alignment import years_apart
from iota_py.pipeline.models.profiles import read_profile_file
from iota_py.pipeline.reference.regions import model_folders
from iota_py.pipeline.steps.profile import region_pixels
from iota_py.pipeline.workspace import Workspace
from iota_py.training.bundle import load
from iota_py.training.importance import own_importance

COLUMNS = ["region", "feature", "input", "band", "date", "importance", "psi", "ks", "shift", "outside", "outside_then"]


def write_drift(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`assessment/drift.csv` (a row for each region and feature), `drift.json` (a verdict for each region), `drift.png`, `drift.geojson` (regions
    with their verdicts)."""
    tables, regions = [], []
    for region, tiles in params["regions"]:
        name, kept = ws.region_names[region], read_profile_file(ws.path(paths.profile(region)))
        now = region_pixels(ws, region, tiles)
        weights, told = _importance(ws, region)
        table = _with_places(ws, compare(kept.pixels, kept.samples, now)).assign(region=name, importance=weights)
        then = None if kept.pixels is None else int(kept.pixels.counts.max(initial=0))
        found = judge(table, weights, (len(now), then)).document()
        against = "samples" if kept.pixels is None else "pixels"
        regions.append({"region": name, **found, "against": against, "weights": told, "worst": worst_cells(table)})
        tables.append(table)
    every = pd.concat(tables, ignore_index=True)[COLUMNS]
    write_csv(ws.path(paths.DRIFT_TABLE), every)
    write_bytes(ws.path(paths.DRIFT_FIGURE), drift_figure(every))
    verdict = worst_verdict([one["verdict"] for one in regions])
    document = {
        "verdict": verdict,
        "regions": regions,
        "years": years_apart(ws.model_names, ws.feature_names),
        "models": str(ws.config.reuse),
    }
    write_json(ws.path(paths.DRIFT), document)
    write_geojson(ws.path(paths.DRIFT_PLACES), _outlined(ws, regions))


def write_drift_check(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`assessment/drift.txt`: the verdicts in words. InputError E-DRF-004 where the run is to stop and a region is out of range."""
    document = read_json(ws.path(paths.DRIFT))
    out = [one for one in document["regions"] if one["verdict"] == OUT_OF_RANGE]
    if params["stop"] and out:
        text = "; ".join(drift_line(one) for one in out)
        fix = f"see {paths.DRIFT_TABLE}; train on samples of this year, or set assessment.drift.stop: false to map all the same"
        raise InputError(Fault("E-DRF-004", ws.config.name, "assessment.drift", f"no map was made: {text}", fix))
    write_text(ws.path(paths.DRIFT_TEXT), "".join(f"{drift_line(one)}\n" for one in document["regions"]))


def _outlined(ws: Workspace, regions: Sequence[Mapping[str, Any]]) -> gpd.GeoDataFrame:
    """Regions in longitude and latitude with what was found; the outline of the tiles where there are no regions."""
    frame = ws.regions("EPSG:4326")
    if frame is None:
        boxes = [ws.geobox(tile).extent.to_crs("EPSG:4326").geom for tile in ws.tiles]
        outlines = {regions[0]["region"]: shapely.union_all(boxes)}
    else:
        outlines = dict(zip(frame.name, frame.geometry))
    rows = pd.DataFrame([{key: one[key] for key in ("region", "verdict", "beyond", "moderate", "large")} for one in regions])
    return gpd.GeoDataFrame(rows, geometry=[outlines[name] for name in rows.region], crs="EPSG:4326")


def _with_places(ws: Workspace, table: pd.DataFrame) -> pd.DataFrame:
    places = ws.places
    return table.assign(
        feature=[one.name for one in places], input=[one.input for one in places], band=[one.band for one in places],
        date=[one.date for one in places],
    )  # fmt: skip


def _importance(ws: Workspace, region: int) -> tuple[np.ndarray, str]:
    """Share of each column in the importance that the models of a region give it, mean over them; equal shares where they say nothing."""
    names, found = ws.model_names, []
    for folder in model_folders(ws, region):
        fitted = load(ws.path(folder), names)
        own = own_importance(fitted.estimator)
        if own is not None and own.sum() > 0:
            values = own if fitted.projection is None else fitted.projection.spread(own)
            found.append(pd.Series(values, fitted.names).reindex(names, fill_value=0.0).to_numpy(np.float64))
    if not found:
        return np.full(len(names), 1 / len(names)), "equal"
    mean = np.mean(found, axis=0)
    return mean / mean.sum(), "importance"
