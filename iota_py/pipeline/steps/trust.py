"""How far a member of a late fusion is to be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from iota_py.io.publish import write_json
from iota_py.pipeline import paths
from iota_py.pipeline.models.calibrated import fit_calibrated
from iota_py.pipeline.models.members import member_part
from iota_py.pipeline.models.ranks import fold_of_samples
from iota_py.pipeline.steps.learning import fit_samples
from iota_py.pipeline.steps.learning_set import learning_samples
from iota_py.pipeline.workspace import Workspace
from iota_py.prediction.loading import load_engine


def write_trust(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`models/region_<r>_run_<k>/<member>.json`: confusion matrix of a member on the learning polygons, each labelled by a model that was
    not fitted on it. Polygons that validate the map have no part in it, nor have samples that augmentation adds.

    Polygons of each class are dealt to the folds; a class with a single polygon is always learnt from and never tested.
    """
    region, run = params["region"], params["run"]
    samples = learning_samples(ws, region, run, augment=False)
    samples["fold"] = learning_folds(samples, params["folds"], params["seed"])
    samples, names = member_part(ws, samples, params["member"])
    codes = np.unique(samples.code.to_numpy(np.uint8))
    counts = np.zeros((256, 256), np.int64)
    for number in range(params["folds"]):
        held, learnt = samples[samples.fold == number], samples[samples.fold != number].reset_index(drop=True)
        if len(held) and len(learnt):
            np.add.at(counts, (held.code.to_numpy(np.intp), _labels(ws, params, learnt, held, names)), 1)
    document = {"member": params["member"], "codes": codes.tolist(), "confusion": counts[np.ix_(codes, codes)].tolist()}
    write_json(ws.path(paths.trust(region, run, params["member"])), document)


def learning_folds(samples: pd.DataFrame, folds: int, seed: int) -> np.ndarray:
    """Fold of each sample, int64 (sample,), -1 for those that are always learnt from: whole polygons, the same for every member.

    Samples made of several polygons have a number below 0, and are always learnt from.
    """
    fold, whole = np.full(len(samples), -1, np.int64), samples.polygon.to_numpy() >= 0
    fold[whole] = fold_of_samples(samples[whole], folds, seed)
    return fold


def _labels(ws: Workspace, params: Mapping[str, Any], learnt: pd.DataFrame, held: pd.DataFrame, names: tuple[str, ...]) -> np.ndarray:
    """Labels intp (sample,) of `held` by a model of `learnt`; a class alone is what everything is taken for."""
    classes = learnt.code.unique()
    if len(classes) == 1:
        return np.full(len(held), classes[0], np.intp)
    fitted, _ = fit_calibrated(ws, params, learnt, lambda some: fit_samples(ws, params, some, names))
    features = np.ascontiguousarray(held[list(names)].to_numpy(np.int16))
    return load_engine(fitted).predict(features).labels.astype(np.intp)
