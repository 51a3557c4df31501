import dataclasses
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from iota_py.bench import prediction
from iota_py.bench.models import prepared
from iota_py.bench.prediction import ALLOWED, compare, library_call, measure_prediction, predict_pieces
from iota_py.bench.workload import pixels
from iota_py.prediction.engine import Prediction
from iota_py.prediction.library import LibraryEngine
from iota_py.prediction.loading import load_engine

ROWS = [("forest", False), ("forest", True), ("lightgbm-31", False), ("lightgbm-63", True)]


class WrongEngine:
    """Right but for what the test makes wrong of each prediction."""

    def __init__(self, engine, spoil):
        self.engine, self.spoil, self.classes = engine, spoil, engine.classes

    def predict(self, features, probabilities=False):
        return self.spoil(self.engine.predict(features, probabilities))


def first_label(found):
    labels = found.labels.copy()
    labels[0] = labels[0] % 4 + 1
    return Prediction(labels, found.confidence, found.probabilities)


def shifted_confidence(found):
    return Prediction(found.labels, found.confidence + np.float32(1e-3), found.probabilities)


def shifted_shares(found):
    return Prediction(found.labels, found.confidence, None if found.probabilities is None else found.probabilities + np.float32(2e-4))


@pytest.mark.parametrize(("model", "probabilities"), ROWS)
def test_rows_are_identical_and_have_all_rounds(tiny, model, probabilities):
    measure = measure_prediction(tiny, model, probabilities)
    assert measure.identity.holds
    assert measure.identity.wrong == 0
    assert measure.identity.pixels == 2 * 24 * 48
    assert measure.rates.ratios("wall").shape == (2,)
    assert (measure.rates.ratios("wall") > 0).all()
    assert measure.clock == "wall"


def engines(settings, model):
    fitted = prepared(settings, model)
    return load_engine(fitted), LibraryEngine(fitted.estimator, fitted.book, fitted.classes)


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (first_label, (False, False)),
        (shifted_confidence, (False, True)),
        (shifted_shares, (True, False)),
        (lambda found: found, (True, True)),
    ],
)
def test_a_wrong_engine_is_found_out(tiny, spoil, expected):
    engine, reference = engines(tiny, "forest")
    with ThreadPoolExecutor(2) as pool:
        found = compare(pool, WrongEngine(engine, spoil), reference, pixels(tiny.scale, 100), ALLOWED["random_forest"])
    assert tuple(identity.holds for identity in found) == expected
    assert found[0].wrong == (1 if spoil is first_label else 0)


def test_a_row_of_a_wrong_engine_is_not_identical(fresh, monkeypatch):
    right = prediction.load_engine
    monkeypatch.setattr(prediction, "load_engine", lambda fitted: WrongEngine(right(fitted), first_label))
    measure = measure_prediction(dataclasses.replace(fresh, scale=dataclasses.replace(fresh.scale, rounds=1)), "lightgbm-31")
    assert not measure.identity.holds
    assert measure.identity.wrong == 2, "one pixel of each part"


def test_pieces_give_what_one_call_gives(tiny, monkeypatch):
    engine, _ = engines(tiny, "forest")
    features = pixels(tiny.scale, 1000)
    whole = engine.predict(features, True)
    monkeypatch.setattr(prediction, "PIECE", 96)
    with ThreadPoolExecutor(2) as pool:
        pieces = predict_pieces(pool, engine, features, True)
    assert np.array_equal(pieces.labels, whole.labels)
    assert np.array_equal(pieces.confidence, whole.confidence)
    assert np.array_equal(pieces.probabilities, whole.probabilities)


@pytest.mark.parametrize("model", ["forest", "lightgbm-31"])
def test_the_library_is_given_what_it_was_fitted_on(tiny, model):
    fitted, features = prepared(tiny, model), pixels(tiny.scale, 300)
    shares = library_call(fitted, features, 2)()
    expected = LibraryEngine(fitted.estimator, fitted.book, fitted.classes).predict(features, True)
    assert np.allclose(shares, expected.probabilities, atol=1e-6)
    assert np.array_equal(fitted.classes[shares.argmax(axis=1)], expected.labels)
