"""Projections: the numbers of a pixel are its own, whatever is computed beside it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iota_py.projection import Components, PrincipalComponents, Subset, projection_arrays, projection_of


def two_groups() -> PrincipalComponents:
    """Columns 2 and 0 give two components, column 1 one; column 3 is in no group."""
    half = 0.5**0.5
    first = Components(
        "pair",
        np.array([2, 0], np.int64),
        np.array([10.0, 100.0]),
        np.array([2.0, 50.0]),
        np.array([[half, half], [half, -half]]),
        np.array([0.9, 0.1]),
    )
    second = Components("one", np.array([1], np.int64), np.array([0.0]), np.array([1.0]), np.array([[1.0]]), np.array([1.0]))
    return PrincipalComponents(4, (first, second), 4.0)


def many(features: int = 37, seed: int = 5) -> PrincipalComponents:
    """Three groups of random loadings over most of the columns."""
    rng = np.random.default_rng(seed)
    order, groups = rng.permutation(features), []
    for name, columns in zip("abc", np.array_split(order[: features - 2], 3)):
        size = len(columns)
        vectors = rng.normal(size=(min(4, size), size))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        places = np.sort(columns).astype(np.int64)
        groups.append(
            Components(name, places, rng.normal(2000, 900, size), rng.uniform(20, 900, size), vectors, np.full(len(vectors), 0.2))
        )
    return PrincipalComponents(features, tuple(groups), 512.0)


def test_a_pixel_worked_out_by_hand():
    """(14 - 10) / 2 = 2 and (150 - 100) / 50 = 1: scores 3/√2 and 1/√2, times 4: 8.49 and 2.83."""
    projection = two_groups()
    assert projection.names == ("pca_pair_1", "pca_pair_2", "pca_one_1")
    made = projection.apply(np.array([[150, 7, 14, 999], [100, -9000, 10, 0]], np.int16))
    assert made.dtype == np.int16
    assert made.tolist() == [[8, 3, 28], [0, 0, -32768]]  # 4 × -9000 is clipped


def test_halves_go_to_the_even_number():
    one = Components("g", np.array([0], np.int64), np.zeros(1), np.full(1, 2.0), np.ones((1, 1)), np.ones(1))
    values = np.array([[1], [3], [-1], [-3], [5]], np.int16)
    assert PrincipalComponents(1, (one,), 1.0).apply(values).ravel().tolist() == [0, 2, 0, -2, 2]


def test_a_pixel_does_not_depend_on_its_block():
    """Blocks of 1, 7 and 4096 pixels, across the lanes of the kernel and the blocks of `apply`."""
    projection = many()
    features = np.random.default_rng(1).integers(-32768, 32768, (9001, 37)).astype(np.int16)
    whole, exact = projection.apply(features), projection.scores(features)
    for size, last in ((1, 300), (7, 9001), (4096, 9001)):
        parts = [projection.apply(features[i : i + size]) for i in range(0, last, size)]
        np.testing.assert_array_equal(np.concatenate(parts)[:last], whole[:last])
        scores = np.concatenate([projection.scores(features[i : i + size]) for i in range(0, last, size)])
        assert scores[:last].tobytes() == exact[:last].tobytes(), "same bits"


@given(st.integers(0, 200), st.integers(0, 2**32 - 1))
def test_the_kernel_has_the_bits_of_the_definition(pixels, seed):
    features = np.random.default_rng(seed).integers(-32768, 32768, (pixels, 37)).astype(np.int16)
    projection = many(seed=seed % 7)
    assert projection.scores(features).tobytes() == projection.scores_in_numpy(features).tobytes()


def test_what_components_are_worth_is_shared_out_by_squared_loadings():
    spread = two_groups().spread(np.array([4.0, 2.0, 1.0]))
    np.testing.assert_allclose(spread, [3.0, 1.0, 3.0, 0.0])  # (4 + 2) / 2 for each of the pair


def test_a_subset_takes_columns_as_they_are():
    subset = Subset(4, np.array([1, 3], np.int64), ("b", "d"))
    made = subset.apply(np.array([[1, 2, 3, 4], [5, 6, 7, 8]], np.int16))
    assert made.flags.c_contiguous
    assert made.tolist() == [[2, 4], [6, 8]]
    assert subset.spread(np.array([0.25, 0.75])).tolist() == [0, 0.25, 0, 0.75]


@pytest.mark.parametrize("projection", [two_groups(), many(), Subset(4, np.array([0, 2], np.int64), ("a", "c"))])
def test_arrays_hold_all_of_it(projection, tmp_path):
    path = tmp_path / "projection.npz"
    np.savez(path, **projection_arrays(projection))
    with np.load(path, allow_pickle=False) as arrays:
        again = projection_of(arrays)
    assert again.names == projection.names
    features = np.random.default_rng(2).integers(-3000, 9000, (50, projection.features)).astype(np.int16)
    assert again.apply(features).tobytes() == projection.apply(features).tobytes()
    assert {k: v.tobytes() for k, v in projection_arrays(again).items()} == {
        k: v.tobytes() for k, v in projection_arrays(projection).items()
    }


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Subset(3, np.array([2, 1], np.int64), ("c", "b")), "ascending"),
        (lambda: Subset(3, np.array([], np.int64), ()), "at least one column"),
        (lambda: Subset(3, np.array([3], np.int64), ("d",)), "columns 3 to 3 of 3 features"),
        (lambda: Components("g", np.array([0], np.int64), np.zeros(1), np.zeros(1), np.ones((1, 1)), np.ones(1)), "scales above 0"),
        (lambda: PrincipalComponents(2, (), 1.0), "a group and a factor above 0"),
        (lambda: two_groups().apply(np.zeros((3, 5), np.int16)), r"expected \(pixel, 4\) int16, found \(3, 5\) int16"),
        (lambda: two_groups().apply(np.zeros((3, 4))), "found .* float64"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
