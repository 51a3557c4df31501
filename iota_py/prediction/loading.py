"""From a fitted model to the fastest engine that gives the library's labels."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any, Protocol

import numpy as np
from numba import config

from iota_py.codes import CodeBook
from iota_py.prediction.boosters import read_booster
from iota_py.prediction.boosting import boosting_engine
from iota_py.prediction.engine import Engine, UnsupportedModelError
from iota_py.prediction.ensembles import StackingEngine, VotingEngine
from iota_py.prediction.forest import forest_engine
from iota_py.prediction.histograms import read_histograms
from iota_py.prediction.library import LibraryEngine
from iota_py.prediction.wrapping import CalibratedEngine, ProjectedEngine

COMPILED = ("random_forest", "extra_trees", "lightgbm", "hist_gradient_boosting")  # kinds that have an engine of our own
_LOGGER = logging.getLogger("iota_py")


class FittedModel(Protocol):
    """What an engine is made of.

    kind: name of the estimator. estimator: the library's object, or members that are FittedModels and what joins them (`voting` with
    `weights`, `stacking` with `coefficients` and `intercepts`). book: the codes that it was fitted on, None for int16 values; a
    compiled engine may have a book of its own. classes: uint8, ascending. projection: turns features into what the estimator was
    fitted on, None: the features themselves. calibration: corrects its probabilities, None: as they are.
    """

    @property
    def kind(self) -> str: ...
    @property
    def estimator(self) -> Any: ...
    @property
    def book(self) -> CodeBook | None: ...
    @property
    def classes(self) -> np.ndarray: ...
    @property
    def projection(self) -> Any: ...
    @property
    def calibration(self) -> Any: ...


def load_engine(fitted: FittedModel) -> Engine:
    """Engine of a fitted model: compiled where that gives the library's labels, else the library itself.

    That a kind of COMPILED is left to its library is said once in the log.
    """
    if getattr(fitted, "target", None) is not None:
        raise ValueError(f"the model predicts {fitted.target.name}, a number, not classes: see `regression.load_value_engine`")
    engine = _engine(fitted)
    if fitted.calibration is not None:
        engine = CalibratedEngine(engine, fitted.calibration)
    return engine if fitted.projection is None else ProjectedEngine(engine, fitted.projection)


def _engine(fitted: FittedModel) -> Engine:
    if fitted.kind == "voting":
        return VotingEngine([load_engine(member) for member in fitted.estimator.members], fitted.estimator.weights)
    if fitted.kind == "stacking":
        members = [load_engine(member) for member in fitted.estimator.members]
        return StackingEngine(members, fitted.estimator.coefficients, fitted.estimator.intercepts)
    if fitted.kind not in COMPILED:
        return LibraryEngine(fitted.estimator, fitted.book, fitted.classes)
    try:
        return _compiled(fitted)
    except UnsupportedModelError as reason:
        _say_once(fitted.kind, str(reason))
        return LibraryEngine(fitted.estimator, fitted.book, fitted.classes)


def _compiled(fitted: FittedModel) -> Engine:
    if config.DISABLE_JIT:
        raise UnsupportedModelError("compilation is switched off (NUMBA_DISABLE_JIT)")
    if fitted.kind in ("random_forest", "extra_trees"):
        return forest_engine(fitted.estimator, fitted.book, fitted.classes)
    if fitted.kind == "lightgbm" and fitted.book is None:
        return boosting_engine(read_booster(fitted.estimator.model_to_string()), fitted.classes)
    if fitted.kind == "hist_gradient_boosting":
        return boosting_engine(read_histograms(fitted.estimator), fitted.classes)
    raise UnsupportedModelError("there is no compiled engine for this kind of model")


@cache
def _say_once(kind: str, reason: str) -> None:
    """One line per reason and process, however many windows and regions there are."""
    _LOGGER.warning("%s: predicted by the library itself, many times slower: %s", kind, reason)
