"""Projected and calibrated engines."""

from __future__ import annotations

import dataclasses

import numpy as np

from iota_py.prediction.loading import load_engine
from iota_py.training.fit import Fitted, fit
from iota_py.training.options import RandomForestOptions


class Halves:
    """Takes the columns beyond the first and halves them."""

    def apply(self, features: np.ndarray) -> np.ndarray:
        return (features[:, 1:] // 2).astype(np.int16)


class Turned:
    """Probabilities the other way round."""

    def apply(self, probabilities: np.ndarray) -> np.ndarray:
        return probabilities[:, ::-1]


def small() -> tuple[Fitted, np.ndarray]:
    features = np.random.default_rng(3).integers(-500, 6000, (200, 3)).astype(np.int16)
    labels = np.where(features[:, 0] > 2500, 9, 4).astype(np.uint8)
    return fit("random_forest", RandomForestOptions(trees=5), features, labels, ("a", "b", "c"), 1), features


def test_a_projected_model_sees_components():
    model, features = small()
    wide = np.concatenate([np.zeros((200, 1), np.int16), 2 * features], axis=1)
    engine = load_engine(dataclasses.replace(model, projection=Halves()))
    found, expected = engine.predict(wide, probabilities=True), load_engine(model).predict(features, probabilities=True)
    np.testing.assert_array_equal(found.labels, expected.labels)
    np.testing.assert_array_equal(found.probabilities, expected.probabilities)
    assert not hasattr(engine, "predict_codes")


def test_labels_and_confidence_are_those_of_calibrated_probabilities():
    model, features = small()
    engine = load_engine(dataclasses.replace(model, calibration=Turned()))
    plain = load_engine(model).predict(features, probabilities=True)
    found = engine.predict(features, probabilities=True)
    np.testing.assert_array_equal(found.probabilities, plain.probabilities[:, ::-1])
    np.testing.assert_array_equal(found.labels, model.classes[plain.probabilities[:, ::-1].argmax(axis=1)])
    np.testing.assert_array_equal(found.confidence, plain.probabilities.max(axis=1))
    alone = engine.predict(features)
    assert alone.probabilities is None
    np.testing.assert_array_equal(alone.labels, found.labels)
    assert not hasattr(engine, "predict_codes")


def test_both_at_once():
    model, features = small()
    wide = np.concatenate([np.zeros((200, 1), np.int16), 2 * features], axis=1)
    engine = load_engine(dataclasses.replace(model, projection=Halves(), calibration=Turned()))
    only = load_engine(dataclasses.replace(model, calibration=Turned())).predict(features)
    np.testing.assert_array_equal(engine.predict(wide).labels, only.labels)
