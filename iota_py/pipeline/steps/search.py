"""Search of the parameters of a region's model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from iota_py.assessment.confusion import confusion_matrix
from iota_py.assessment.metrics import scores
from iota_py.errors import Fault, TaskError
from iota_py.io.documents import yaml_text
from iota_py.io.publish import write_json, write_text
from iota_py.pipeline import paths
from iota_py.pipeline.models.ranks import fold_of_samples
from iota_py.pipeline.models.searched import space_of, with_values
from iota_py.pipeline.steps.learning import fit_samples
from iota_py.pipeline.steps.learning_set import learning_samples
from iota_py.pipeline.workspace import Workspace
from iota_py.prediction.loading import load_engine
from iota_py.samples.split import generator
from iota_py.training.search import Trial, best_of, search

_STREAM = 11


def write_search(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`models/search_region_<r>.json`: every trial and the best; `assessment/search/model_region_<r>.yaml`: a section to copy.

    Folds keep polygons whole. Trials see the learning samples of the first run, never its validation polygons nor samples that augmentation adds.
    """
    wish, region = ws.config.search, params["region"]
    assert wish is not None
    samples = thinned(learning_samples(ws, region, 0, augment=False), wish.samples, params["seed"])
    fold = fold_of_samples(samples, wish.folds, params["seed"])

    def judge(values: Mapping[str, Any]) -> list[float]:
        return [_score(ws, {**params, "trial": values}, samples, fold == k) for k in range(wish.folds)]

    trials = search(space_of(ws.config), ws.config.model.model_dump(), wish.trials, params["seed"], judge)
    try:
        best = best_of(trials)
    except ValueError as error:
        text = f"none of {wish.trials} trials has a score: {len(samples)} samples of {samples.polygon.nunique()} polygons"
        raise TaskError(
            Fault("E-SRC-004", f"region {ws.region_names[region]}", "search", text, "give more polygons, or fewer folds")
        ) from error
    document = {
        "region": ws.region_names[region],
        "kind": ws.config.model.kind,
        "score": wish.score,
        "folds": wish.folds,
        "samples": len(samples),
        "best": _entry(best),
        "trials": [_entry(trial) for trial in trials],
    }
    write_json(ws.path(paths.search(region)), document)
    chosen = with_values(ws.config.model, best.values).model_dump(mode="json")
    write_text(ws.path(paths.search_model(region)), yaml_text({"model": chosen}))


def thinned(samples: pd.DataFrame, most: int | None, seed: int) -> pd.DataFrame:
    """At most so many samples, of each class in proportion and one at least, in their order."""
    if most is None or len(samples) <= most:
        return samples.reset_index(drop=True)
    kept = np.zeros(len(samples), bool)
    for code, rows in samples.reset_index(drop=True).groupby("code", sort=True).indices.items():
        share = max(1, int(len(rows) * most / len(samples)))
        kept[generator(seed, int(str(code)), _STREAM).permutation(rows)[:share]] = True
    return samples[kept].reset_index(drop=True)


def _score(ws: Workspace, params: Mapping[str, Any], samples: pd.DataFrame, held: np.ndarray) -> float:
    """Score of a fold: of the samples held out by a model of the others; NaN where nothing can be learnt or scored."""
    wish = ws.config.search
    assert wish is not None
    if not held.any() or samples.code[~held].nunique() < 2:
        return float("nan")
    fitted = fit_samples(ws, params, samples[~held], ws.feature_names)
    features = np.ascontiguousarray(samples.loc[held, list(ws.feature_names)].to_numpy(np.int16))
    codes = sorted(int(code) for code in samples.code.unique())
    found = scores(confusion_matrix(samples.code[held].to_numpy(), load_engine(fitted).predict(features).labels, codes))
    return float(getattr(found, wish.score))


def _entry(trial: Trial) -> dict[str, Any]:
    def known(score: float) -> float | None:
        return score if np.isfinite(score) else None

    return {
        "number": trial.number,
        "score": known(trial.score),
        "folds": [known(score) for score in trial.folds],
        "values": dict(trial.values),
    }
