import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iota_py.samples.selection import Strategy, select, wanted

PROPERTY = settings(max_examples=60, deadline=None, derandomize=True)

COUNTS = {1: 100, 5: 20, 6: 5, 23: 75}  # 200 in all


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (Strategy("all"), {1: 100, 5: 20, 6: 5, 23: 75}),
        (Strategy("constant", number=20), {1: 20, 5: 20, 6: 5, 23: 20}),
        (Strategy("percent", percent=50), {1: 50, 5: 10, 6: 2, 23: 38}),  # 2.5 and 37.5: half to even
        (Strategy("percent", percent=100), COUNTS),
        (Strategy("total", number=40), {1: 20, 5: 4, 6: 1, 23: 15}),
        (Strategy("total", number=50), {1: 25, 5: 5, 6: 1, 23: 19}),  # 1.25 and 18.75
        (Strategy("total", number=1000), COUNTS),
        (Strategy("smallest"), {1: 5, 5: 5, 6: 5, 23: 5}),
        (Strategy("byclass", table={1: 7, 6: 50}), {1: 7, 5: 0, 6: 5, 23: 0}),
    ],
)
def test_numbers_by_strategy(strategy, expected):
    assert wanted(COUNTS, strategy) == expected


def test_classes_without_pixels():
    assert wanted({1: 0, 5: 4}, Strategy("smallest")) == {1: 0, 5: 4}
    assert wanted({}, Strategy("total", number=5)) == {}
    with pytest.raises(ValueError, match="unknown strategy best"):
        wanted({1: 1}, Strategy("best"))


def pixels(*groups: tuple[int, int, int]) -> pd.DataFrame:
    rows = [(region, code) for region, code, n in groups for _ in range(n)]
    return pd.DataFrame(rows, columns=["region", "code"]).sample(frac=1, random_state=0).reset_index(drop=True)


def test_regions_are_selected_apart():
    table = pixels((1, 5, 10), (1, 6, 4), (2, 5, 3), (2, 6, 30))
    chosen = select(table, Strategy("smallest"), 0)
    assert table[chosen].groupby(["region", "code"]).size().to_dict() == {(1, 5): 4, (1, 6): 4, (2, 5): 3, (2, 6): 3}
    assert select(table, Strategy("all"), 0).all()


@PROPERTY
@given(
    st.lists(st.tuples(st.integers(1, 2), st.integers(1, 4), st.integers(1, 30)), min_size=1, max_size=5, unique_by=lambda g: g[:2]),
    st.integers(0, 1000),
    st.integers(1, 20),
)
def test_each_class_has_its_number_and_the_draw_repeats(groups, seed, number):
    table = pixels(*groups)
    chosen = select(table, Strategy("constant", number=number), seed)
    assert chosen.dtype == bool
    for region, code, n in groups:
        assert chosen[((table.region == region) & (table.code == code)).to_numpy()].sum() == min(n, number)
    assert np.array_equal(chosen, select(table, Strategy("constant", number=number), seed))


def test_seeds_give_different_draws():
    table = pixels((1, 5, 50))
    draws = {tuple(select(table, Strategy("constant", number=10), seed)) for seed in range(10)}
    assert len(draws) == 10


def test_the_index_of_the_table_has_no_part():
    table = pixels((1, 5, 50), (1, 6, 20))
    other = table.set_axis(np.arange(len(table))[::-1] * 3)
    strategy = Strategy("percent", percent=30)
    assert np.array_equal(select(table, strategy, 5), select(other, strategy, 5))
