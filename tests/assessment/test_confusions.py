"""Confused pairs and what tells them, on tables of a few pixels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from iota_py.assessment.confusion_figure import Explained, Series, confusion_series_figure
from iota_py.assessment.confusions import Group, Pair, best_band, confused_pairs, groups_of, nearness, telling


def pixels() -> pd.DataFrame:
    """Class 1: 100 pixels, 20 taken for 2 (15 of polygon 11, 5 of polygon 12), 5 for 3. Class 2: 10 pixels, 4 taken for 1. Class 3: 1000, 9
    taken for 1."""
    rows = [
        (1, 1, 10, 75.0), (1, 2, 11, 15.0), (1, 2, 12, 5.0), (1, 3, 12, 5.0), (2, 2, 20, 6.0), (2, 1, 21, 4.0), (3, 3, 30, 991.0),
        (3, 1, 31, 9.0),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["code", "mapped", "polygon", "weight"])


def test_pairs_are_ranked_by_pixels_and_share() -> None:
    """20 × 0.2 = 4, 4 × 0.4 = 1.6, 5 × 0.05 = 0.25; 0.9 % of class 3 is too little."""
    found = confused_pairs(pixels(), 6)
    assert [(pair.code, pair.mapped) for pair in found] == [(1, 2), (2, 1), (1, 3)]
    assert found[0] == Pair(1, 2, 20.0, 0.2, 2, ((11, 0.75), (12, 0.25)))
    assert confused_pairs(pixels(), 1) == found[:1]
    assert confused_pairs(pixels()[lambda table: table.code == table.mapped], 6) == []


def test_means_variances_and_percentiles_are_weighted() -> None:
    group = Group(np.array([[0, 5], [10, 5], [20, 5]], np.int16), np.array([1.0, 2.0, 1.0]))
    assert group.mean.tolist() == [10, 5]
    assert group.variance.tolist() == [50, 0]
    assert [group.quantile(share)[0] for share in (0.25, 0.26, 0.75, 0.76)] == [0, 10, 10, 20]


def test_where_confused_pixels_lie_nearer_to_the_other_class() -> None:
    """Columns: like the other class, like its own, in between but nearer to the other, a column that never varies."""
    own = Group(np.array([[0, 0, 0, 1], [2, 2, 2, 1]]), np.ones(2))
    other = Group(np.array([[10, 10, 10, 1], [12, 12, 12, 1]]), np.ones(2))
    confused = Group(np.array([[11, 1, 7, 1]]), np.ones(1))
    assert nearness(own, other, confused).tolist() == [10, -10, 2, 0], "standard deviations are 1"
    assert telling(np.array([10.0, -10, 2, 0])) == [0, 2]
    assert telling(np.array([-1.0, 0.0])) == []
    assert best_band(np.array([10.0, -10, 2, 0]), {"a": [0, 1], "b": [2, 3]}) == "a"
    assert best_band(np.array([1.0, -10, 2, 0]), {"a": [0, 1], "b": [2, 3]}) == "b"


def test_the_three_groups_of_a_pair() -> None:
    table, values = pixels(), np.arange(8)[:, None]
    groups = groups_of(table, values, confused_pairs(table, 1)[0])
    assert groups is not None
    assert [group.values.ravel().tolist() for group in groups] == [[0], [4], [1, 2]]
    assert groups_of(table[table.code != 2], values[:6], Pair(1, 2, 20.0, 0.2, 2, ())) is None, "no pixel of class 2 to compare with"


def test_the_figure_has_its_words_in_the_language_and_the_same_bytes() -> None:
    days = ["2023-01-01", "2023-05-01", "2023-09-01"]
    pair = Explained("maize", "sunflower", [Series("NDVI", days, np.arange(27.0).reshape(3, 3, 3))])
    english = confusion_series_figure([pair])
    assert english == confusion_series_figure([pair])
    assert confusion_series_figure([pair], "fr") != english
    assert english.startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="no series"):
        confusion_series_figure([Explained("a", "b", [])])
