"""Self-organising maps."""

import numpy as np
import pytest

from iota_py.samples.som import SelfOrganisingMap, label_shares, organised, winners


def clusters(wrong: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two groups of samples far apart, some labels of the first wrong."""
    rng = np.random.default_rng(1)
    labels = np.repeat([1, 2], 150).astype(np.uint8)
    values = (rng.normal(0, 1, (300, 5)) + 8 * (labels == 2)[:, None]).astype(np.float32)
    labels[:wrong] = 2
    return values, labels


def test_a_map_parts_what_lies_apart_and_is_the_same_again() -> None:
    values, labels = clusters()
    found = organised(values, 5, 20, 3)
    np.testing.assert_array_equal(found.weights, organised(values, 5, 20, 3).weights)
    assert not set(found.neuron[labels == 1]) & set(found.neuron[labels == 2])


def test_neighbouring_neurons_are_alike() -> None:
    values, _ = clusters()
    weights = organised(values, 6, 25, 0).weights.reshape(6, 6, -1)
    beside = np.linalg.norm(np.diff(weights, axis=1), axis=2).mean()
    across = np.linalg.norm(weights[:, None, :, None] - weights[None, :, None, :], axis=-1).mean()
    assert beside < across / 2


def test_wrong_labels_have_small_shares() -> None:
    values, labels = clusters(wrong=6)
    prior, posterior = label_shares(organised(values, 5, 20, 3), labels)
    assert prior[:6].max() < 0.5
    assert posterior[:6].max() < 0.5
    assert posterior[150:].min() > 0.9


def test_shares_by_hand() -> None:
    """Three neurons of four hold samples; the first has 3 of label 1 and 1 of label 2, its neighbours 2 of label 1, 2 of label 2."""
    found = SelfOrganisingMap(np.zeros((4, 1), np.float32), 2, np.array([0, 0, 0, 0, 1, 1, 2, 2]))
    labels = np.array([1, 1, 1, 2, 1, 1, 2, 2], np.uint8)
    prior, posterior = label_shares(found, labels)
    assert prior.tolist() == [0.75, 0.75, 0.75, 0.25, 1, 1, 1, 1]
    shares = np.array([0.75, 1.0, 0.0])
    mean, spread, own = shares.mean(), shares.var(), 0.75 * 0.25 / 4 + 1e-6
    assert posterior[0] == pytest.approx((0.75 * spread + mean * own) / (spread + own))


def test_a_winner_is_the_nearest_neuron_and_the_first_of_equal_ones() -> None:
    values, weights = np.array([[0.2], [0.9]], np.float32), np.array([[1.0], [0.0], [0.0]], np.float32)
    assert winners(values, weights).tolist() == [1, 0]
