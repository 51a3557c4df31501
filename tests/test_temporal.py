"""The temporal network as plain numbers, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iota_py import temporal
from iota_py.temporal import TemporalNetwork, convolved, normalised


def hand_made() -> TemporalNetwork:
    """One band on three dates and one feature without date; a filter that adds a date and its neighbours, then two that copy."""
    one, zero = np.ones((1, 1, 3), np.float32), np.zeros(1, np.float32)
    copy = np.array([[[0, 1, 0]]], np.float32)
    return TemporalNetwork(
        columns=np.array([[2, 0, 1]]),
        static=np.array([3]),
        low=np.array([0, 10], np.float32),
        high=np.array([100, 20], np.float32),
        kernels=(one, copy, copy),
        biases=(np.array([-4], np.float32), zero, zero),
        dense=(np.array([[1, 1, 1, 0], [0, 0, 0, 1]], np.float32), np.array([0, -1], np.float32)),
        scores=(np.array([[1, 0], [0, 1]], np.float32), np.array([0, 0.5], np.float32)),
    )


def test_answers_by_hand():
    """Dates 1, 2, 3 -> sums 3, 6, 5, less 4, not below 0: 0, 2, 1, together 3; without date (30 - 10) / 10 - 1 = 1, and 0.5."""
    shares = hand_made().predict_proba(np.array([[200, 300, 100, 30]], np.int16))
    assert shares == pytest.approx(np.array([[1, 0]]) + np.array([[-1, 1]]) / (1 + np.exp(3 - 1.5)), abs=1e-6)
    assert shares.dtype == np.float32
    assert hand_made().predict_proba(np.empty((0, 4), np.int16)).shape == (0, 2)


def test_normalised_takes_columns_in_the_order_of_the_dates():
    network = hand_made()
    series, static = normalised(np.array([[200, 300, 100, 30]], np.int16), network.columns, network.static, network.low, network.high)
    assert (series.tolist(), static.tolist()) == ([[[1, 2, 3]]], [[2]])


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 4), st.integers(1, 6), st.integers(1, 3), st.sampled_from([1, 3, 5]))
def test_convolved_is_the_sum_over_neighbours(channels, dates, filters, width):
    rng = np.random.default_rng(channels + 10 * dates + 100 * filters + 1000 * width)
    series, kernel = rng.normal(size=(2, channels, dates)), rng.normal(size=(filters, channels, width))
    padded = np.pad(series, ((0, 0), (0, 0), (width // 2, width // 2)))
    expected = np.stack([np.einsum("ncw,fcw->nf", padded[:, :, t : t + width], kernel) for t in range(dates)], axis=2)
    np.testing.assert_allclose(convolved(series, kernel), expected, atol=1e-12)


def test_arrays_there_and_back_and_blocks(monkeypatch):
    network = hand_made()
    again = TemporalNetwork.from_arrays(network.arrays())
    values = np.random.default_rng(0).integers(0, 1000, (50, 4)).astype(np.int16)
    whole = network.predict_proba(values)
    np.testing.assert_array_equal(again.predict_proba(values), whole)
    monkeypatch.setattr(temporal, "BLOCK", 7)
    np.testing.assert_allclose(network.predict_proba(values), whole, atol=1e-6)
    with pytest.raises(KeyError, match="dense"):
        TemporalNetwork.from_arrays({name: array for name, array in network.arrays().items() if name != "dense"})
