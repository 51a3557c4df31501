"""Backward elimination of columns on the learning pixels of the first run: validation polygons of that run have no part in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from iota_py.assessment.confusion import confusion_matrix
from iota_py.assessment.metrics import scores
from iota_py.errors import Fault, TaskError
from iota_py.io.publish import write_json, write_text
from iota_py.pipeline import paths
from iota_py.pipeline.steps.learning import fit_samples
from iota_py.pipeline.steps.learning_set import learning_samples
from iota_py.pipeline.steps.trust import learning_folds
from iota_py.pipeline.workspace import Workspace
from iota_py.prediction.loading import load_engine
from iota_py.samples.selection import Strategy, select
from iota_py.training.elimination import Trial, chosen, eliminate
from iota_py.training.importance import own_importance, permutation_falls

RUN = 0
OVERALL_ACCURACY, F1 = 0, 1


@dataclass(frozen=True, eq=False)
class Part:
    """Learning samples of a region. truth: uint8 (sample,). fold: int64 (sample,), -1 for those that are never tested."""

    region: int
    samples: pd.DataFrame
    truth: np.ndarray
    fold: np.ndarray


def write_elimination(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`assessment/elimination.json`, the columns in the order in which they left and the scores of each step; `assessment/columns.txt`,
    those of the smallest set within the tolerance.

    One order for all the regions: each fold of a region is predicted by a model of its other folds; importance is the mean over these models,
    scores are those of a fold of all regions together.
    """
    names = ws.feature_names if params.get("keep") is None else tuple(params["keep"])
    options = params["elimination"]
    parts = [part for region in ws.region_names if (part := _part(ws, region, params)) is not None]
    codes = sorted({int(code) for part in parts for code in part.truth})

    def evaluate(columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return _evaluate(ws, params, parts, codes, (columns, names))

    trials = eliminate(len(names), evaluate, options["drop"], options["smallest"])
    best = chosen(trials, F1, options["tolerance"])
    kept = [names[column] for column in best.columns]
    dropped = [column for trial in trials for column in trial.dropped]
    document = {
        "run": RUN, "folds": options["folds"], "tolerance": options["tolerance"], "pixels": sum(len(part.truth) for part in parts),
        "steps": [_step(trial, names) for trial in trials],
        "order": [names[column] for column in (*dropped, *trials[-1].columns)],
        "chosen": len(kept), "kept": kept,
    }  # fmt: skip
    write_json(ws.path(paths.ELIMINATION), document)
    head = f"# {len(kept)} of {len(names)} columns, by backward elimination on the learning polygons of run {RUN}\n"
    write_text(ws.path(paths.COLUMNS), head + "".join(f"{name}\n" for name in kept))


def _part(ws: Workspace, region: int, params: Mapping[str, Any]) -> Part | None:
    samples = learning_samples(ws, region, RUN, augment=False)
    if samples.empty:
        return None
    samples = samples[select(samples, Strategy("constant", params["pixels_per_class"]), params["seed"])].reset_index(drop=True)
    fold = learning_folds(samples, params["elimination"]["folds"], params["seed"])
    return Part(region, samples, samples.code.to_numpy(np.uint8), fold)


def _evaluate(
    ws: Workspace, params: Mapping[str, Any], parts: list[Part], codes: list[int], columns: tuple[np.ndarray, tuple[str, ...]]
) -> tuple[np.ndarray, np.ndarray]:
    """Importance of some columns (positions, all the names), and scores by fold: overall accuracy and mean F1."""
    positions, names = columns
    own = tuple(names[position] for position in positions)
    importance, found = [], []
    for number in range(params["elimination"]["folds"]):
        confusion = np.zeros((len(codes), len(codes)), np.int64)
        for part in parts:
            held = part.fold == number
            if not held.any() or len(np.unique(part.truth[~held])) < 2:
                continue
            fitted = fit_samples(ws, {**params, "region": part.region, "run": RUN}, part.samples[~held], own)
            engine, truth = load_engine(fitted), part.truth[held]
            features = np.ascontiguousarray(part.samples.loc[held, list(own)].to_numpy(np.int16))

            def matrix(values: np.ndarray, engine: Any = engine, truth: np.ndarray = truth) -> np.ndarray:
                return confusion_matrix(truth, engine.predict(values).labels, codes)

            confusion += matrix(features)
            worth = own_importance(fitted.estimator)
            if worth is None:  # kinds that say nothing of columns: what a shuffled column costs in mean F1
                groups = {name: (k,) for k, name in enumerate(own)}
                worth = permutation_falls(lambda values: [scores(matrix(values)).f1_macro], features, groups, 1, params["seed"])[1].ravel()
            importance.append(worth)
        if confusion.any():
            score = scores(confusion)
            found.append([score.overall_accuracy, score.f1_macro])
    if len(found) < 2:
        text = "fewer than two folds of learning polygons could be tested"
        raise TaskError(Fault("E-IMP-006", "samples", "importance.elimination", text, "give more polygons of each class, or leave it out"))
    return np.mean(importance, axis=0), np.array(found)


def _step(trial: Trial, names: tuple[str, ...]) -> dict[str, Any]:
    mean, spread = trial.scores.mean(axis=0), trial.scores.std(axis=0, ddof=1)
    return {
        "columns": len(trial.columns),
        "overall_accuracy": float(mean[OVERALL_ACCURACY]), "overall_accuracy_sd": float(spread[OVERALL_ACCURACY]),
        "f1_macro": float(mean[F1]), "f1_macro_sd": float(spread[F1]),
        "dropped": [names[column] for column in trial.dropped],
    }  # fmt: skip
