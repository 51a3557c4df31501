"""Estimators that need features of one scale: support vectors, nearest neighbours, logistic regression, each behind a scaler.

Means and standard deviations are those of the learning samples. One thread: what BLAS adds up depends on their number.
"""

from __future__ import annotations

import logging
import warnings
from importlib.metadata import version
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

from iota_py.errors import Fault, TaskError
from iota_py.probabilities import Sigmoids, scores_of
from iota_py.training.learning import LearningSet, parts_of
from iota_py.training.options import KNNOptions, LogisticRegressionOptions, SVMOptions

_LOGGER = logging.getLogger("iota_py")


def train_logistic(options: LogisticRegressionOptions, samples: LearningSet, seed: int, threads: int) -> Pipeline:
    """A fitted logistic regression, of all classes together. A fit that stopped short is said in the log."""
    samples = samples.weighted(options.class_weight)
    classifier = LogisticRegression(C=options.c, max_iter=options.max_iter, tol=options.tolerance, random_state=seed)
    if options.l1_ratio:
        classifier.set_params(solver="saga", l1_ratio=options.l1_ratio)
        if tuple(map(int, version("scikit-learn").split(".")[:2])) < (1, 8):  # later, the ratio alone says which penalty
            classifier.set_params(penalty="elasticnet")
    model = _behind_a_scaler(classifier, samples)
    if classifier.n_iter_.max() >= options.max_iter:
        _LOGGER.warning("logistic_regression: not converged in %d rounds; raise model.max_iter, or lower model.c", options.max_iter)
    return model


def train_knn(options: KNNOptions, samples: LearningSet, seed: int, threads: int) -> Pipeline:
    """Nearest neighbours, found by comparing with every sample: trees of neighbours do not help beyond some fifteen features.

    TaskError E-TRN-012: fewer samples than neighbours.
    """
    if len(samples.labels) < options.neighbours:
        text = f"{options.neighbours} neighbours of {len(samples.labels)} learning samples"
        raise TaskError(Fault("E-TRN-012", "samples", "model.neighbours", text, "ask for fewer neighbours, or give more polygons"))
    classifier = KNeighborsClassifier(options.neighbours, weights=options.weights, p=options.p, algorithm="brute")
    return _behind_a_scaler(classifier, samples, np.float32)  # of the same type as what is predicted, or distances take far longer


def train_svm(options: SVMOptions, samples: LearningSet, seed: int, threads: int) -> Sigmoids:
    """Support vectors of every pair of classes, with probabilities: a logistic curve of the scores of each class against the others.

    The curves are fitted on scores of samples that were kept apart, groups whole (`parts_of`); the vectors then on all the samples.
    """
    samples = samples.weighted(options.class_weight)
    classes = np.unique(samples.labels)
    apart = np.full((len(samples.labels), len(classes)), np.nan)
    part = parts_of(samples, options.folds, seed)
    for number in range(options.folds):
        held = part == number
        if held.any():  # every class is among the others: `parts_of` sees to it
            fitted = _behind_a_scaler(_vectors(options), samples.rows(~held))
            apart[held] = scores_of(fitted, samples.matrix[held].astype(np.float32))
    curves = np.array([_curve(apart[:, k], samples.labels == code, samples.weights) for k, code in enumerate(classes)])
    missing = np.isnan(curves[:, 0])
    curves[missing] = curves[~missing].mean(axis=0) if not missing.all() else (1.0, 0.0)  # of a class with a single sample
    return Sigmoids(_behind_a_scaler(_vectors(options), samples), curves[:, 0].copy(), curves[:, 1].copy())


def _vectors(options: SVMOptions) -> SVC:
    return SVC(
        kernel=options.kernel,
        C=options.c,
        gamma=options.gamma,
        degree=options.degree,
        coef0=options.coef0,
        tol=options.tolerance,
        cache_size=500,
    )


def _curve(scores: np.ndarray, own: np.ndarray, weights: np.ndarray | None) -> tuple[float, float]:
    """Slope and offset of the logistic curve of a class, not-a-number where no sample of it, or only samples of it, have a score.

    A weak penalty (C = 1000) keeps the slope finite where scores part the classes altogether.
    """
    known = np.isfinite(scores)
    if not 0 < own[known].sum() < known.sum():
        return np.nan, np.nan
    line = LogisticRegression(C=1e3, max_iter=1000)
    with threadpool_limits(1):
        line.fit(scores[known, None], own[known], None if weights is None else weights[known])
    return float(line.coef_[0, 0]), float(line.intercept_[0])


def _behind_a_scaler(classifier: Any, samples: LearningSet, number: type = np.float64) -> Pipeline:
    scaler = StandardScaler()
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # said by the caller, in words of the configuration
        matrix = scaler.fit_transform(samples.matrix.astype(np.float32)).astype(number)
        if samples.weights is None:
            classifier.fit(matrix, samples.labels)
        else:
            classifier.fit(matrix, samples.labels, sample_weight=samples.weights)
    return Pipeline([("scale", scaler), ("classify", classifier)])
