"""Fitting: a sample matrix becomes a fitted model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from iota_py.codes import CodeBook
from iota_py.errors import Fault, TaskError
from iota_py.training.estimators import ESTIMATORS, Options
from iota_py.training.trainers import Trainer, choose_trainer


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted model.

    kind: key of ESTIMATORS. estimator: the library's own object. book: the codes that it was fitted on, None for int16 values.
    classes: uint8, ascending: the order of its probabilities. names: the features, in order. trainer: the library that fitted it, None
    where that was not recorded.
    """

    kind: str
    estimator: Any
    book: CodeBook | None
    classes: np.ndarray
    names: tuple[str, ...]
    options: Options
    seed: int
    trainer: Trainer | None = None


def fit(
    kind: str, options: Options, features: np.ndarray, labels: np.ndarray, names: tuple[str, ...], seed: int, threads: int = 1
) -> Fitted:
    """Fit an estimator on features (sample, feature) int16 and labels uint8 (1–255).

    The order of the rows matters: both libraries draw rows by their number, so the caller sorts them. The same rows, options and
    seed (0 to 2**32 - 1) give the same model, byte for byte, with any number of threads. TaskError: E-TRN-001 only one class, others as
    in `training.intel`; ConfigError as in `choose_trainer`.
    """
    _check(kind, options, features, labels, names)
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
    trainer = choose_trainer(options)
    bins = getattr(options, "bins", None)
    book = CodeBook.fit(features, bins) if bins else None
    matrix = features if book is None else book.encode(features)
    estimator = ESTIMATORS[kind].train(options, matrix, labels, seed, threads)
    return Fitted(kind, estimator, book, classes, tuple(names), options, seed, trainer)


def _check(kind: str, options: Options, features: np.ndarray, labels: np.ndarray, names: tuple[str, ...]) -> None:
    if not isinstance(options, ESTIMATORS[kind].options):
        raise TypeError(f"{kind} takes {ESTIMATORS[kind].options.__name__}, not {type(options).__name__}")
    if features.ndim != 2 or features.dtype != np.int16 or features.shape[1] != len(names) or len(set(names)) != len(names):
        raise ValueError(f"expected (sample, {len(names)}) int16 and distinct names, found {features.shape} {features.dtype}")
    if labels.shape != (len(features),) or labels.dtype != np.uint8 or len(labels) == 0 or labels.min() == 0:
        raise ValueError(f"expected {len(features)} uint8 labels from 1 to 255, found {labels.shape} {labels.dtype}")
