"""Cross-validation of the model by polygon at random and by blocks of ground, region by region, and the two side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from iota_py.assessment.confusion import confusion_matrix
from iota_py.assessment.gap import FoldResult, gap_document, gap_table
from iota_py.io.publish import read_json, write_json
from iota_py.io.tables import read_table, write_csv
from iota_py.io.vectors import read_vectors
from iota_py.pipeline import paths
from iota_py.pipeline.reference.splits import block_units
from iota_py.pipeline.steps.learning import fit_samples
from iota_py.pipeline.steps.learning_set import ORDER
from iota_py.pipeline.workspace import Workspace
from iota_py.prediction.loading import load_engine
from iota_py.samples.folds import fold_units
from iota_py.samples.split import LEARNING, folds_by_polygon


def write_fold(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`assessment/crossval/…json`: confusion matrix of one fold of one region, or why there is none."""
    region, kind, fold = params["region"], params["kind"], params["fold"]
    codes = ws.nomenclature.subset(read_table(ws.path(paths.SPLIT)).code.unique()).codes
    samples = region_samples(ws, region)
    number = samples.polygon.map(folds_of(ws, samples, params)).to_numpy()
    held = number == fold
    document = {"region": ws.region_names[region], "kind": kind, "fold": fold, "codes": codes, "confusion": None, "why": ""}
    document["why"] = _hindrance(samples, held)
    if not document["why"]:
        names = ws.feature_names
        fitted = fit_samples(ws, params, samples[~held], names)
        features = np.ascontiguousarray(samples.loc[held, list(names)].to_numpy(np.int16))
        document["confusion"] = confusion_matrix(samples.code[held], load_engine(fitted).predict(features).labels, codes).tolist()
    write_json(ws.path(paths.crossed(region, kind, fold)), document)


def region_samples(ws: Workspace, region: int) -> pd.DataFrame:
    """The samples of a region that learn in any run, sorted."""
    roles = [f"run_{run}" for run in range(ws.runs)]
    found = []
    for tile in sorted(ws.tiles):
        table = read_table(ws.path(paths.features(tile)))
        found.append(table[(table.region == region) & (table[roles] == LEARNING).any(axis=1)])
    return pd.concat(found, ignore_index=True).sort_values(ORDER, ignore_index=True)


def folds_of(ws: Workspace, samples: pd.DataFrame, params: Mapping[str, Any]) -> dict[int, int]:
    """Fold of each polygon of the samples: dealt by class, or with the block that its centroid is in. Below 0: always learnt."""
    every = read_vectors(ws.path(paths.POLYGONS), "polygons")
    polygons: gpd.GeoDataFrame = every[every.polygon.isin(samples.polygon.unique())].reset_index(drop=True)
    polygons["region"] = params["region"]  # that of the pixels, which decides here
    if params["kind"] == "polygon":
        fold = folds_by_polygon(polygons, params["folds"], params["seed"])
    else:
        fold = fold_units(polygons, block_units(polygons, params["block"]), params["folds"], params["seed"])
    return dict(zip(polygons.polygon.tolist(), fold.tolist()))


def _hindrance(samples: pd.DataFrame, held: np.ndarray) -> str:
    if samples.empty:
        return "no sample of the region learns in any run"
    if not held.any():
        return "no polygon is held out: fewer blocks or polygons than folds"
    if samples.code[~held].nunique() < 2:
        return "fewer than two classes are left to learn from"
    return ""


def write_gap(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`assessment/cross_validation.json` and `.csv`: scores of every kind with their intervals over folds, and the gap."""
    results = []
    for region, _ in params["regions"]:
        for kind in params["kinds"]:
            for fold in range(params["folds"]):
                one = read_json(ws.path(paths.crossed(region, kind, fold)))
                matrix = None if one["confusion"] is None else np.array(one["confusion"], np.int64)
                results.append(FoldResult(one["region"], kind, fold, matrix, one["why"]))
    document = gap_document(results, params["folds"], params["block"])
    write_json(ws.path(paths.CROSS_VALIDATION), document)
    write_csv(ws.path(paths.CROSS_TABLE), gap_table(document))
