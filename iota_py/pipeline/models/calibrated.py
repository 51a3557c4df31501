"""Models whose probabilities are corrected, as the section `calibration` asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from iota_py.assessment.reliability import brier_score, expected_calibration_error, reliability_table
from iota_py.calibration import Calibration
from iota_py.errors import Fault, TaskError
from iota_py.io.tables import read_table
from iota_py.pipeline import paths
from iota_py.pipeline.models.ranks import ranked_polygons
from iota_py.pipeline.steps.learning_set import ADDED
from iota_py.pipeline.workspace import Workspace
from iota_py.prediction.loading import load_engine
from iota_py.samples.split import VALIDATION, split_by_polygon
from iota_py.training.calibration import balance_ratios, fit_calibration
from iota_py.training.fit import Fitted

Fit = Callable[[pd.DataFrame], Fitted]


def fit_calibrated(ws: Workspace, params: Mapping[str, Any], samples: pd.DataFrame, fit: Fit) -> tuple[Fitted, dict[str, Any]]:
    """A model of learning samples and what is to be said of its calibration; all samples and nothing where none is asked for.

    fit: what fits the model on some of the samples. Polygons kept apart are drawn by class, so that the same ones come whatever the order of
    the reference data. TaskError E-CAL-001: a class has too few polygons to keep one apart; E-CAL-002: no share for any class.
    """
    wish = ws.config.calibration
    if wish is None:
        return fit(samples), {}
    kept = np.zeros(len(samples), bool) if wish.method is None else kept_apart(samples, wish.share, params["seed"])
    if wish.method is not None and not kept.any():
        text = f"no class has the polygons to keep {wish.share:.0%} of them apart"
        raise TaskError(Fault("E-CAL-001", f"run {params['run']}", "calibration.share", text, "give more polygons, or leave `method` null"))
    fitted = fit(samples[~kept])
    said: dict[str, Any] = {}
    found = fit_calibration(None, np.empty((0, 0)), np.empty(0, np.uint8), fitted.classes)
    if wish.method is not None:
        found, said = _fitted_on(fitted, samples[kept & ~_added(samples)], wish.method)
    if wish.balance is not None:
        found = replace(found, ratios=_ratios(ws, params, fitted, samples[~kept]))
        said["balance"] = {str(code): float(ratio) for code, ratio in zip(fitted.classes, found.ratios)}
    return replace(fitted, calibration=found), {"calibration": said}


def _added(samples: pd.DataFrame) -> np.ndarray:
    """Bool per sample: augmentation made it."""
    return samples[ADDED].to_numpy(bool) if ADDED in samples.columns else np.zeros(len(samples), bool)


def kept_apart(samples: pd.DataFrame, share: float, seed: int) -> np.ndarray:
    """Bool per sample: its polygon is one of those that the model does not see. Samples made of several polygons (number below 0) never are."""
    polygons = ranked_polygons(samples[samples.polygon >= 0])
    role = split_by_polygon(polygons, 1 - share, seed)
    return samples.polygon.isin(polygons.polygon[role == VALIDATION]).to_numpy()


def _fitted_on(fitted: Fitted, kept: pd.DataFrame, method: str) -> tuple[Calibration, dict[str, Any]]:
    """The calibration, and scores of the samples kept apart without it and with it: those that it was fitted on."""
    features, labels = np.ascontiguousarray(kept[list(fitted.names)].to_numpy(np.int16)), kept.code.to_numpy(np.uint8)
    raw = load_engine(fitted).predict(features, probabilities=True).probabilities
    assert raw is not None
    found = fit_calibration(method, raw, labels, fitted.classes)
    place = np.searchsorted(fitted.classes, labels)
    index = np.where(np.isin(labels, fitted.classes), np.minimum(place, len(fitted.classes) - 1), -1)
    said = {"method": method, "samples": len(kept), "polygons": int(kept.polygon.nunique())}
    if method == "temperature":
        said["temperature"] = found.temperature
    return found, said | {"before": _scores(raw, index), "after": _scores(found.apply(raw), index)}


def _scores(probabilities: np.ndarray, index: np.ndarray) -> dict[str, float]:
    best = probabilities.argmax(axis=1)
    table = reliability_table(probabilities.max(axis=1), best == index)
    return {"brier": brier_score(probabilities, index), "expected calibration error": expected_calibration_error(table)}


def _ratios(ws: Workspace, params: Mapping[str, Any], fitted: Fitted, learnt: pd.DataFrame) -> np.ndarray:
    """Shares on the ground over those of the samples learnt from."""
    wish = ws.config.calibration
    assert wish is not None
    used = wish.balance if isinstance(wish.balance, dict) else _usable(ws, params["region"])
    try:
        return balance_ratios(_counts(learnt), used, fitted.classes)
    except ValueError as error:
        text = f"no class of the model has a share ({', '.join(map(str, fitted.classes))})"
        raise TaskError(Fault("E-CAL-002", f"region {ws.region_names[params['region']]}", "calibration.balance", text)) from error


def _usable(ws: Workspace, region: int) -> dict[int, int]:
    """Usable samples of each class in a region, chosen or not."""
    source = paths.TABLE_SAMPLES if ws.config.samples.table is not None else paths.SELECTION
    pixels = read_table(ws.path(source), ["region", "code"])
    return _counts(pixels[pixels.region == region])


def _counts(samples: pd.DataFrame) -> dict[int, int]:
    """Number of samples of each class."""
    codes, counts = np.unique(samples.code, return_counts=True)
    return dict(zip(codes.tolist(), counts.tolist()))
