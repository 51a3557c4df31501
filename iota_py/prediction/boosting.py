"""The engine for boosted trees of LightGBM and of scikit-learn: the labels of the library, tens of times sooner.

Leaf values are added as 32-bit numbers. Where the first two scores are closer than the rounding can move them, the pixel is done again
as LightGBM does it (64-bit, in the order of the trees), so labels are always identical. Confidence and probabilities are within 1e-5.
"""

from __future__ import annotations

import numpy as np

from iota_py.codes import MAX_EDGES, TILE, CodeBook
from iota_py.prediction.boosters import BoostedTree, Booster
from iota_py.prediction.boosting_kernels import NARROW, WIDE, Boosted, score, score_exactly
from iota_py.prediction.engine import Prediction, UnsupportedModelError

MAX_LEAVES = 256
_PLANE = 8
_HALF_UNIT = 2.0**-24  # relative rounding of 32-bit numbers


class BoostingEngine:
    """Boosted trees on the codes of their own thresholds. classes: uint8, ascending; the order of the probabilities."""

    tiled = True

    def __init__(self, trees: Boosted, book: CodeBook, classes: np.ndarray) -> None:
        self.trees = trees
        self.book = book
        self.classes = np.asarray(classes, np.uint8)

    def predict(self, features: np.ndarray, probabilities: bool = False) -> Prediction:
        """Classes of features (n, feature) int16."""
        return self.predict_codes(self.book.encode_tiles(features), len(features), probabilities)

    def predict_codes(self, codes: np.ndarray, pixels: int, probabilities: bool = False) -> Prediction:
        """Classes of the first `pixels` of codes (tile, feature, codes.TILE) uint8, C order, made with `book`."""
        expected = (-(-pixels // TILE), self.book.features, TILE)
        if codes.dtype != np.uint8 or codes.shape != expected:
            raise ValueError(f"expected {expected} uint8, found {codes.shape} {codes.dtype}")
        n, k = pixels, len(self.classes)
        best, confidence, doubtful = np.empty(n, np.int64), np.empty(n, np.float32), np.empty(n, bool)
        shares = np.empty((n if probabilities else 0, k), np.float32)
        score(self.trees, codes, best, confidence, doubtful, shares)
        again = np.flatnonzero(doubtful)
        if again.size:
            exact = np.empty((len(again), k))
            score_exactly(self.trees, codes, again, exact)
            best[again], confidence[again] = exact.argmax(axis=1), exact.max(axis=1)
            if probabilities:
                shares[again] = exact
        return Prediction(self.classes[best], confidence, shares if probabilities else None)


def boosting_engine(model: Booster, classes: np.ndarray) -> BoostingEngine:
    """Engine of boosted trees; UnsupportedModelError says what cannot be done."""
    leaves = np.array([len(tree.leaf_value) for tree in model.trees])
    if not leaves.size:
        raise UnsupportedModelError("the model has no tree")
    if leaves.max() > MAX_LEAVES:
        raise UnsupportedModelError(f"a tree has {leaves.max()} leaves, more than {MAX_LEAVES}")
    nodes = {name: np.concatenate([getattr(tree, name) for tree in model.trees]) for name in ("feature", "threshold", "left", "right")}
    owner = np.repeat(np.arange(len(leaves)), [len(tree.feature) for tree in model.trees])
    book, codes = _own_codes(nodes["feature"], nodes["threshold"], model.features)
    spans = [_spans(tree) for tree in model.trees]
    planes = -(-leaves // _PLANE)
    node, plane, mask = _bit_tests(np.concatenate([span for span, _ in spans]), _starts(planes)[owner].astype(np.int64))
    exact = np.concatenate([tree.leaf_value for tree in model.trees])
    width = next((size for size in (NARROW, WIDE) if leaves.max() <= size), int(leaves.max()))
    value = np.zeros((len(leaves), width), np.float32)
    value[np.repeat(np.arange(len(leaves)), leaves), np.concatenate([rank for _, rank in spans])] = exact
    trees = Boosted(
        feature=nodes["feature"][node].astype(np.uint32),
        threshold=codes[node].astype(np.uint8),
        mask=mask.astype(np.uint8),
        plane_start=_starts(np.bincount(plane, minlength=planes.sum())),
        tree_plane=_starts(planes),
        value=value.ravel(),
        width=np.uint64(width),
        leaf_start=_starts(leaves),
        node_feature=nodes["feature"],
        node_threshold=codes.astype(np.uint8),
        node_left=nodes["left"],
        node_right=nodes["right"],
        node_start=_starts(np.bincount(owner, minlength=len(leaves))),
        exact=exact,
        scores=np.int64(model.scores),
        sigmoid=np.float64(model.sigmoid or 0.0),
        doubt=np.float32(_doubt(model)),
    )
    return BoostingEngine(trees, book, classes)


def _own_codes(feature: np.ndarray, threshold: np.ndarray, features: int) -> tuple[CodeBook, np.ndarray]:
    """The code book of the model's own thresholds, and the thresholds (node,) as codes."""
    pairs, place = np.unique(feature << 32 | (threshold + 2**15), return_inverse=True)
    starts = np.searchsorted(pairs >> 32, np.arange(features + 1)).astype(np.int64)
    most = np.diff(starts).max(initial=0)
    if most > MAX_EDGES:
        raise UnsupportedModelError(f"a feature has {most} thresholds, more than {MAX_EDGES}")
    return CodeBook(((pairs & 0xFFFFFFFF) - 2**15).astype(np.int16), starts), place - starts[feature]


def _spans(tree: BoostedTree) -> tuple[np.ndarray, np.ndarray]:
    """Leaves counted from left to right: the first one and the one after the last on the left of each node, and each leaf's own."""
    span, rank = np.zeros((len(tree.feature), 2), np.int64), np.zeros(len(tree.leaf_value), np.int64)

    def place(node: int, first: int) -> int:
        if node < 0:
            rank[~node] = first
            return first + 1
        middle = place(tree.left[node], first)
        span[node] = first, middle
        return place(tree.right[node], middle)

    place(0 if len(tree.feature) else -1, 0)
    return span, rank


def _bit_tests(span: np.ndarray, origin: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What each node clears, one test for each plane that it touches, sorted by plane: node, plane, mask int64 (test,).

    span: int64 (node, 2), leaves first to last + 1 on the left of the node. origin: int64 (node,), number of its tree's first plane.
    """
    first_plane, last_plane = span[:, 0] // _PLANE, (span[:, 1] - 1) // _PLANE
    touched = last_plane - first_plane + 1
    node = np.repeat(np.arange(len(span)), touched)
    plane = first_plane[node] + np.arange(len(node)) - np.repeat(np.cumsum(touched) - touched, touched)
    low = np.maximum(span[node, 0] - plane * _PLANE, 0)
    high = np.minimum(span[node, 1] - plane * _PLANE, _PLANE)
    mask = 255 & ~((1 << high) - (1 << low))
    order = np.argsort(plane + origin[node], kind="stable")
    return node[order], (plane + origin[node])[order], mask[order]


def _starts(counts: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.uint64)


def _doubt(model: Booster) -> float:
    """Twice the bound of the rounding of a sum: of n terms, (n + 1) · 2⁻²⁴ · Σ|term| (Higham 2002, §4.2), with margin for the bound."""
    sizes = np.array([np.abs(tree.leaf_value).max() for tree in model.trees])
    rounds = -(-len(sizes) // model.scores)
    largest = max(sizes[k :: model.scores].sum() for k in range(model.scores))
    return 2.02 * (rounds + 1) * _HALF_UNIT * float(largest)
