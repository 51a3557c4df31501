"""Fitting: a sample matrix becomes a fitted model."""

from __future__ import annotations

import numpy as np

from iota_py.errors import Fault, TaskError
from iota_py.training.estimators import ESTIMATORS, Options
from iota_py.training.fitted import Fitted
from iota_py.training.learning import LearningSet
from iota_py.training.single import SINGLE, fit_single
from iota_py.training.trainers import choose_trainer

__all__ = ["Fitted", "fit"]


def fit(
    kind: str,
    options: Options,
    features: np.ndarray,
    labels: np.ndarray,
    names: tuple[str, ...],
    seed: int,
    threads: int = 1,
    **beside: np.ndarray | None,
) -> Fitted:
    """Fit an estimator on features (sample, feature) int16 and labels uint8 (1–255).

    beside: `weights` float64 (sample,), above 0: how much each counts; `groups` int64 (sample,): which are of one polygon, that `svm` and
    `stacking` keep whole where they hold samples back.
    The order of the rows matters: the libraries draw rows by their number, so the caller sorts them. The same rows, options and
    seed (0 to 2**32 - 1) give the same model, byte for byte, with any number of threads. TaskError: E-TRN-001 only one class, E-TRN-010
    the kind takes no weights, others as in `training.intel`, `scaled` and `ensembles`; ConfigError as in `choose_trainer` and `layout_of`.
    """
    samples = LearningSet(features, labels, tuple(names), **beside)
    _check(kind, options, samples)
    classes = np.unique(labels)
    if len(classes) < 2:
        raise TaskError(
            Fault(
                "E-TRN-001",
                "samples",
                "label",
                f"expected at least two classes to learn from, found only class {classes[0]} ({len(labels)} samples)",
                "give more reference polygons, or use the model of another region",
            )
        )
    if kind in SINGLE:
        return fit_single(options, samples, seed, threads)
    estimator = ESTIMATORS[kind].train(options, samples, seed, threads)
    return Fitted(kind, estimator, None, classes, samples.names, options, seed, choose_trainer(options))


def _check(kind: str, options: Options, samples: LearningSet) -> None:
    features, labels, names = samples.matrix, samples.labels, samples.names
    if not isinstance(options, ESTIMATORS[kind].options):
        raise TypeError(f"{kind} takes {ESTIMATORS[kind].options.__name__}, not {type(options).__name__}")
    if features.ndim != 2 or features.dtype != np.int16 or features.shape[1] != len(names) or len(set(names)) != len(names):
        raise ValueError(f"expected (sample, {len(names)}) int16 and distinct names, found {features.shape} {features.dtype}")
    if labels.shape != (len(features),) or labels.dtype != np.uint8 or len(labels) == 0 or labels.min() == 0:
        raise ValueError(f"expected {len(features)} uint8 labels from 1 to 255, found {labels.shape} {labels.dtype}")
    _check_beside(samples)


def _check_beside(samples: LearningSet) -> None:
    weights, groups, expected = samples.weights, samples.groups, (len(samples.labels),)
    if weights is not None and (
        weights.shape != expected or weights.dtype != np.float64 or not (np.isfinite(weights) & (weights > 0)).all()
    ):
        raise ValueError(f"expected {expected[0]} float64 weights above 0, found {weights.shape} {weights.dtype}")
    if groups is not None and (groups.shape != expected or not np.issubdtype(groups.dtype, np.integer)):
        raise ValueError(f"expected {expected[0]} whole numbers of groups, found {groups.shape} {groups.dtype}")
