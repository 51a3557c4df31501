"""What a LightGBM text model says: its trees, and whether the compiled engine gives the same answers.

The format is LightGBM's own (`Booster.model_to_string`): a header of `key=value` lines, then one block of such lines per tree. In
`decision_type`, bit 0 is a split on categories, bits 2–3 the values taken as missing: none (0), zero (1), not-a-number (2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from iota_py.prediction.engine import UnsupportedModelError

_CATEGORY, _MISSING_SHIFT, _MISSING_ZERO, _DEFAULT_LEFT = 1, 2, 1, 2


@dataclass(frozen=True, eq=False)
class BoostedTree:
    """One tree. Node arrays (node,): feature int64, threshold int64 (`value > threshold` goes right), left, right int64 (child, or
    ~leaf); leaf_value float64 (leaf,). A tree of one leaf has no node."""

    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    leaf_value: np.ndarray


@dataclass(frozen=True, eq=False)
class Booster:
    """A model: trees in order, tree t adds to score t % scores. features: number of features. sigmoid: None for several classes
    (softmax of the scores), for two classes the factor of the only score."""

    trees: tuple[BoostedTree, ...]
    scores: int
    features: int
    sigmoid: float | None


def read_booster(text: str, objectives: tuple[str, ...] = ("multiclass", "binary")) -> Booster:
    """The model of a LightGBM text, fitted for one of these objectives. UnsupportedModelError says what the compiled engine cannot follow."""
    header, *blocks = text.split("\n\nend of trees", 1)[0].split("\nTree=")
    fields = _fields(header)
    if "average_output" in header.splitlines():
        raise UnsupportedModelError("the trees are averaged (boosting: rf)")
    name, *settings = fields.get("objective", "").split() or [""]
    options = dict(setting.split(":", 1) for setting in settings if ":" in setting)
    if name not in objectives:
        raise UnsupportedModelError(f"the objective is {name or 'not given'}, not {' or '.join(objectives)}")
    sigmoid = float(options["sigmoid"]) if name == "binary" else None
    trees = tuple(_tree(_fields(block)) for block in blocks)
    return Booster(trees, int(fields["num_tree_per_iteration"]), int(fields["max_feature_idx"]) + 1, sigmoid)


def _fields(block: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in block.splitlines() if "=" in line)


def _tree(fields: dict[str, str]) -> BoostedTree:
    if fields.get("is_linear", "0") != "0":
        raise UnsupportedModelError("the trees are linear in their leaves")
    kind = _numbers(fields, "decision_type", np.int64)
    if (kind & _CATEGORY).any():
        raise UnsupportedModelError("a split is on categories")
    threshold = whole_thresholds(_numbers(fields, "threshold", np.float64))
    zero_is_missing = kind >> _MISSING_SHIFT & 3 == _MISSING_ZERO  # not-a-number does not occur in whole numbers
    if (zero_is_missing & ((kind & _DEFAULT_LEFT > 0) != (threshold >= 0))).any():
        raise UnsupportedModelError("zero is taken as missing")
    children = (_numbers(fields, key, np.int64) for key in ("left_child", "right_child"))
    return BoostedTree(_numbers(fields, "split_feature", np.int64), threshold, *children, _numbers(fields, "leaf_value", np.float64))


def whole_thresholds(threshold: np.ndarray) -> np.ndarray:
    """Thresholds for int16 values: `value <= t` is `value <= floor(t)`."""
    floor = np.floor(threshold)
    if (floor < -(2**15)).any():
        raise UnsupportedModelError("a threshold is below every int16 value")
    return np.minimum(floor, 2**15 - 1).astype(np.int64)


def _numbers(fields: dict[str, str], key: str, kind: Any) -> np.ndarray:
    return np.array(fields.get(key, "").split(), dtype=kind)
