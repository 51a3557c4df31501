"""The compiled forest gives scikit-learn's labels, always."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from iota_py.codes import CodeBook
from iota_py.prediction.forest import ForestEngine, _distinct_rows, forest_engine
from iota_py.prediction.forest_kernels import BLOCK, GROUP
from iota_py.prediction.library import LibraryEngine
from iota_py.training.estimators import RandomForestOptions
from iota_py.training.fit import Fitted, fit

from .models import assert_same_answers, extra_trees, forests


def engine_of(fitted: Fitted) -> ForestEngine:
    return forest_engine(fitted.estimator, fitted.book, fitted.classes)


def noise(n: int, columns: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.integers(-2000, 9000, (n, columns)).astype(np.int16), rng.integers(1, classes + 1, n).astype(np.uint8)


def fitted_on_noise(n: int, columns: int, classes: int, **options) -> Fitted:
    features, labels = noise(n, columns, classes)
    return fit("random_forest", RandomForestOptions(**options), features, labels, tuple(map(str, range(columns))), 3)


@settings(max_examples=60, deadline=None)
@given(forests())
def test_labels_are_the_librarys(drawn):
    assert_same_answers(engine_of(drawn.fitted), drawn.fitted, drawn.features)


@settings(max_examples=60, deadline=None)
@given(extra_trees())
def test_labels_of_extra_trees_are_the_librarys(drawn):
    assert_same_answers(engine_of(drawn.fitted), drawn.fitted, drawn.features)


def test_labels_are_the_librarys_where_votes_are_close():
    """Few trees and few samples a leaf: some pixels whose first two classes only the library's own sum puts in its order."""
    fitted = fitted_on_noise(400, 4, 6, trees=7, min_samples_leaf=2)
    features, _ = noise(6000, 4, 2, seed=9)
    engine = engine_of(fitted)
    assert_same_answers(engine, fitted, features)
    careless = ForestEngine(engine.trees._replace(doubt=np.int64(-1)), engine.book, engine.classes, engine.features)
    assert (careless.predict(features).labels != engine.predict(features).labels).any()


def test_pure_leaves_need_no_second_look():
    fitted = fitted_on_noise(300, 4, 6, trees=9, max_depth=None, min_samples_leaf=1, bins=256)
    engine = engine_of(fitted)
    assert engine.trees.doubt == -1
    assert_same_answers(engine, fitted, noise(3000, 4, 2, seed=5)[0])


@pytest.mark.parametrize("n", [0, 1, GROUP - 1, GROUP, GROUP + 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + GROUP + 5])
def test_any_number_of_pixels(n):
    fitted = fitted_on_noise(200, 3, 5, trees=4)
    assert_same_answers(engine_of(fitted), fitted, noise(n, 3, 2, seed=n)[0])


def test_a_pixel_does_not_depend_on_its_neighbours():
    fitted = fitted_on_noise(400, 4, 9, trees=7)
    engine, features = engine_of(fitted), noise(700, 4, 2, seed=2)[0]
    whole = engine.predict(features, probabilities=True)
    for first, last in ((0, 5), (5, 300), (300, 700)):
        part = engine.predict(features[first:last], probabilities=True)
        np.testing.assert_array_equal(part.labels, whole.labels[first:last])
        np.testing.assert_array_equal(part.probabilities, whole.probabilities[first:last])


@pytest.mark.parametrize(
    ("n", "columns", "bins", "dtype", "coded"),
    [
        (300, 1024, 255, np.uint32, True),  # the last feature number of short nodes
        (300, 1025, 255, np.uint64, True),  # more features than short nodes can name
        (20000, 2, 255, np.uint64, True),  # trees of more nodes than short ones can name
        (300, 3, None, np.uint32, True),  # few thresholds: the values get codes of their own
        (20000, 2, None, np.uint64, False),  # many thresholds: 16-bit values
    ],
)
def test_layouts(n, columns, bins, dtype, coded):
    fitted = fitted_on_noise(n, columns, 7, trees=2, max_depth=None, min_samples_leaf=1, bins=bins)
    engine = engine_of(fitted)
    assert engine.trees.nodes.dtype == dtype
    assert (engine.book is not None) == coded
    assert_same_answers(engine, fitted, noise(500, columns, 2, seed=7)[0])


def test_codes_may_be_given_in_place_of_values():
    fitted = fitted_on_noise(300, 4, 5, trees=5)
    engine, features = engine_of(fitted), noise(100, 4, 2, seed=1)[0]
    codes = engine.book.encode(features)
    np.testing.assert_array_equal(engine.predict_codes(codes, len(codes)).labels, engine.predict(features).labels)
    np.testing.assert_array_equal(engine.predict_codes(np.asfortranarray(codes), len(codes)).labels, engine.predict(features).labels)
    for wrong in (codes[:, :3], codes.astype(np.int16), codes[0]):
        with pytest.raises(ValueError, match="expected \\(pixel, 4\\) uint8"):
            engine.predict_codes(wrong, len(wrong))


def test_values_of_another_type_are_refused():
    engine = engine_of(fitted_on_noise(20000, 2, 7, trees=1, max_depth=None, min_samples_leaf=1, bins=None))
    with pytest.raises(ValueError, match="expected \\(pixel, 2\\) int16, found \\(3, 2\\) float32"):
        engine.predict(np.zeros((3, 2), np.float32))


def test_a_book_that_the_forest_was_not_fitted_on_is_refused():
    fitted = fitted_on_noise(300, 3, 4, trees=2, bins=None)
    with pytest.raises(ValueError, match="not fitted on 8-bit codes"):
        forest_engine(fitted.estimator, CodeBook.of([np.array([5], np.int16)] * 3), fitted.classes)
    with pytest.raises(ValueError, match="fitted on 3 features, the codes have 2"):
        forest_engine(fitted.estimator, CodeBook.of([np.array([5], np.int16)] * 2), fitted.classes)


def test_one_tree_by_hand():
    """Ten samples, one split at 4.5: three quarters of class 1 on the left, all of class 2 on the right."""
    from sklearn.ensemble import RandomForestClassifier

    values = np.array([0, 1, 2, 3, 6, 7, 8, 9], np.float32)[:, None]
    forest = RandomForestClassifier(1, bootstrap=False, max_depth=1).fit(values, [1, 1, 1, 2, 2, 2, 2, 2])
    engine = forest_engine(forest, None, np.array([1, 2], np.uint8))
    found = engine.predict(np.array([[-32768], [2], [3], [32767]], np.int16), probabilities=True)
    reference = LibraryEngine(forest, None, np.array([1, 2], np.uint8)).predict(np.array([[-32768], [2], [3], [32767]], np.int16))
    assert found.labels.tolist() == reference.labels.tolist() == [1, 1, 2, 2]
    assert found.probabilities.tolist() == [[1, 0], [1, 0], [0, 1], [0, 1]]


def test_distinct_rows_keep_the_order_of_appearance():
    rows = np.array([[0.5, 0.5], [1, 0], [0.5, 0.5], [0, 1], [1, 0]])
    distinct, number = _distinct_rows(rows)
    assert distinct.tolist() == [[0.5, 0.5], [1, 0], [0, 1]]
    assert number.tolist() == [0, 1, 0, 2, 1]
