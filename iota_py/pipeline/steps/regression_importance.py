"""What features are worth to regressors: how far R² falls and the RMSE rises when some are shuffled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from iota_py.assessment.regression import value_scores
from iota_py.pipeline.models.regressors import polygon_numbers
from iota_py.pipeline.workspace import Workspace
from iota_py.prediction.regression import load_value_engine
from iota_py.training.importance import permutation_falls

FALLS = ["kind", "name", "r2", "r2_sd", "rmse", "rmse_sd"]


def value_permutation(
    ws: Workspace, fitted: Any, samples: pd.DataFrame, params: Mapping[str, Any], groups: Sequence[tuple[str, str, tuple[int, ...]]]
) -> dict[str, Any]:
    """R² and RMSE of pixels against the numbers of their polygons, and rows as FALLS: how far R² falls and how far the RMSE rises.

    groups: kind, name and positions of what is shuffled.
    """
    engine, reference = load_value_engine(fitted), samples.polygon.map(polygon_numbers(ws)).to_numpy(np.float64)

    def score(features: np.ndarray) -> tuple[float, float]:
        found = value_scores(reference, engine.predict(features))
        return found.r2, -found.rmse

    features = np.ascontiguousarray(samples[list(ws.feature_names)].to_numpy(np.int16))
    columns = {f"{kind} {name}": positions for kind, name, positions in groups}
    base, falls = permutation_falls(score, features, columns, params["repeats"], params["seed"])
    mean, spread = falls.mean(axis=1), falls.std(axis=1, ddof=1) if params["repeats"] > 1 else np.full(falls[:, 0].shape, np.nan)
    rows = [[kind, name, *map(_or_none, (mean[k, 0], spread[k, 0], mean[k, 1], spread[k, 1]))] for k, (kind, name, _) in enumerate(groups)]
    return {"r2": _or_none(base[0]), "rmse": -float(base[1]), "rows": rows}


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
