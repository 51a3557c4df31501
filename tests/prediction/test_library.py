"""The library's own answers as a Prediction."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from iota_py.codes import CodeBook
from iota_py.prediction.library import LibraryEngine
from iota_py.training.estimators import LightGBMOptions
from iota_py.training.fit import fit
from iota_py.training.options import KNNOptions, LogisticRegressionOptions, Options, SVMOptions


class Fixed:
    """A classifier that answers the values themselves, as eighths."""

    n_jobs = 4

    def predict_proba(self, matrix: np.ndarray) -> np.ndarray:
        return matrix.astype(np.float64) / 8


CLASSES = np.array([3, 7, 200], np.uint8)


def test_lowest_code_wins_a_tie():
    shares = np.array([[1, 1, 6], [4, 4, 0], [0, 4, 4], [3, 2, 3]], np.int16)
    found = LibraryEngine(Fixed(), None, CLASSES).predict(shares, probabilities=True)
    assert found.labels.tolist() == [200, 3, 7, 3]
    assert found.confidence.tolist() == [0.75, 0.5, 0.5, 0.375]
    assert found.probabilities.tolist() == (shares / 8).tolist()


def test_estimator_fitted_on_codes_is_given_codes():
    book = CodeBook.of([np.array([100, 200], np.int16)] * 3)
    found = LibraryEngine(Fixed(), book, CLASSES).predict(np.array([[50, 150, 5000]], np.int16), probabilities=True)
    assert found.probabilities.tolist() == [[0, 1 / 8, 2 / 8]]


def test_no_pixel_gives_empty_answers():
    found = LibraryEngine(RandomForestClassifier(), None, CLASSES).predict(np.empty((0, 5), np.int16), probabilities=True)
    assert (found.labels.shape, found.confidence.shape, found.probabilities.shape) == ((0,), (0,), (0, 3))


def test_one_thread_without_changing_the_callers_estimator():
    mine = Fixed()
    assert LibraryEngine(mine, None, CLASSES).estimator.n_jobs == 1
    assert mine.n_jobs == 4


def test_two_classes_of_a_booster_have_two_probabilities():
    features = np.repeat(np.array([0, 99], np.int16), 50)[:, None]
    labels = np.where(features[:, 0] < 50, 9, 4).astype(np.uint8)
    fitted = fit("lightgbm", LightGBMOptions(rounds=20), features, labels, ("f",), 1)
    found = LibraryEngine(fitted.estimator, None, fitted.classes).predict(features, probabilities=True)
    assert found.labels.tolist() == labels.tolist()
    assert found.probabilities.sum(axis=1) == pytest.approx(1)
    assert found.confidence.tolist() == found.probabilities.max(axis=1).tolist()


@pytest.mark.parametrize(
    "options", [KNNOptions(), KNNOptions(weights="distance"), SVMOptions(folds=2), LogisticRegressionOptions()], ids=str
)
def test_a_pixel_has_the_same_bits_in_any_block(options: Options):
    rng = np.random.default_rng(3)
    features = rng.integers(-3000, 3000, (5000, 23)).astype(np.int16)
    labels = (1 + (features[:150, 0] > 0) + (features[:150, 1] > 0)).astype(np.uint8)
    fitted = fit(options.kind, options, features[:150], labels, tuple(f"f{k}" for k in range(23)), 1, groups=np.arange(150) // 3)
    engine = LibraryEngine(fitted.estimator, fitted.book, fitted.classes)
    whole = engine.predict(features, probabilities=True)
    for size, last in ((1, 20), (7, 300), (1000, 5000)):
        for first in range(0, last, size):
            part = engine.predict(features[first : first + size], probabilities=True)
            assert part.probabilities.tobytes() == whole.probabilities[first : first + size].tobytes()
            assert part.confidence.tobytes() == whole.confidence[first : first + size].tobytes()
            assert part.labels.tolist() == whole.labels[first : first + size].tolist()
