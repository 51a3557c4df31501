"""What each column is worth to a model: what its trees say, what is lost when it is shuffled, and SHAP values."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import lightgbm
import numpy as np

from iota_py.errors import Fault, TaskError

OWN = ("random_forest", "extra_trees", "lightgbm", "xgboost")  # kinds whose trees say what each column was worth
SHAP = OWN  # kinds that have SHAP values
SHAP_EXTRA = ("random_forest", "extra_trees")  # those of them that need the package
_BLOCK = 500  # pixels whose SHAP values are in memory at a time

Score = Callable[[np.ndarray], Sequence[float]]


def own_importance(estimator: Any) -> np.ndarray | None:
    """Share of each column, float64 (column,) summing to 1 (to 0 when there is no split), None for an estimator that says nothing.

    Forests: decrease of the impurity (Breiman 2001), mean over the trees. LightGBM, XGBoost: total gain of the splits. All favour
    columns of many distinct values, and share between columns that vary together.
    """
    if isinstance(estimator, lightgbm.Booster):
        found = estimator.feature_importance("gain").astype(np.float64)
    elif _is_xgboost(estimator):
        gains = estimator.get_score(importance_type="total_gain")
        found = np.array([gains.get(f"f{column}", 0.0) for column in range(estimator.num_features())], np.float64)
    elif hasattr(estimator, "feature_importances_"):
        found = np.asarray(estimator.feature_importances_, np.float64)
    else:
        return None
    total = float(found.sum())
    return found / total if total > 0 else np.zeros(len(found))


def permutation_falls(
    score: Score, features: np.ndarray, groups: Mapping[str, Sequence[int]], repeats: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Scores of features (pixel, feature), float64 (score,), and how far they fall when a group of columns is shuffled, (group, repeat, score).

    The columns of a group are shuffled together: a pixel gets all of them from one other pixel. Streams are named by seed, group and repeat,
    so a group falls by the same amount whatever other groups are asked for.
    """
    base = np.asarray(score(features), np.float64)
    falls = np.empty((len(groups), repeats, len(base)))
    work = features.copy()
    for row, (name, columns) in enumerate(groups.items()):
        place = list(columns)
        for repeat in range(repeats):
            order = _stream(seed, name, repeat).permutation(len(features))
            work[:, place] = features[order][:, place]
            falls[row, repeat] = base - np.asarray(score(work), np.float64)
        work[:, place] = features[:, place]
    return base, falls


def _stream(seed: int, name: str, repeat: int) -> np.random.Generator:
    words = np.frombuffer(hashlib.sha256(name.encode()).digest()[:16], "<u4").tolist()
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *words, repeat])))


def shap_installed() -> bool:
    """Whether the package `shap` is there."""
    return find_spec("shap") is not None


def mean_contributions(estimator: Any, matrix: np.ndarray, classes: int) -> np.ndarray:
    """Mean absolute SHAP value (Lundberg et al. 2020) of each class and column, float64 (class, column).

    matrix: (pixel, column), what the estimator was fitted on. LightGBM, XGBoost: by their own code, of raw scores; with two classes of
    LightGBM both have the same.
    Forests: by the package `shap`, of probabilities. TaskError: E-IMP-001 that package is missing, E-IMP-002 another kind of
    estimator.
    """
    columns, explain = matrix.shape[1], _explainer(estimator)
    total = np.zeros((classes, columns))
    for first in range(0, len(matrix), _BLOCK):
        total += np.abs(explain(matrix[first : first + _BLOCK].astype(np.float32))).sum(axis=0)
    return total / max(len(matrix), 1)


def _explainer(estimator: Any) -> Callable[[np.ndarray], np.ndarray]:
    """From (pixel, column) float32 to SHAP values (pixel, class, column)."""
    if isinstance(estimator, lightgbm.Booster) or _is_xgboost(estimator):
        return lambda block: booster_contributions(estimator, block)
    if not hasattr(estimator, "feature_importances_"):
        text = f"there are no SHAP values of {type(estimator).__name__}"
        raise TaskError(Fault("E-IMP-002", "importance", "importance.shap", text, f"use one of {', '.join(SHAP)}, or permutation"))
    if not shap_installed():
        fix = "pip install 'iota-py[shap]', or importance.shap: false"
        raise TaskError(Fault("E-IMP-001", "importance", "importance.shap", "the package shap is not installed", fix))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what it imports
        import shap
    explainer = shap.TreeExplainer(estimator, feature_perturbation="tree_path_dependent")
    return lambda block: np.moveaxis(np.asarray(explainer.shap_values(block, check_additivity=False)), 2, 1)


def _is_xgboost(estimator: Any) -> bool:
    return type(estimator).__module__.partition(".")[0] == "xgboost"


def booster_contributions(booster: Any, matrix: np.ndarray) -> np.ndarray:
    """SHAP values of the raw scores, (pixel, class, column); with two classes of LightGBM, one row for both."""
    if _is_xgboost(booster):
        import xgboost

        found = np.asarray(booster.predict(xgboost.DMatrix(matrix, nthread=1), pred_contribs=True))
    else:
        found = np.asarray(booster.predict(matrix, pred_contrib=True, num_threads=1))
    return found.reshape(len(matrix), -1, matrix.shape[1] + 1)[:, :, :-1]
