"""Smoothing: values by hand, a slow plain reference, windows that hold the neighbourhood."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iota_py.mapping.smoothing import CHUNK, LOWEST, bayesian, majority, posterior_logits


def neighbours(row: int, col: int, shape: tuple[int, int], radius: int) -> list[tuple[int, int]]:
    return [
        (r, c)
        for r in range(max(0, row - radius), min(shape[0], row + radius + 1))
        for c in range(max(0, col - radius), min(shape[1], col + radius + 1))
    ]


def plain_logits(shares: np.ndarray, seen: np.ndarray, side: int, variance: list[float], share: float) -> np.ndarray:
    """The formula, pixel by pixel."""
    result = np.zeros(shares.shape)
    logit = np.vectorize(lambda p: math.log(min(max(p, LOWEST), 1 - LOWEST) / (1 - min(max(p, LOWEST), 1 - LOWEST))))(shares.astype(float))
    for row, col in zip(*np.nonzero(seen)):
        for k in range(len(shares)):
            near = sorted(logit[k, r, c] for r, c in neighbours(row, col, seen.shape, side // 2) if seen[r, c])
            near = near[len(near) - max(1, math.ceil(share * len(near) - 1e-9)) :]
            m = sum(near) / len(near)
            s2 = sum((x - m) ** 2 for x in near) / (len(near) - 1) if len(near) > 1 else 0.0
            result[k, row, col] = (s2 * logit[k, row, col] + variance[k] * m) / (s2 + variance[k])
    return result


def plain_bayesian(shares: np.ndarray, seen: np.ndarray, side: int, variance: list[float], share: float) -> np.ndarray:
    chances = 1 / (1 + np.exp(-plain_logits(shares, seen, side, variance, share)))
    return np.where(seen, chances / chances.sum(axis=0), 0)


def image(seed: int, shape: tuple[int, int] = (7, 8), classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 4, (classes, *shape)) + np.eye(classes)[rng.integers(0, classes, shape)].transpose(2, 0, 1)
    return (counts / counts.sum(axis=0)).astype(np.float32), rng.random(shape) > 0.15


@pytest.mark.parametrize(("side", "share"), [(3, 1.0), (3, 0.5), (5, 0.5), (7, 0.01)])
def test_bayesian_against_the_plain_reference(side: int, share: float) -> None:
    shares, seen = image(side)
    variance = [5.0, 20.0, 1.0]
    found = bayesian(shares, seen, side, np.array(variance), share)
    assert found == pytest.approx(plain_bayesian(shares, seen, side, variance, share), abs=1e-6)
    assert found.sum(axis=0) == pytest.approx(seen.astype(float), abs=1e-6)


def landscape(kind: str, shape: tuple[int, int]) -> np.ndarray:
    """Shares of three classes: all different; those of a forest of ten trees, most of them alike; or hardly different ones, one of few."""
    rng = np.random.default_rng(7)
    rough = rng.standard_normal((3, *shape)).cumsum(axis=2) + rng.standard_normal((3, *shape))
    shares = np.exp(rough - rough.max(axis=0))
    shares /= shares.sum(axis=0)
    if kind == "votes":
        shares = np.round(shares * 10)
        shares /= shares.sum(axis=0)
    elif kind == "near":
        shares = 0.3 + 1e-6 * rng.integers(0, 20, (3, *shape))
    return shares.astype(np.float32)


@pytest.mark.parametrize("kind", ["different", "votes", "near"])
@pytest.mark.parametrize(("side", "share"), [(3, 1.0), (3, 0.5), (7, 0.5), (7, 0.1)])
def test_logits_against_the_plain_reference(kind: str, side: int, share: float) -> None:
    """Wider than what is looked at together, and with holes."""
    shape = (9, CHUNK + 21)
    shares, seen = landscape(kind, shape), np.random.default_rng(1).random(shape) > 0.1
    seen[:, 40:44] = False
    variance = [5.0, 20.0, 1.0]
    found = posterior_logits(shares, seen, side, np.array(variance), share)
    assert np.abs(found - plain_logits(shares, seen, side, variance, share))[:, seen].max() < 1e-9


@pytest.mark.parametrize("kind", ["different", "votes"])
def test_the_same_bits_wherever_a_window_starts(kind: str) -> None:
    shape = (8, 2 * CHUNK + 30)
    shares, seen = landscape(kind, shape), np.random.default_rng(2).random(shape) > 0.1
    whole = posterior_logits(shares, seen, 5, np.full(3, 20.0), 0.5)
    for left in (1, 5, 64, CHUNK - 1, CHUNK + 3):
        part = posterior_logits(shares[:, :, left:], seen[:, left:], 5, np.full(3, 20.0), 0.5)
        assert (part[:, :, 2:] == whole[:, :, left + 2 :])[:, seen[:, left + 2 :]].all()


def test_what_is_alike_stays_to_the_bit() -> None:
    for value in (0.0, 0.4, 1.0):
        shares = np.full((2, 9, 9), value, np.float32)
        shares[1] = 1 - shares[0]
        seen = np.ones((9, 9), bool)
        found = posterior_logits(shares, seen, 5, np.full(2, 20.0), 0.5)
        shares[:, 8, 8] = 0.7, 0.3  # the part of the map that is looked at together is no more of one value
        other = posterior_logits(shares, seen, 5, np.full(2, 20.0), 0.5)
        assert (found == found[:, :1, :1]).all()
        assert (other[:, :6, :6] == found[:, :6, :6]).all()


def test_an_odd_pixel_takes_the_class_around_it_and_little_variance_leaves_it() -> None:
    shares = np.empty((2, 5, 5), np.float32)
    shares[0], shares[1] = 0.9, 0.1
    shares[:, 2, 2] = 0.4, 0.6
    seen = np.ones((5, 5), bool)
    assert bayesian(shares, seen, 3, np.array([20.0, 20.0]), 1.0)[:, 2, 2].argmax() == 0
    assert bayesian(shares, seen, 3, np.array([1e-3, 1e-3]), 1.0)[:, 2, 2].argmax() == 1
    # by hand, variance 20, class 0: logits ln 9 (8 times) and ln 2/3; m = 1.908037, s2 = 0.752666: x = 1.824130; class 1 is its opposite
    x = (0.752666 * math.log(2 / 3) + 20 * 1.908037) / 20.752666
    assert bayesian(shares, seen, 3, np.array([20.0, 20.0]), 1.0)[0, 2, 2] == pytest.approx(1 / (1 + math.exp(-x)), abs=1e-6)


def test_what_is_not_seen_is_no_neighbour() -> None:
    shares, seen = image(3)
    other = np.where(seen, shares, np.float32(0.5))
    for share in (0.5, 1.0):
        assert (bayesian(shares, seen, 5, np.full(3, 20.0), share) == bayesian(other, seen, 5, np.full(3, 20.0), share)).all()


def plain_majority(labels: np.ndarray, confidence: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    classes, certain = labels.copy(), confidence.copy()
    for row, col in zip(*np.nonzero(labels)):
        near = [(labels[r, c], confidence[r, c]) for r, c in neighbours(row, col, labels.shape, side // 2) if labels[r, c]]
        counts = {code: sum(1 for own, _ in near if own == code) for code, _ in near}
        best = max(counts.values())
        if counts[labels[row, col]] < best:
            winner = min(code for code, count in counts.items() if count == best)
            values = [int(value) for own, value in near if own == winner]
            classes[row, col], certain[row, col] = winner, round(sum(values) / len(values))
    return classes, certain


@settings(max_examples=40, deadline=None)  # the first call compiles
@given(st.integers(0, 10_000), st.sampled_from([3, 5]))
def test_majority_against_the_plain_reference(seed: int, side: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.choice(np.array([0, 3, 7, 200], np.uint8), (6, 7), p=[0.2, 0.3, 0.3, 0.2])
    confidence = np.where(labels > 0, rng.integers(1, 101, labels.shape), 0).astype(np.uint8)
    for found, expected in zip(majority(labels, confidence, side), plain_majority(labels, confidence, side)):
        assert found.tolist() == expected.tolist()


def test_majority_by_hand() -> None:
    labels = np.array([[1, 2, 2], [2, 1, 1], [0, 2, 1]], np.uint8)
    confidence = np.array([[50, 90, 90], [60, 70, 70], [0, 81, 50]], np.uint8)
    classes, certain = majority(labels, confidence, 3)
    # The centre sees 1 four times and 2 four times: it keeps its own, as do all but the lower middle, which sees 1 three times and 2 twice.
    # The lower left stays without data and counts for nobody.
    assert classes.tolist() == [[1, 2, 2], [2, 1, 1], [0, 1, 1]]
    assert certain.tolist() == [[50, 90, 90], [60, 70, 70], [0, 63, 50]]  # (70 + 70 + 50) / 3


@pytest.mark.parametrize("side", [3, 5])
def test_windows_with_a_margin_give_the_whole(side: int) -> None:
    shares, seen = image(9, (11, 13))
    whole = bayesian(shares, seen, side, np.full(3, 20.0), 0.5)
    labels = np.where(seen, shares.argmax(axis=0) + 1, 0).astype(np.uint8)
    confidence = (shares.max(axis=0) * 100).astype(np.uint8)
    classes = majority(labels, confidence, side)[0]
    margin = side // 2
    for row, col, height, width in ((0, 0, 4, 5), (4, 5, 4, 5), (8, 0, 3, 13)):
        top, left = max(0, row - margin), max(0, col - margin)
        part = slice(top, row + height + margin), slice(left, col + width + margin)
        own = slice(row - top, row - top + height), slice(col - left, col - left + width)
        found = bayesian(shares[(slice(None), *part)], seen[part], side, np.full(3, 20.0), 0.5)[(slice(None), *own)]
        assert (found == whole[:, row : row + height, col : col + width]).all()
        assert (majority(labels[part], confidence[part], side)[0][own] == classes[row : row + height, col : col + width]).all()
