"""A random forest grown by the Intel extension of scikit-learn, and handed over as a forest of scikit-learn.

The extension searches splits on histograms, which takes less time (experiments/performance/training.py measures it).
Three things are not as in scikit-learn:

* The trees that it gives out know of a leaf only its commonest class; the shares that its own predictions use stay inside. So only its
  splits are taken, and a leaf gets the shares of all learning samples that fall into it, drawn for the tree or not. Probabilities are
  therefore those of neither library, and every number of a node is one of the learning samples.
* `min_samples_leaf` counts draws, a sample drawn twice counting twice; scikit-learn counts the distinct samples drawn, 0.63 of the draws.
  The same number makes more leaves.
* It falls back on scikit-learn without a word where it cannot do what is asked for; here that is an error.

Splits do not depend on the number of threads. They were found the same by its code for AVX2 and by that for AVX-512, others
by that for processors without either.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from iota_py.errors import Fault, TaskError

_OTHER = "set model.trainer: scikit-learn"


def grow_forest(parameters: dict[str, Any], matrix: np.ndarray, labels: np.ndarray, threads: int) -> RandomForestClassifier:
    """A fitted forest of scikit-learn.

    parameters: of RandomForestClassifier, without class weights. matrix: float32 (sample, feature), whole numbers, 256 distinct ones per
    feature at most. labels: uint8 (sample,). TaskError: E-TRN-004 the extension cannot be loaded, E-TRN-005 it fell back.
    """
    grown = _grown(parameters, matrix, labels, threads)
    classes, index = np.unique(labels, return_inverse=True)
    for tree in grown.estimators_:
        _share_out(tree, matrix, index, len(classes))
    forest = RandomForestClassifier(**parameters)
    forest.estimator_ = DecisionTreeClassifier()
    forest.estimators_ = list(grown.estimators_)
    forest.classes_, forest.n_classes_, forest.n_outputs_ = classes, len(classes), 1
    forest.n_features_in_ = matrix.shape[1]
    return forest


def _grown(parameters: dict[str, Any], matrix: np.ndarray, labels: np.ndarray, threads: int) -> Any:
    """The forest of the extension. As many bins as samples: each distinct value then has its own, and thresholds lie between values."""
    try:
        from sklearnex.ensemble import RandomForestClassifier as Extension
    except ImportError as error:
        text = f"the Intel extension cannot be loaded ({error})"
        raise TaskError(Fault("E-TRN-004", "training", "model.trainer", text, f"install it again, or {_OTHER}")) from error
    forest = Extension(**parameters, max_bins=max(256, len(matrix)), n_jobs=threads)
    with _threads(threads), warnings.catch_warnings():
        # outside the main thread, as in workers of Dask, the extension warns that it leaves the number of threads as it is: as set here
        warnings.filterwarnings("ignore", "'Threading' parallel backend is not supported", UserWarning)
        forest.fit(matrix, labels)
    if not hasattr(forest, "_onedal_estimator"):
        text = "the Intel extension handed the work back to scikit-learn"
        raise TaskError(Fault("E-TRN-005", "training", "model.trainer", text, _OTHER))
    return forest


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """Threads of the extension, which has one number of them for the process."""
    import daal4py

    before = daal4py.num_threads()
    daal4py.daalinit(count)
    try:
        yield
    finally:
        daal4py.daalinit(before)


def _share_out(tree: Any, matrix: np.ndarray, index: np.ndarray, classes: int) -> None:
    """Replace the numbers of a tree's nodes by those of the learning samples; index: int (sample,), of the class.

    With `min_samples_leaf` 1, about one split in 10,000 was found to have a threshold that no learning sample of its node is below, or
    above; the empty side gets the shares of the node.
    """
    state = tree.tree_.__getstate__()
    nodes = state["nodes"].copy()
    left, right = nodes["left_child"], nodes["right_child"]
    place = tree.tree_.apply(matrix) * classes + index
    counts, levels = np.bincount(place, minlength=len(nodes) * classes).reshape(-1, classes), _levels(left, right)
    for level in reversed(levels):
        counts[level] += counts[left[level]] + counts[right[level]]
    samples = counts.sum(axis=1)
    shares = counts / np.maximum(samples, 1)[:, None]
    for level in levels:  # from the root down: what is empty takes after the node above
        for child in (left[level], right[level]):
            empty = samples[child] == 0
            shares[child[empty]] = shares[level[empty]]
    nodes["n_node_samples"] = nodes["weighted_n_node_samples"] = samples
    nodes["impurity"] = 1 - (shares**2).sum(axis=1)
    tree.tree_.__setstate__({**state, "nodes": nodes, "values": shares[:, None, :]})


def _levels(left: np.ndarray, right: np.ndarray) -> list[np.ndarray]:
    """Numbers of the nodes that have children, level by level from the root."""
    levels = []
    nodes = np.zeros(1, np.int64)
    while (inner := nodes[left[nodes] >= 0]).size:
        levels.append(inner)
        nodes = np.concatenate([left[inner], right[inner]])
    return levels
