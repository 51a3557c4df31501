"""Profiles: percentiles by hand, ties keep their weight, missing values are apart, arrays come back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from iota_py.profile import LEVELS, MISSING, Profile, profile_of


def test_percentiles_of_a_hundred_values_by_hand() -> None:
    found = profile_of(np.arange(1, 101, dtype=np.int16)[:, None], ("a",))
    assert found.percentiles[0].tolist() == [1, *range(1, 101)]  # the least for 0 %, then 1 % of the values up to 1, 2 % up to 2 …
    assert found.below[0].tolist() == pytest.approx([0.01, *(k / 100 for k in range(1, 101))])
    assert found.mean[0] == 50.5
    assert found.sd[0] == pytest.approx(np.sqrt((100**2 - 1) / 12))
    assert found.missing[0] == 0


def test_values_that_come_often_keep_their_weight() -> None:
    found = profile_of(np.array([0] * 7 + [5, 6, 9], np.int16)[:, None], ("a",))
    assert found.percentiles[0, [0, 50, 70, 71, 80, 100]].tolist() == [0, 0, 0, 5, 5, 9]
    assert found.below[0, [0, 50, 70, 71, 80, 100]].tolist() == pytest.approx([0.7, 0.7, 0.7, 0.8, 0.8, 1.0])
    assert found.share_up_to(0, 0) == pytest.approx(0.7)
    assert found.share_up_to(0, -1) == 0
    assert found.share_up_to(0, 9) == 1
    assert found.share_up_to(0, 7.5) == pytest.approx(0.95)  # half way from 0.9 at 6 to 1.0 at 9


def test_missing_values_are_counted_apart() -> None:
    found = profile_of(np.array([[MISSING, MISSING], [4, MISSING], [8, MISSING], [MISSING, MISSING]], np.int16), ("a", "b"))
    assert found.counts.tolist() == [2, 0]
    assert found.missing.tolist() == [0.5, 1.0]
    assert found.mean[0] == 6
    assert np.isnan(found.mean[1])
    assert found.percentiles[0, [0, 50, 51, 100]].tolist() == [4, 4, 8, 8]


def test_no_rows_and_other_columns() -> None:
    assert profile_of(np.zeros((0, 2), np.int16), ("a", "b")).missing.tolist() == [1.0, 1.0]
    with pytest.raises(ValueError, match=r"expected \(row, 2\) features, found \(3, 1\)"):
        profile_of(np.zeros((3, 1), np.int16), ("a", "b"))


def test_arrays_come_back_and_odd_ones_are_refused() -> None:
    found = profile_of(np.arange(12, dtype=np.int16).reshape(6, 2), ("a", "b_20230101"))
    stored = found.arrays("x_")
    assert all(array.dtype != object for array in stored.values())
    back = Profile.from_arrays(stored, "x_")
    assert back.names == found.names
    assert (back.percentiles == found.percentiles).all()
    with pytest.raises(ValueError, match="no names, counts"):
        Profile.from_arrays(stored)
    with pytest.raises(ValueError, match=r"below has the shape \(2, 3\), expected \(2, 101\)"):
        Profile.from_arrays(stored | {"x_below": np.zeros((2, 3))}, "x_")


@given(arrays(np.int16, st.integers(1, 60), elements=st.integers(-32767, 32767)))
def test_order_of_rows_changes_nothing_and_percentiles_are_values(values: np.ndarray) -> None:
    found, other = profile_of(values[:, None], ("a",)), profile_of(values[::-1][:, None], ("a",))
    assert (found.percentiles == other.percentiles).all()
    assert set(found.percentiles[0].tolist()) <= set(values.tolist())
    assert (np.diff(found.percentiles[0].astype(int)) >= 0).all()
    assert (found.below[0] >= LEVELS - 1e-9).all()
    assert found.below[0, -1] == 1
