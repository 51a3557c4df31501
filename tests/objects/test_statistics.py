"""Statistics of segments: by hand on a few pixels, and the same however a segment is cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iota_py.objects.statistics import (
    Sums,
    merged,
    object_names,
    shape_columns,
    statistic_columns,
    sums_frame,
    sums_from_frame,
    sums_of,
    whole_segments,
)

EVERY = ("mean", "std", "min", "max", "median")
FEATURES = np.array([[1, -5], [2, -5], [4, -5], [9, 100], [30_000, 7], [10, 7]], np.int16)
SEGMENTS = np.array([3, 3, 3, 3, 0, 8], np.uint32)


def test_names_go_feature_by_feature() -> None:
    assert object_names(("b4", "ndvi"), ("mean", "std")) == (
        "b4_mean",
        "b4_std",
        "ndvi_mean",
        "ndvi_std",
        "object_area",
        "object_compactness",
    )


def test_statistics_by_hand() -> None:
    sums = sums_of(FEATURES, SEGMENTS, EVERY)
    assert sums.segment.tolist() == [3, 8]
    assert sums.pixels.tolist() == [4, 1]
    # 1, 2, 4, 9: mean 4; variance (9 + 4 + 0 + 25) / 4 = 9.5, root 3.08; median (2 + 4) / 2.
    # -5, -5, -5, 100: mean 21.25; variance 75² × 3/4 + ... = 2067.19, root 45.47.
    assert statistic_columns(sums, EVERY).tolist() == [[4, 3, 1, 9, 3, 21, 45, -5, 100, -5], [10, 0, 10, 10, 10, 7, 0, 7, 7, 7]]
    assert statistic_columns(sums, ("std",)).tolist() == [[3, 45], [0, 0]]


def test_only_what_is_asked_for_is_kept() -> None:
    assert list(sums_of(FEATURES, SEGMENTS, ("mean",)).parts) == ["sum"]
    assert list(sums_of(FEATURES, SEGMENTS, ("std", "max")).parts) == ["sum", "squares", "max"]


def test_nothing_inside() -> None:
    sums = sums_of(FEATURES, np.zeros(6, np.uint32), EVERY)
    assert statistic_columns(sums, EVERY).shape == (0, 10)
    assert len(merged([sums, sums]).segment) == 0


def test_no_digit_is_lost_in_a_large_segment() -> None:
    """Two thousand million pixels at 32765 and 32767: in floating point the squares would swallow the difference."""
    n = 10**9
    one = Sums(
        np.array([1], np.uint32),
        np.array([2 * n], np.int64),
        {"sum": np.array([[n * 32767 + n * 32765]]), "squares": np.array([[n * 32767**2 + n * 32765**2]])},
    )
    assert statistic_columns(one, ("mean", "std")).tolist() == [[32766, 1]]


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_a_segment_may_be_cut_anywhere(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 60))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    features = rng.integers(-32768, 32768, (n, 3)).astype(np.int16)
    segments = rng.integers(0, 5, n).astype(np.uint32)
    owner = rng.integers(0, 3, n)
    cut = [sums_of(features[owner == part], segments[owner == part], EVERY[:4]) for part in range(3)]
    numbers, counts = np.unique(np.concatenate([part.segment for part in cut]), return_counts=True)
    several = {int(number): int(count) for number, count in zip(numbers, counts) if count > 1}
    found = merged(list(whole_segments(iter(cut), several))) if len(numbers) else merged(cut)
    wanted = sums_of(features, segments, EVERY[:4])
    assert found.segment.tolist() == wanted.segment.tolist()
    np.testing.assert_array_equal(statistic_columns(found, EVERY[:4]), statistic_columns(wanted, EVERY[:4]))
    for number, row in zip(wanted.segment, statistic_columns(wanted, ("mean", "std"))):
        own = features[segments == number].astype(np.float64)
        exact = np.stack([own.mean(axis=0), own.std(axis=0)], axis=1).ravel()
        assert np.abs(row - exact).max() <= 0.5 + 1e-6


def test_each_segment_comes_when_its_last_part_has_come() -> None:
    def part(*numbers: int) -> Sums:
        return Sums(np.array(numbers, np.uint32), np.ones(len(numbers), np.int64), {"sum": np.full((len(numbers), 1), 5)})

    found = list(whole_segments(iter([part(1, 2), part(2, 3), part(2, 4)]), {2: 3}))
    assert [one.segment.tolist() for one in found] == [[1], [3], [2, 4]]
    assert found[2].parts["sum"].tolist() == [[15], [5]]
    assert found[2].pixels.tolist() == [3, 1]


def test_a_median_cannot_be_put_together() -> None:
    sums = sums_of(FEATURES, SEGMENTS, ("median",))
    with pytest.raises(ValueError, match="in several parts"):
        merged([sums, sums])


def test_sums_through_a_table() -> None:
    sums = sums_of(np.tile(FEATURES, (1, 6)), SEGMENTS, EVERY)
    again = sums_from_frame(sums_frame(sums))
    np.testing.assert_array_equal(statistic_columns(again, EVERY), statistic_columns(sums, EVERY))


def test_shape_of_a_square_and_of_a_line() -> None:
    # 4 × 4 pixels: perimeter 16. A line of 9: perimeter 20, 16 × 9 / 400 = 0.36. A forest of 200 × 200 is above what int16 holds.
    found = shape_columns(np.array([16, 9, 40_000]), np.array([16, 20, 800]))
    assert found.tolist() == [[16, 1000], [9, 360], [32_767, 1000]]
