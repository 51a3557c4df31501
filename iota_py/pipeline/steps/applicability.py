"""The space in which the models of a region and run know where they apply, from what they learnt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from iota_py.applicability.space import Wish, fit_space
from iota_py.errors import Fault, TaskError
from iota_py.pipeline.models.applicability import save_space
from iota_py.pipeline.models.ranks import fold_of_samples
from iota_py.pipeline.steps.crossval import folds_of
from iota_py.pipeline.steps.learning_set import learning_samples, polygon_keys
from iota_py.pipeline.workspace import Workspace
from iota_py.training.bundle import load
from iota_py.training.importance import own_importance


def write_space(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`models/applicability/region_<r>_run_<k>/`, from the samples that the models of the region learnt, without those that augmentation made.

    TaskError E-AOA-005: they cannot be compared with each other.
    """
    region, run, wish = params["region"], params["run"], params["wish"]
    samples = learning_samples(ws, region, run, augment=False)
    weights, named = model_weights(ws, params["models"])
    features = np.ascontiguousarray(samples[list(ws.feature_names)].to_numpy(np.int16))
    fold = sample_folds(ws, samples, params)
    try:
        space, learnt = fit_space(features, weights, fold, Wish(wish["components"], wish["variance"], wish["cells"], wish["samples"]))
    except ValueError as error:
        text, fix = f"run {run}: where the model applies cannot be said: {error}", "give more polygons, or leave map.applicability out"
        raise TaskError(Fault("E-AOA-005", f"region {ws.region_names[region]}", "map.applicability", text, fix)) from error
    known = learnt.index[np.isfinite(learnt.index)]
    said = {
        "region": ws.region_names[region], "run": run, "samples": len(samples), "kept": len(learnt.kept), "cells": len(space.cells.ends), "weights": named,
        "columns": len(space.axes.columns), "components": space.axes.axes.shape[1], "variance": space.axes.share,
        "mean_distance": space.mean_distance, "threshold": space.threshold, "found": learnt.found, "excess": learnt.excess, "folds": int(np.unique(fold).size),
        "by": params["by"], "inside": float((known <= space.threshold).mean()),
    }  # fmt: skip
    save_space(ws, region, run, space, said)


def model_weights(ws: Workspace, folders: list[str]) -> tuple[np.ndarray, str]:
    """Importance of each feature, float64 (feature,), mean over the models, and where it is from; 1 for all where they say nothing of it."""
    found = []
    for folder in folders:
        fitted = load(ws.path(folder), ws.feature_names)
        own = own_importance(fitted.estimator)
        if own is None or not own.any():
            return np.ones(len(ws.feature_names)), "equal"
        found.append(own if fitted.projection is None else fitted.projection.spread(own))
    return np.mean(found, axis=0), "importance"


def sample_folds(ws: Workspace, samples: pd.DataFrame, params: Mapping[str, Any]) -> np.ndarray:
    """Fold of each sample, int64 (sample,): of its polygon, dealt by class, or of its block.

    A sample of no polygon, and the only polygon of a class, which always learn, are folds for themselves.
    """
    unit = samples.groupby(polygon_keys(samples), sort=True).ngroup().to_numpy(np.int64, copy=True)
    alone = (samples.polygon < 0).to_numpy()
    unit[alone] = len(samples) + np.arange(alone.sum())
    if params["by"] == "blocks":
        fold = samples.polygon.map(folds_of(ws, samples, {**params, "kind": "blocks"})).to_numpy(np.float64)
    else:
        fold = fold_of_samples(samples.assign(polygon=unit), params["folds"], params["seed"]).astype(np.float64)
    return np.where(fold >= 0, fold, params["folds"] + unit).astype(np.int64)
