"""What fitting gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from iota_py.codes import CodeBook
from iota_py.training.options import Options
from iota_py.training.trainers import Trainer


@dataclass(frozen=True)
class Target:
    """What a regressor predicts. name: field of the reference. scale: numbers stored in a map are values × scale, None: the values
    themselves. unit: in words, may be empty."""

    name: str
    scale: float | None = None
    unit: str = ""


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted model.

    kind: key of ESTIMATORS. estimator: the library's own object, or a value of this package. book: the codes that it was fitted on, None
    for int16 values. classes: uint8, ascending: the order of its probabilities. names: the features, in order. trainer: the library that
    fitted it, None where that was not recorded. projection: what makes of the features those that the estimator was fitted on, None where
    it was fitted on the features. calibration: what corrects its probabilities, None for nothing. target: what it predicts in place of
    classes (which are none then), None for a classifier.
    """

    kind: str
    estimator: Any
    book: CodeBook | None
    classes: np.ndarray
    names: tuple[str, ...]
    options: Options
    seed: int
    trainer: Trainer | None = None
    projection: Any = None
    calibration: Any = None
    target: Target | None = None
