"""The dissimilarity index: the paper's definition, what the quick way keeps of it, and the same bytes for any window."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iota_py.applicability.exact import fit_exactly
from iota_py.applicability.space import Space, Wish, fit_axes, fit_space, upper_whisker
from tests.applicability.small import land

WHOLE = Wish(components=63, share=1.0, visited=10**6)  # no short cut: every component, every cell


def test_definition_by_hand() -> None:
    """Meyer and Pebesma 2021, equations 2 to 4, on one feature: samples at 0, 10 and 30, the last two of one fold.

    Distances 10, 30 and 20: mean over ordered pairs 20. Index of the samples against other folds 10/20, 10/20, 30/20; quartiles 0.5 and 1: whisker
    1 + 1.5 × 0.5 = 1.75, at most the largest, 1.5.
    """
    features, fold = np.array([[0], [10], [30]], np.int16), np.array([0, 1, 1])
    space, learnt = fit_space(features, np.ones(1), fold, WHOLE)
    np.testing.assert_allclose(learnt.index, [0.5, 0.5, 1.5], rtol=1e-5)
    assert space.threshold == pytest.approx(1.5, rel=1e-5)
    np.testing.assert_allclose(space.index(np.array([[20], [50], [-60]], np.int16)), [0.5, 1.0, 3.0], rtol=1e-5)


def test_whisker() -> None:
    assert upper_whisker(np.array([1.0, 2, 3, 4, 100])) == 7.0, "4 + 1.5 × 2"
    assert upper_whisker(np.array([1.0, 2, 3, 4, 5])) == 5.0, "never beyond the largest"
    with pytest.raises(ValueError, match="no learning sample has another fold"):
        upper_whisker(np.empty(0))


def test_without_short_cuts_it_is_the_exact_index() -> None:
    features, importance, fold = land(300)
    pixels = np.concatenate([land(200, seed=1)[0], features[:5] + 7])
    space, learnt = fit_space(features, importance, fold, WHOLE)
    exact = fit_exactly(features, importance, fold)
    np.testing.assert_allclose(space.index(pixels), exact.index(pixels), rtol=2e-3, atol=2e-4)
    assert space.threshold == pytest.approx(exact.threshold, rel=1e-3)
    assert (learnt.found, learnt.excess) == (1.0, 0.0)


def test_a_sample_is_not_unlike_itself_and_an_outlier_is_outside() -> None:
    features, importance, fold = land(800)
    space, learnt = fit_space(features, importance, fold, Wish(components=5))
    assert (space.index(features) == 0).all()
    assert (space.index(features[:1] + np.int16(6000)) > space.threshold).all()
    inside = learnt.index <= space.threshold
    assert 0.85 < inside.mean() < 1, "whiskers leave a few samples out"


def test_a_pixel_off_the_components_is_seen() -> None:
    """What the axes leave has a coordinate of its own: a pixel that is like the samples along the axes, and beyond all of them off these."""
    rng = np.random.default_rng(0)
    along = rng.normal(0, 1000, 400)
    features = np.column_stack([along, along + rng.normal(0, 20, 400)]).astype(np.int16)
    space, _ = fit_space(features, np.ones(2), np.arange(400) % 5, Wish(components=1, share=0.9))
    assert space.axes.axes.shape == (2, 1)
    assert space.index(np.array([[100, 100]], np.int16)) < space.threshold < space.index(np.array([[1000, -1000]], np.int16))


def test_distances_are_never_larger_than_in_the_whole_space() -> None:
    features, importance, fold = land(400)
    pixels = land(100, seed=3)[0]
    exact = fit_exactly(features, importance, fold)
    space, _ = fit_space(features, importance, fold, Wish(components=3, share=1.0, visited=10**6))
    scale = np.sqrt((importance**2).sum())  # the space has variance 1
    assert (space.index(pixels) * space.mean_distance * scale <= exact.index(pixels) * exact.mean_distance * (1 + 1e-4)).all()


def test_the_scale_of_features_and_weights_does_not_matter() -> None:
    features, importance, fold = land(200)
    pixels = land(50, seed=2)[0]
    index = fit_space(features, importance, fold, WHOLE)[0].index(pixels)
    twice = np.array([2, 1, 1, 3, 1, 1, 1, 1], np.int16)
    other = fit_space(features * twice, 7 * importance, fold, WHOLE)[0].index(pixels * twice)
    np.testing.assert_allclose(other, index, rtol=1e-3, atol=1e-4)


def test_columns_without_weight_or_variance_count_for_nothing() -> None:
    features, importance, _ = land(200)
    features[:, 2], importance[5] = 77, 0
    axes = fit_axes(features, importance, Wish())
    assert axes.columns.tolist() == [0, 1, 3, 4, 6, 7]
    changed = features.copy()
    changed[:, 2], changed[:, 5] = -3000, 5
    assert np.array_equal(axes.points(features), axes.points(changed))


@settings(max_examples=25, deadline=None)
@given(cut=st.lists(st.integers(1, 299), max_size=6))
def test_the_same_bytes_for_any_window(cut: list[int]) -> None:
    pixels = land(300, seed=4)[0]
    parts = np.split(pixels, sorted(set(cut)))
    found = np.concatenate([SPACE.index(np.ascontiguousarray(part)) for part in parts])
    assert found.tobytes() == SPACE.index(pixels).tobytes()


SPACE = fit_space(*land(1500), Wish(components=5, visited=4))[0]


def test_the_same_samples_give_the_same_bytes() -> None:
    again = fit_space(*land(1500), Wish(components=5, visited=4))[0]
    assert {name: array.tobytes() for name, array in again.arrays().items()} == {name: a.tobytes() for name, a in SPACE.arrays().items()}


def test_a_file_keeps_it() -> None:
    pixels = land(64, seed=5)[0]
    kept = Space.from_arrays(SPACE.arrays())
    assert kept.index(pixels).tobytes() == SPACE.index(pixels).tobytes()
    with pytest.raises(ValueError, match="do not go together"):
        Space.from_arrays(SPACE.arrays() | {"samples": SPACE.cells.samples[:-1]})


def test_samples_are_thinned_evenly() -> None:
    features, importance, fold = land(1000)
    space, learnt = fit_space(features, importance, fold, Wish(samples=100))
    assert len(space.cells.samples) == len(learnt.kept) == 100
    assert set(np.diff(learnt.kept)) <= {10, 11}


@pytest.mark.parametrize(
    ("features", "importance", "fold", "text"),
    [
        (np.zeros((1, 2), np.int16), np.ones(2), np.zeros(1), "1 learning samples: expected at least two"),
        (np.zeros((4, 2), np.int16), np.ones(2), np.arange(4), "no column varies"),
        (np.arange(8, dtype=np.int16).reshape(4, 2), np.zeros(2), np.arange(4), "no column varies"),
        (np.arange(8, dtype=np.int16).reshape(4, 2), np.ones(2), np.zeros(4), "no learning sample has another fold"),
    ],
)
def test_what_cannot_be_fitted(features: np.ndarray, importance: np.ndarray, fold: np.ndarray, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        fit_space(features, importance, fold, Wish())


def test_other_features_are_refused() -> None:
    with pytest.raises(ValueError, match="expected \\(pixel, 8\\) int16"):
        SPACE.index(np.zeros((3, 7), np.int16))
