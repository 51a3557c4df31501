"""From a fitted model to the fastest engine that gives the library's labels."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

import numpy as np
from numba import config

from iota_py.codes import CodeBook
from iota_py.prediction.boosters import read_booster
from iota_py.prediction.boosting import boosting_engine
from iota_py.prediction.engine import Engine, UnsupportedModelError
from iota_py.prediction.forest import forest_engine
from iota_py.prediction.library import LibraryEngine

_LOGGER = logging.getLogger("iota_py")


def load_engine(kind: str, estimator: Any, book: CodeBook | None, classes: np.ndarray) -> Engine:
    """Engine of a fitted model: compiled where that gives the library's labels, else the library itself, said once in the log.

    kind: `random_forest` (a RandomForestClassifier) or `lightgbm` (a Booster). book: the codes that it was fitted on, None for int16
    values; a compiled engine may have a book of its own. classes: uint8, ascending.
    """
    try:
        return _compiled(kind, estimator, book, classes)
    except UnsupportedModelError as reason:
        _say_once(kind, str(reason))
        return LibraryEngine(estimator, book, classes)


def _compiled(kind: str, estimator: Any, book: CodeBook | None, classes: np.ndarray) -> Engine:
    if config.DISABLE_JIT:
        raise UnsupportedModelError("compilation is switched off (NUMBA_DISABLE_JIT)")
    if kind == "random_forest":
        return forest_engine(estimator, book, classes)
    if kind == "lightgbm" and book is None:
        return boosting_engine(read_booster(estimator.model_to_string()), classes)
    raise UnsupportedModelError("there is no compiled engine for this kind of model")


@cache
def _say_once(kind: str, reason: str) -> None:
    """One line per reason and process, however many windows and regions there are."""
    _LOGGER.warning("%s: predicted by the library itself, many times slower: %s", kind, reason)
