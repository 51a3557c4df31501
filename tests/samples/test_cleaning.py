"""Doubts about labels, by hand and on samples with labels known to be wrong."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from iota_py.samples import cleaning
from iota_py.samples.cleaning import neighbour_doubt, neighbours_elsewhere, outlier_doubt, polygon_scores, standardised, suspicious


def test_columns_are_standardised_and_constant_ones_are_zero() -> None:
    found = standardised(np.array([[1, 5], [3, 5]], np.int16))
    np.testing.assert_array_equal(found, [[-1, 0], [1, 0]])


def test_neighbours_are_of_other_groups_nearest_first() -> None:
    values = np.array([[0.0], [0.1], [1.0], [3.0]], np.float32)
    found = neighbours_elsewhere(values, np.array([0, 0, 1, 2]), 2)
    np.testing.assert_array_equal(found, [[2, 3], [2, 3], [1, 0], [2, 1]])
    assert neighbours_elsewhere(values, np.zeros(4, int), 2).tolist() == [[-1, -1]] * 4


@given(st.integers(2, 60), st.integers(1, 9), st.integers(0, 2**31))
def test_neighbours_are_those_of_a_plain_search_in_any_chunk(total: int, count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values, groups = rng.integers(-50, 50, (total, 3)).astype(np.float32), rng.integers(0, 4, total)
    whole = neighbours_elsewhere(values, groups, count)
    for row in range(total):
        others = np.flatnonzero(groups != groups[row])
        distance = ((values[others] - values[row]) ** 2).sum(axis=1)
        expected = np.sort(distance)[: min(count, total)]
        found = whole[row][whole[row] >= 0]
        np.testing.assert_allclose(((values[found] - values[row]) ** 2).sum(axis=1), expected)


def test_doubt_is_the_share_of_other_labels() -> None:
    labels = np.array([1, 1, 2, 2], np.uint8)
    found = neighbour_doubt(labels, np.array([[1, 2], [2, 3], [3, -1], [-1, -1]]))
    np.testing.assert_array_equal(found, [0.5, 1.0, 0.0, 0.0])


def test_outliers_are_far_from_the_median_of_their_own_class() -> None:
    features = np.array([[0, 7], [1, 7], [2, 7], [3, 7], [4, 9], [100, 0], [101, 0]], np.int16)
    labels = np.array([1, 1, 1, 1, 1, 2, 2], np.uint8)
    # class 1: median 2 and 7, deviations 1 and 0: only the 9 lies beyond; class 2: medians 100.5 and 0
    np.testing.assert_array_equal(outlier_doubt(features, labels), [0, 0, 0, 0, 0.5, 0, 0])


def test_scores_are_means_over_polygons() -> None:
    samples = pd.DataFrame({"polygon": [5, 2, 5], "code": [1, 3, 1]})
    found = polygon_scores(samples, ["polygon"], {"knn": np.array([0.25, 1.0, 0.75])})
    assert found.to_dict("list") == {"polygon": [2, 5], "code": [3, 1], "samples": [1, 2], "knn": [1.0, 0.5]}


def table(knn: list[float], som: list[float], code: list[int]) -> pd.DataFrame:
    return pd.DataFrame({"polygon": range(len(knn)), "code": code, "knn": knn, "som": som})


def test_the_worst_of_a_class_are_suspicious_as_far_as_methods_agree() -> None:
    scores = table([0.9, 0.95, 0.1, 0.85, 0.2, 0.9], [0.1, 0.9, 0.9, 0.9, 0.0, 0.9], [1, 1, 1, 1, 1, 2])
    limits = {"knn": 0.8, "som": 0.8}
    assert suspicious(scores, limits, 1, 0.4).tolist() == [
        False,
        True,
        False,
        True,
        False,
        False,
    ]  # two of five at most, the only one of class 2 stays
    assert suspicious(scores, limits, 2, 0.2).tolist() == [False, True, False, False, False, False]
    assert not suspicious(scores, {"knn": 0.99}, 1, 0.5).any()


def test_wrong_labels_are_found(monkeypatch) -> None:
    monkeypatch.setattr(cleaning, "CHUNK", 37)
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), 6)
    truth = np.where(groups < 20, 1, 2).astype(np.uint8)
    values = (rng.normal(0, 1, (240, 4)) + 6 * (truth == 2)[:, None]).astype(np.float32)
    labels = np.where(np.isin(groups, [3, 30]), 3 - truth, truth).astype(np.uint8)
    samples = pd.DataFrame({"polygon": groups, "code": labels})
    scores = polygon_scores(samples, ["polygon"], {"knn": neighbour_doubt(labels, neighbours_elsewhere(values, groups, 5))})
    assert scores.polygon[suspicious(scores, {"knn": 0.8}, 1, 0.2)].tolist() == [3, 30]
