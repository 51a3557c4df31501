"""Calibrations fitted."""

import numpy as np
import pytest

from iota_py.training.calibration import balance_ratios, best_temperature, fit_calibration

CLASSES = np.array([3, 7], np.uint8)


def overconfident(samples: int, temperature: float) -> tuple[np.ndarray, np.ndarray]:
    """True probabilities made too sure by a temperature, and labels drawn from the true ones."""
    rng = np.random.default_rng(5)
    true = rng.uniform(0.05, 0.95, samples)
    labels = CLASSES[(rng.uniform(size=samples) < true).astype(int)]
    said = np.stack([1 - true, true], axis=1) ** temperature
    return (said / said.sum(axis=1, keepdims=True)).astype(np.float32), labels


def test_the_temperature_that_spoilt_is_found() -> None:
    said, labels = overconfident(20_000, 2.0)
    assert fit_calibration("temperature", said, labels, CLASSES).temperature == pytest.approx(2.0, rel=0.05)


def test_good_probabilities_keep_a_temperature_of_about_one() -> None:
    said, labels = overconfident(20_000, 1.0)
    assert best_temperature(said.astype(float), np.searchsorted(CLASSES, labels)) == pytest.approx(1.0, rel=0.05)


def test_curves_bring_back_what_a_probability_is_worth() -> None:
    said, labels = overconfident(20_000, 3.0)
    found = fit_calibration("isotonic", said, labels, CLASSES).apply(said)
    sure = found[:, 1] > 0.8
    assert np.mean(labels[sure] == 7) == pytest.approx(float(found[sure, 1].mean()), abs=0.02)
    assert np.mean(labels[said[:, 1] > 0.98] == 7) < 0.95  # before, they were too sure


def test_a_class_without_samples_keeps_its_probabilities() -> None:
    said = np.array([[0.2, 0.8], [0.6, 0.4]], np.float32)
    calibration = fit_calibration("isotonic", said, np.array([7, 7], np.uint8), CLASSES)
    np.testing.assert_array_equal(calibration.curves[0][1], [0, 1])


def test_samples_of_other_classes_are_left_out() -> None:
    said, labels = overconfident(500, 2.0)
    more = np.concatenate([said, said[:100]]), np.concatenate([labels, np.full(100, 9, np.uint8)])
    assert fit_calibration("temperature", *more, CLASSES).temperature == fit_calibration("temperature", said, labels, CLASSES).temperature
    with pytest.raises(ValueError, match="no sample"):
        fit_calibration("temperature", said[:3], np.full(3, 9, np.uint8), CLASSES)


def test_ratios_by_hand() -> None:
    """Learnt 50:50, used 10:90 of the classes known; class 9 is not known to the model."""
    np.testing.assert_allclose(balance_ratios({3: 50, 7: 50}, {3: 1, 7: 9, 9: 5}, CLASSES), [0.2, 1.8])
    with pytest.raises(ValueError, match="amount"):
        balance_ratios({3: 50, 7: 50}, {9: 5}, CLASSES)
