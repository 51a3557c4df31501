"""How far samples, pixels and folds are from samples, by hand on a line."""

from __future__ import annotations

import numpy as np
import pytest

from iota_py.applicability.distances import QUANTILES, distribution, held_out_distances, likeness, nearest_of, nearest_other

LINE = np.array([[0.0, 0], [1, 0], [3, 0], [7, 0]])


def test_nearest() -> None:
    assert nearest_other(LINE).tolist() == [1, 1, 2, 4]
    assert nearest_of(np.array([[2.5, 0], [-2, 0]]), LINE).tolist() == [0.5, 2]
    assert np.isinf(nearest_other(LINE[:1])).all()


def test_what_folds_hold_out() -> None:
    assert held_out_distances(LINE, np.array([0, 1, 0, 1])).tolist() == [1, 1, 2, 4]
    assert held_out_distances(LINE, np.array([0, 0, 1, 1])).tolist() == [3, 2, 2, 6]
    always = held_out_distances(LINE, np.array([-1, 0, 0, 1]))
    assert np.isnan(always[0])
    assert always[1:].tolist() == [1, 3, 4]
    assert np.isnan(held_out_distances(LINE, np.zeros(4, int))).all(), "nothing would learn"


def test_which_folds_are_like_mapping() -> None:
    found = likeness(
        {"pixel_to_sample": np.array([2.0, 4]), "sample_to_sample": np.array([1.0]), "polygon": np.array([1.0, 3]), "blocks": np.array([5.0, 8, np.nan])}
    )  # fmt: skip
    assert found["wasserstein"] == {"polygon": pytest.approx(1.0), "blocks": pytest.approx(3.5)}
    assert found["like"] == "polygon"
    assert found["distributions"]["blocks"]["number"] == 2
    assert likeness({"pixel_to_sample": np.empty(0), "polygon": np.ones(2), "blocks": np.ones(2)})["like"] is None


def test_a_distribution_is_kept_by_its_quantiles() -> None:
    found = distribution(np.array([3.0, np.inf, 1.0]))
    assert found["number"] == 2
    assert len(found["quantiles"]) == QUANTILES
    assert (found["quantiles"][0], found["quantiles"][QUANTILES // 2], found["quantiles"][-1]) == (1.0, 2.0, 3.0)
    assert distribution(np.array([np.nan])) == {"number": 0, "quantiles": []}
