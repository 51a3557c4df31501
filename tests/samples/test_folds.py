"""Whole units shared out: balance, nothing on both sides, and no trace of the order of the rows."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iota_py.samples.folds import divide, fold_units, hold_out, roles_of_fold, share_out, split_units
from iota_py.samples.split import LEARNING, VALIDATION, folds_by_polygon, generator

PROPERTY = settings(max_examples=50, deadline=None, derandomize=True)
ROWS = st.lists(st.tuples(st.integers(1, 2), st.integers(1, 4), st.integers(0, 9)), min_size=2, max_size=60)


def table(rows: list[tuple[int, int, int]]) -> pd.DataFrame:
    """Rows are (region, code, unit)."""
    frame = pd.DataFrame(rows, columns=["region", "code", "unit"])
    return frame.assign(order=np.arange(len(frame)), polygon=100 + np.arange(len(frame)))


def stream() -> np.random.Generator:
    return generator(1, 2, 3)


def test_equal_units_fill_the_parts_evenly():
    amounts = np.ones((6, 1))
    assert np.bincount(share_out(amounts, [1 / 3] * 3, stream(), largest_first=True)).tolist() == [2, 2, 2]


def test_the_largest_unit_stands_alone_where_that_balances():
    """3 + 1 + 1 + 1 in two parts: 3 against 1 + 1 + 1."""
    part = share_out(np.array([[3.0], [1], [1], [1]]), [0.5, 0.5], stream(), largest_first=True)
    assert len(set(part[1:])) == 1
    assert part[0] != part[1]


def test_classes_matter_as_much_as_numbers():
    """Two units of each of two classes: each part has one of each class."""
    amounts = np.array([[4.0, 0], [4, 0], [0, 1], [0, 1]])
    part = share_out(amounts, [0.5, 0.5], stream(), largest_first=True)
    assert part[0] != part[1]
    assert part[2] != part[3]


def test_shares_are_those_asked_for():
    part = share_out(np.ones((10, 1)), [0.7, 0.3], stream(), largest_first=False)
    assert np.bincount(part).tolist() == [7, 3]


def test_the_needed_part_holds_every_class_before_balance_is_looked_at():
    """A tenth is asked for learning, and each of four classes is in one unit only: all of them learn."""
    part = share_out(np.eye(4), [0.1, 0.9], stream(), largest_first=False, needed=0)
    assert part.tolist() == [0, 0, 0, 0]
    assert share_out(np.eye(4), [0.1, 0.9], stream(), largest_first=False).tolist() != [0, 0, 0, 0]


def test_nothing_to_share_out():
    assert share_out(np.zeros((3, 2)), [0.5, 0.5], stream(), largest_first=True).tolist() == [0, 0, 0]
    assert share_out(np.zeros((0, 0)), [0.5, 0.5], stream(), largest_first=True).tolist() == []


@PROPERTY
@given(ROWS, st.integers(2, 5), st.integers(0, 2**32))
def test_a_unit_is_in_one_fold(rows, folds, seed):
    frame = table(rows)
    fold = fold_units(frame, frame.unit, folds, seed)
    assert fold.index.equals(frame.index)
    assert fold.between(0, folds - 1).all()
    assert len(set(zip(frame.unit, fold))) == frame.unit.nunique()


@PROPERTY
@given(ROWS, st.floats(0.1, 0.9), st.integers(0, 2**32))
def test_a_unit_is_on_one_side_and_every_class_learns(rows, ratio, seed):
    frame = table(rows)
    role = split_units(frame, frame.unit, ratio, seed)
    assert len(set(zip(frame.unit, role))) == frame.unit.nunique()
    learning = frame[role == LEARNING]
    assert set(map(tuple, learning[["region", "code"]].to_numpy())) == set(map(tuple, frame[["region", "code"]].to_numpy()))


@PROPERTY
@given(ROWS, st.integers(0, 1000), st.integers(0, 2**32 - 1))
def test_the_order_of_the_rows_says_nothing(rows, seed, shuffle):
    frame = table(rows)
    mixed = frame.sample(frac=1, random_state=shuffle).reset_index(drop=True)
    for one, other in (
        (fold_units(frame, frame.unit, 3, seed), fold_units(mixed, mixed.unit, 3, seed)),
        (split_units(frame, frame.unit, 0.6, seed), split_units(mixed, mixed.unit, 0.6, seed)),
        (folds_by_polygon(frame, 3, seed), folds_by_polygon(mixed, 3, seed)),
        (divide(frame.assign(amount=1.0 + frame.order), 3, seed, 1), divide(mixed.assign(amount=1.0 + mixed.order), 3, seed, 1)),
    ):
        assert dict(zip(frame.polygon, one)) == dict(zip(mixed.polygon, other))


def test_draws_of_blocks_are_stratified_and_differ():
    """40 blocks of one polygon of each of two classes: 28 learn, of both classes, and no two of ten draws are the same."""
    frame = table([(1, code, unit) for unit in range(40) for code in (1, 2)])
    draws = [split_units(frame, frame.unit, 0.7, seed) for seed in range(10)]
    for role in draws:
        assert (role[frame.code == 1] == LEARNING).sum() == (role[frame.code == 2] == LEARNING).sum() == 28
    assert len({tuple(role) for role in draws}) == 10


def test_folds_by_polygon_are_dealt_by_class_and_a_single_polygon_always_learns():
    frame = table([(1, 5, 0)] * 7 + [(1, 6, 0)] + [(2, 5, 0)] * 3)
    fold = folds_by_polygon(frame, 3, 4)
    assert sorted(fold[:7].value_counts().tolist()) == [2, 2, 3]
    assert fold[7] == -1
    assert sorted(fold[8:]) == [0, 1, 2]
    roles = [roles_of_fold(fold, k) for k in range(3)]
    assert all(role[7] == LEARNING for role in roles)
    assert sum((role == VALIDATION).astype(int) for role in roles).drop(7).eq(1).all(), "each other polygon validates once"


def test_hold_out():
    unit = pd.Series(["a", "b", "a", "c"])
    assert hold_out(unit, ["a"]).tolist() == [VALIDATION, LEARNING, VALIDATION, LEARNING]


def test_divide_shares_the_amount_of_each_class():
    """Amounts 6, 4, 3, 2, 1 of a class in two parts: 8 each; two polygons of another class: one each."""
    frame = pd.DataFrame({"code": [1] * 5 + [2] * 2, "amount": [6.0, 4, 3, 2, 1, 5, 5], "order": range(7)})
    part = divide(frame, 2, 0, 1)
    amounts = frame.amount.groupby([frame.code, part]).sum()
    assert amounts[1].tolist() == [8, 8]
    assert amounts[2].tolist() == [5, 5]


@pytest.mark.parametrize("parts", [2, 3, 5])
def test_a_class_with_enough_polygons_is_in_every_part(parts):
    frame = pd.DataFrame({"code": np.repeat([1, 2, 3], parts), "amount": np.arange(1.0, 3 * parts + 1), "order": range(3 * parts)})
    assert (frame.groupby(divide(frame, parts, 0, 1)).code.nunique() == 3).all()
