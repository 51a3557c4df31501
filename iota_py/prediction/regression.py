"""Engines of regressors: the numbers of the library, several times sooner.

Leaf values are added as 64-bit numbers in the order of the trees, as the libraries do it on one thread, then rounded to 32 bits. Each
pixel is a sum of its own, so that any block of pixels gives the same numbers.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import numpy as np
from numba import config

from iota_py.codes import CodeBook
from iota_py.pages import in_large_pages
from iota_py.prediction.boosters import BoostedTree, read_booster
from iota_py.prediction.engine import UnsupportedModelError
from iota_py.prediction.forest import breadth_first, coded_thresholds
from iota_py.prediction.forest_kernels import GROUP
from iota_py.prediction.regression_kernels import ValueTrees, add_up
from iota_py.prediction.wrapping import Projection

_LOGGER = logging.getLogger("iota_py")


class ValueEngine(Protocol):
    """Predicts a number from feature values. Engines keep no state between calls: threads may share one."""

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Numbers float32 (n,) of features (n, feature) int16, C order."""
        ...


class FittedRegressor(Protocol):
    """What an engine is made of: as `loading.FittedModel`, without classes."""

    @property
    def kind(self) -> str: ...
    @property
    def estimator(self) -> Any: ...
    @property
    def book(self) -> CodeBook | None: ...
    @property
    def projection(self) -> Any: ...


class TreesEngine:
    """The sum of trees on codes (book given) or on int16 values, divided by `divisor`. It takes codes by pixel, as `CodeEngine` says."""

    tiled = False

    def __init__(self, trees: ValueTrees, book: CodeBook | None, features: int, divisor: float) -> None:
        self.trees = trees
        self.book = book
        self.features = features
        self.divisor = divisor

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Numbers float32 (n,) of features (n, feature) int16."""
        if self.book is not None:
            return self.predict_codes(self.book.encode(features), len(features))
        return self._predict(features, np.int16)

    def predict_codes(self, codes: np.ndarray, pixels: int) -> np.ndarray:
        """Numbers float32 of the first `pixels` of codes (pixel, feature) uint8 made with `book`."""
        return self._predict(codes[:pixels], np.uint8)

    def _predict(self, values: np.ndarray, dtype: type) -> np.ndarray:
        if values.dtype != dtype or values.ndim != 2 or values.shape[1] != self.features:
            raise ValueError(f"expected (pixel, {self.features}) {np.dtype(dtype)}, found {values.shape} {values.dtype}")
        n, full = len(values), len(values) // GROUP * GROUP
        sums = np.empty(-(-n // GROUP) * GROUP)
        add_up(self.trees, np.ascontiguousarray(values[:full]), sums[:full])
        if full < n:
            padded = np.zeros((GROUP, self.features), dtype)
            padded[: n - full] = values[full:]
            add_up(self.trees, padded, sums[full:])
        return (sums[:n] / self.divisor).astype(np.float32)


class LibraryValueEngine:
    """The library itself, on one thread: slow, right for any regressor. book: the codes that it was fitted on, or None."""

    def __init__(self, estimator: Any, book: CodeBook | None) -> None:
        self.estimator = estimator
        self.book = book

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Numbers float32 (n,) of features (n, feature) int16."""
        if len(features) == 0:
            return np.zeros(0, np.float32)
        matrix = (features if self.book is None else self.book.encode(features)).astype(np.float32)
        one = {} if hasattr(self.estimator, "estimators_") else {"num_threads": 1}
        return np.asarray(self.estimator.predict(matrix, **one)).astype(np.float32)


class ProjectedValueEngine:
    """An engine for what a projection makes of features."""

    def __init__(self, engine: ValueEngine, projection: Projection) -> None:
        self.engine = engine
        self.projection = projection

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Numbers float32 (n,) of features (n, feature) int16."""
        return self.engine.predict(np.ascontiguousarray(self.projection.apply(features)))


def load_value_engine(fitted: FittedRegressor) -> ValueEngine:
    """Engine of a fitted regressor: compiled where that gives the library's numbers, else the library itself, said once in the log."""
    engine: ValueEngine
    try:
        engine = _compiled(fitted)
    except UnsupportedModelError as reason:
        _say_once(fitted.kind, str(reason))
        engine = LibraryValueEngine(fitted.estimator, fitted.book)
    return engine if fitted.projection is None else ProjectedValueEngine(engine, fitted.projection)


def _compiled(fitted: FittedRegressor) -> TreesEngine:
    if config.DISABLE_JIT:
        raise UnsupportedModelError("compilation is switched off (NUMBA_DISABLE_JIT)")
    if fitted.kind == "lightgbm":
        model = read_booster(fitted.estimator.model_to_string(), ("regression",))
        trees = [_Tree.of(tree) for tree in model.trees]
        return _engine(trees, model.features, None, 1.0)
    forest = [_Tree(t.feature, t.threshold, t.children_left, t.children_right, t.value[:, 0, 0]) for t in _trees(fitted.estimator)]
    return _engine(forest, int(fitted.estimator.n_features_in_), fitted.book, float(len(forest)))


def _trees(forest: Any) -> list[Any]:
    return [estimator.tree_ for estimator in forest.estimators_]


@dataclass(frozen=True, eq=False)
class _Tree:
    """A tree in the form of scikit-learn: arrays (node,), children -1 at a leaf, node 0 the root. value: float64."""

    feature: np.ndarray
    threshold: np.ndarray
    children_left: np.ndarray
    children_right: np.ndarray
    value: np.ndarray

    @property
    def node_count(self) -> int:
        return len(self.feature)

    @classmethod
    def of(cls, tree: BoostedTree) -> _Tree:
        """A tree of LightGBM: its leaves come after its inner nodes."""
        inner, leaves = len(tree.feature), len(tree.leaf_value)
        end = np.full(leaves, -1)

        def child(side: np.ndarray) -> np.ndarray:
            return np.concatenate([np.where(side < 0, inner + ~side, side), end]).astype(np.int64)

        feature, threshold = np.concatenate([tree.feature, end]), np.concatenate([tree.threshold, end])
        value = np.concatenate([np.zeros(inner), tree.leaf_value])
        return cls(feature.astype(np.int64), threshold.astype(np.float64), child(tree.left), child(tree.right), value)


def _engine(trees: Sequence[_Tree], n_features: int, book: CodeBook | None, divisor: float) -> TreesEngine:
    thresholds, book, bits = coded_thresholds(trees, [tree.threshold for tree in trees], n_features, book)
    parts = [breadth_first(tree, threshold, bits) for tree, threshold in zip(trees, thresholds)]
    value = np.concatenate([tree.value[order] for tree, (order, _, _, _) in zip(trees, parts)])
    nodes, value = in_large_pages(np.concatenate([words for _, _, words, _ in parts]), np.ascontiguousarray(value, np.float64))
    roots = np.cumsum([0, *(tree.node_count for tree in trees)]).astype(np.uint64)
    return TreesEngine(ValueTrees(nodes, roots, np.array([depth for *_, depth in parts], np.uint64), value), book, n_features, divisor)


@cache
def _say_once(kind: str, reason: str) -> None:
    """One line per reason and process, however many windows and regions there are."""
    _LOGGER.warning("%s: predicted by the library itself, many times slower: %s", kind, reason)
