"""The engine for random forests: scikit-learn's labels, several times sooner.

Shares of leaves are added as 16-bit fractions. Where the first two classes are closer than the rounding can move them, the pixel is
done again with scikit-learn's own sum (64-bit, in the order of the trees, on one thread), so labels are always identical.
Confidence and probabilities are within 1e-5 of scikit-learn's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from iota_py.codes import MAX_EDGES, CodeBook
from iota_py.pages import in_large_pages
from iota_py.prediction.engine import Prediction, UnsupportedModelError
from iota_py.prediction.forest_kernels import GROUP, Trees, vote, vote_exactly
from iota_py.prediction.vectors import ROW

Bits = tuple[int, int, int]  # of left child, feature, threshold
SHORT: Bits = (14, 10, 8)
LONG: Bits = (28, 20, 16)
_UNIT = 65535
MAX_TREES = 2**32 // _UNIT  # beyond, the sums would not fit in 32 bits


class ForestEngine:
    """A forest fitted on 8-bit codes (book given), or on int16 values (book None, 16-bit thresholds).

    classes: uint8, ascending; the order of the probabilities.
    """

    tiled = False

    def __init__(self, trees: Trees, book: CodeBook | None, classes: np.ndarray, features: int) -> None:
        self.trees = trees
        self.book = book
        self.classes = np.asarray(classes, np.uint8)
        self.features = features

    def predict(self, features: np.ndarray, probabilities: bool = False) -> Prediction:
        """Classes of features (n, feature) int16."""
        if self.book is not None:
            return self.predict_codes(self.book.encode(features), len(features), probabilities)
        return self._predict(_expect(features, self.features, np.int16), probabilities)

    def predict_codes(self, codes: np.ndarray, pixels: int, probabilities: bool = False) -> Prediction:
        """Classes of the first `pixels` of codes (pixel, feature) uint8 made with `book`."""
        return self._predict(_expect(codes[:pixels], self.features, np.uint8), probabilities)

    def _predict(self, values: np.ndarray, wanted: bool) -> Prediction:
        n, full = len(values), len(values) // GROUP * GROUP
        best, votes, doubtful = np.empty(n, np.int64), np.empty(n, np.uint32), np.empty(n, bool)
        probabilities = np.empty((n if wanted else 0, len(self.classes)), np.float32)
        vote(self.trees, values[:full], best[:full], votes[:full], doubtful[:full], probabilities[:full])
        if full < n:
            self._vote_rest(values[full:], best[full:], votes[full:], doubtful[full:], probabilities[full:])
        confidence = (votes / (_UNIT * float(len(self.trees.roots) - 1))).astype(np.float32)
        again = np.flatnonzero(doubtful)
        if again.size:
            shares = np.empty((len(again), len(self.classes)))
            vote_exactly(self.trees, values, again, shares)
            best[again], confidence[again] = shares.argmax(axis=1), shares.max(axis=1)
            if wanted:
                probabilities[again] = shares
        return Prediction(self.classes[best], confidence, probabilities if wanted else None)

    def _vote_rest(self, values: np.ndarray, *out: np.ndarray) -> None:
        """The last pixels, fewer than a group: a group of them and zeros."""
        padded = np.zeros((GROUP, values.shape[1]), values.dtype)
        padded[: len(values)] = values
        room = [np.empty((GROUP if len(o) else 0, *o.shape[1:]), o.dtype) for o in out]
        vote(self.trees, padded, *room)
        for target, source in zip(out, room):
            target[:] = source[: len(target)]


def forest_engine(forest: Any, book: CodeBook | None, classes: np.ndarray) -> ForestEngine:
    """Engine of a fitted RandomForestClassifier or ExtraTreesClassifier.

    A forest fitted on int16 values whose thresholds are few enough is given codes of its own. UnsupportedModelError says what cannot
    be done; ValueError: the forest was not fitted on what `book` says.
    """
    trees = [estimator.tree_ for estimator in forest.estimators_]
    if len(trees) > MAX_TREES:
        raise UnsupportedModelError(f"{len(trees)} trees are too many")
    n_features = int(forest.n_features_in_)
    thresholds, book, bits = coded_thresholds(trees, [tree.threshold for tree in trees], n_features, book)
    return ForestEngine(_layout(trees, thresholds, bits), book, classes, n_features)


def coded_thresholds(
    trees: Sequence[Any], thresholds: Sequence[np.ndarray], n_features: int, book: CodeBook | None
) -> tuple[list[np.ndarray], CodeBook | None, Bits]:
    """Thresholds of trees (arrays `feature`, -1 and below for a leaf, `node_count`) in whole numbers, the codes that they are of, None for
    int16 values, and the bits of a node.

    UnsupportedModelError: too many nodes or features. ValueError: they are no thresholds of what `book` says.
    """
    largest = max(tree.node_count for tree in trees)
    if n_features >= 2 ** LONG[1] or largest > 2 ** LONG[0]:
        raise UnsupportedModelError(f"{len(trees)} trees of up to {largest} nodes on {n_features} features are too many")
    whole = [np.floor(threshold).astype(np.int64) for threshold in thresholds]
    _check_thresholds(trees, whole, n_features, book)
    if book is None:
        book, whole = _own_codes(trees, whole, n_features)
    short = book is not None and n_features <= 2 ** SHORT[1] and largest <= 2 ** SHORT[0]
    return whole, book, SHORT if short else LONG


def _check_thresholds(trees: Sequence[Any], thresholds: list[np.ndarray], n_features: int, book: CodeBook | None) -> None:
    if book is not None and book.features != n_features:
        raise ValueError(f"the forest was fitted on {n_features} features, the codes have {book.features}")
    low, high = (-(2**15), 2**15 - 1) if book is None else (0, MAX_EDGES - 1)
    inner = np.concatenate([threshold[tree.feature >= 0] for tree, threshold in zip(trees, thresholds)])
    if inner.size and not low <= inner.min() <= inner.max() <= high:
        what = "int16 values" if book is None else "8-bit codes"
        raise ValueError(f"the forest was not fitted on {what}: its thresholds go from {inner.min()} to {inner.max()}")


def _own_codes(trees: Sequence[Any], thresholds: list[np.ndarray], n_features: int) -> tuple[CodeBook | None, list[np.ndarray]]:
    """A code book of the thresholds themselves, with the thresholds as codes; None where a feature has too many."""
    feature = np.concatenate([t.feature for t in trees])
    flat = np.concatenate(thresholds)
    inner = feature >= 0
    pairs, place = np.unique(feature[inner].astype(np.int64) << 32 | (flat[inner] + 2**15), return_inverse=True)
    starts = np.searchsorted(pairs >> 32, np.arange(n_features + 1))
    if np.diff(starts).max(initial=0) > MAX_EDGES:
        return None, thresholds
    flat[inner] = place - starts[feature[inner]]
    book = CodeBook(((pairs & 0xFFFFFFFF) - 2**15).astype(np.int16), starts.astype(np.int64))
    return book, np.split(flat, np.cumsum([t.node_count for t in trees])[:-1])


def _layout(trees: list[Any], thresholds: list[np.ndarray], bits: Bits) -> Trees:
    parts = [breadth_first(tree, threshold, bits) for tree, threshold in zip(trees, thresholds)]
    leaves = np.concatenate([tree.value[order[leaf], 0, :] for tree, (order, leaf, _, _) in zip(trees, parts)])
    exact, row_of_leaf = _distinct_rows(leaves)
    width = -(-exact.shape[1] // ROW) * ROW
    shares = np.zeros((len(exact), width), np.uint16)
    shares[:, : exact.shape[1]] = np.rint(exact * _UNIT)
    row = np.zeros(sum(t.node_count for t in trees), np.uint32)
    row[np.concatenate([leaf for _, leaf, _, _ in parts])] = row_of_leaf
    pure = bool(((exact == 0) | (exact == 1)).all())  # then both sums are whole numbers of trees, and ties are ties
    nodes, row, table = in_large_pages(np.concatenate([words for _, _, words, _ in parts]), row, shares.ravel())
    return Trees(
        nodes=nodes,
        roots=np.cumsum([0, *(t.node_count for t in trees)]).astype(np.uint64),
        shallow=np.array([depth for _, _, _, depth in parts], np.uint64),
        row=row,
        shares=table,
        exact=exact,
        width=np.uint64(width),
        doubt=np.int64(-1 if pure else len(trees)),
    )


def breadth_first(tree: Any, threshold: np.ndarray, bits: Bits) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Node numbers breadth first, which of them are leaves, the nodes as integers, depth of the shallowest leaf."""
    left, right = tree.children_left, tree.children_right
    levels = [np.zeros(1, np.int64)]
    while (inner := levels[-1][left[levels[-1]] >= 0]).size:
        levels.append(np.stack([left[inner], right[inner]], axis=1).ravel())
    order = np.concatenate(levels)
    position = np.empty(len(order), np.uint64)
    position[order] = np.arange(len(order), dtype=np.uint64)
    leaf = left[order] < 0
    child = np.where(leaf, position[order], position[left[order]])
    feature = np.where(leaf, 0, tree.feature[order]).astype(np.uint64)
    never = 2 ** bits[2] - 1 if bits is SHORT else 2 ** (bits[2] - 1) - 1  # no value is above it
    limit = (np.where(leaf, never, threshold[order]) & (2 ** bits[2] - 1)).astype(np.uint64)
    words = child << np.uint64(bits[1] + bits[2]) | feature << np.uint64(bits[2]) | limit
    shallow = next(depth for depth, level in enumerate(levels) if (left[level] < 0).any())
    return order, leaf, words.astype(np.uint32 if bits is SHORT else np.uint64), shallow


def _distinct_rows(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct rows of (n, class) float64 in order of first appearance, and the number of each row among them uint32 (n,)."""
    mixers = np.random.default_rng(0).integers(1, 2**63, rows.shape[1], dtype=np.uint64) | np.uint64(1)
    bits = np.ascontiguousarray(rows).view(np.uint64)
    keys = ((bits ^ bits >> np.uint64(31)) * mixers).sum(axis=1, dtype=np.uint64)  # simple shares have zeros in their low bits
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    if not np.array_equal(rows[first[inverse]], rows):  # two rows with one key: sort the rows themselves
        _, first, inverse = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.uint32)
    rank[np.argsort(first)] = np.arange(len(first), dtype=np.uint32)
    return rows[np.sort(first)], rank[inverse.ravel()]


def _expect(values: np.ndarray, features: int, dtype: type) -> np.ndarray:
    if values.dtype != dtype or values.ndim != 2 or values.shape[1] != features:
        raise ValueError(f"expected (pixel, {features}) {np.dtype(dtype)}, found {values.shape} {values.dtype}")
    return np.ascontiguousarray(values)
