"""Calibrations fitted on samples that the model has not seen."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.isotonic import IsotonicRegression

from iota_py.calibration import Calibration

METHODS = ("temperature", "isotonic")
LEAST = 1e-4  # probability below which a forest's "never" is counted, so that one such sample does not decide all
_COLDEST, _HOTTEST = 0.05, 20.0


def fit_calibration(method: str | None, probabilities: np.ndarray, labels: np.ndarray, classes: np.ndarray) -> Calibration:
    """Calibration of a model.

    method: one of METHODS, None for none. probabilities: float32 (sample, class), of samples kept apart. labels: uint8 (sample,).
    classes: uint8, ascending, those of the model. Samples of other classes are left out; ValueError when none is left.
    """
    ones = np.ones(len(classes))
    if method is None:
        return Calibration(1.0, (), ones)
    known = np.isin(labels, classes)
    if not known.any():
        raise ValueError("no sample of a class of the model to calibrate with")
    shares, index = probabilities[known].astype(np.float64), np.searchsorted(classes, labels[known])
    if method == "temperature":
        return Calibration(best_temperature(shares, index), (), ones)
    if method == "isotonic":
        return Calibration(1.0, tuple(_curve(shares[:, k], index == k) for k in range(len(classes))), ones)
    raise ValueError(f"method {method}: expected one of {', '.join(METHODS)}")


def best_temperature(shares: np.ndarray, index: np.ndarray) -> float:
    """Temperature with the smallest mean of -log p(true class), between 0.05 and 20. shares: float64 (sample, class); index: int (sample,)."""
    logs = np.log(np.maximum(shares, LEAST))

    def loss(cold: float) -> float:
        scaled = logs / np.exp(cold)
        most = scaled.max(axis=1)
        total = most + np.log(np.exp(scaled - most[:, None]).sum(axis=1))
        return float((total - scaled[np.arange(len(index)), index]).mean())

    found = minimize_scalar(loss, bounds=(np.log(_COLDEST), np.log(_HOTTEST)), method="bounded", options={"xatol": 1e-4})
    return float(np.round(np.exp(found.x), 6))


def _curve(shares: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities and what they are worth, of one class against the others; as they are where the class is not among the samples."""
    if not right.any():
        return np.array([0.0, 1.0]), np.array([0.0, 1.0])
    fitted = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(shares, right.astype(np.float64))
    return np.asarray(fitted.X_thresholds_, np.float64), np.asarray(fitted.y_thresholds_, np.float64)


def balance_ratios(learnt: Mapping[int, float], used: Mapping[int, float], classes: np.ndarray) -> np.ndarray:
    """Ratios of `Calibration`, float64 (class,): share of each class where the model is used over its share among the samples learnt from.

    learnt, used: amounts by code, in any unit; a class that `used` lacks has share 0. ValueError where no class of the model has a share.
    """
    codes = [int(code) for code in classes]
    before, after = (np.array([float(amounts.get(code, 0)) for code in codes]) for amounts in (learnt, used))
    if not after.sum() or (before <= 0).any():
        raise ValueError("expected an amount for each class learnt, and one for at least one class in use")
    return (after / after.sum()) / (before / before.sum())
