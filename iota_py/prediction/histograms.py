"""What a HistGradientBoostingClassifier of scikit-learn says, as the trees that the engine for boosted trees takes.

Its sums begin with a number for each score, then the trees in order: that number becomes a first tree of one leaf, so that the engine's
64-bit sum has the same terms in the same order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from iota_py.prediction.boosters import BoostedTree, Booster, whole_thresholds
from iota_py.prediction.engine import UnsupportedModelError


def read_histograms(model: Any) -> Booster:
    """The trees of a fitted classifier. UnsupportedModelError says what the compiled engine cannot follow."""
    start = np.ravel(model._baseline_prediction).astype(np.float64)
    nothing = np.zeros(0, np.int64)
    first = [BoostedTree(nothing, nothing, nothing, nothing, np.array([level])) for level in start]
    trees = [_tree(predictor.nodes) for round_ in model._predictors for predictor in round_]
    return Booster((*first, *trees), len(start), int(model.n_features_in_), 1.0 if len(start) == 1 else None)


def _tree(nodes: np.ndarray) -> BoostedTree:
    leaf = nodes["is_leaf"].astype(bool)
    if nodes["is_categorical"][~leaf].any():
        raise UnsupportedModelError("a split is on categories")
    number = np.where(leaf, ~(np.cumsum(leaf) - 1), np.cumsum(~leaf) - 1)  # among the leaves, below 0, or among the others
    inner = nodes[~leaf]
    children = (number[inner[side]] for side in ("left", "right"))
    return BoostedTree(
        inner["feature_idx"].astype(np.int64), whole_thresholds(inner["num_threshold"]), *children, nodes["value"][leaf].copy()
    )
