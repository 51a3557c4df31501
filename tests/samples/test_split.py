import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iota_py.samples.split import LEARNING, VALIDATION, generator, keep_apart, not_validated, split_by_polygon

PROPERTY = settings(max_examples=60, deadline=None, derandomize=True)


def polygons(*groups: tuple[int, int, int]) -> pd.DataFrame:
    """Groups are (region, code, number of polygons)."""
    rows = [(region, code) for region, code, n in groups for _ in range(n)]
    table = pd.DataFrame(rows, columns=["region", "code"])
    return table.assign(order=np.arange(len(table)), polygon=100 + np.arange(len(table)))


GROUPS = st.lists(
    st.tuples(st.integers(1, 3), st.integers(1, 255), st.integers(1, 12)), min_size=1, max_size=6, unique_by=lambda group: group[:2]
)


@pytest.mark.parametrize(
    ("n", "ratio", "learning"),
    [
        (1, 0.7, 1),
        (2, 0.7, 1),
        (3, 0.7, 2),
        (5, 0.5, 2),
        (7, 0.5, 4),
        (10, 0.7, 7),
        (4, 0.1, 1),
        (2, 0.9, 2),
        (3, 1.0, 3),
        (100, 0.333, 33),
    ],
)
def test_number_of_learning_polygons(n, ratio, learning):
    role = split_by_polygon(polygons((1, 5, n)), ratio, 0)
    assert ((role == LEARNING).sum(), (role == VALIDATION).sum()) == (learning, n - learning)


def test_a_single_polygon_learns_and_is_said_not_to_be_validated():
    table = polygons((1, 5, 1), (1, 6, 4), (2, 5, 2), (2, 7, 1))
    role = split_by_polygon(table, 0.5, 3)
    assert role[0] == LEARNING
    assert not_validated(table, role) == [(1, 5), (2, 7)]
    assert not_validated(table, role.where(role == LEARNING, LEARNING)) == [(1, 5), (1, 6), (2, 5), (2, 7)]


def test_a_golden_draw():
    """The draw is part of what a seed promises: NumPy keeps the stream of PCG64 seeded by a SeedSequence."""
    expected = np.random.Generator(np.random.PCG64(np.random.SeedSequence([7, 1, 5]))).permutation(6)[:4]
    role = split_by_polygon(polygons((1, 5, 6)), 0.7, 7)
    assert sorted(np.flatnonzero(role == LEARNING)) == sorted(expected)
    assert sorted(np.flatnonzero(role == LEARNING)) == [1, 2, 3, 4]


@PROPERTY
@given(GROUPS, st.floats(0.05, 1.0), st.integers(0, 2**40))
def test_every_polygon_is_on_one_side(groups, ratio, seed):
    table = polygons(*groups)
    role = split_by_polygon(table, ratio, seed)
    assert role.index.equals(table.index)
    assert set(role) <= {LEARNING, VALIDATION}
    for (region, code), group in table.groupby(["region", "code"]):
        assert (role[group.index] == LEARNING).sum() == max(1, round(len(group) * ratio)), (region, code)


@PROPERTY
@given(GROUPS, st.integers(0, 1000), st.integers(0, 2**32 - 1))
def test_the_draw_does_not_depend_on_the_order_of_the_rows(groups, seed, shuffle):
    table = polygons(*groups)
    mixed = table.sample(frac=1, random_state=shuffle)
    renumbered = mixed.reset_index(drop=True)
    first, second = split_by_polygon(table, 0.6, seed), split_by_polygon(mixed, 0.6, seed)
    assert first.sort_index().equals(second.sort_index())
    third = split_by_polygon(renumbered, 0.6, seed)
    assert dict(zip(renumbered.polygon, third)) == dict(zip(table.polygon, first))


def test_a_class_does_not_depend_on_the_others():
    alone = split_by_polygon(polygons((2, 9, 8)), 0.5, 4)
    table = polygons((1, 5, 3), (2, 9, 8), (3, 9, 8))
    among = split_by_polygon(table, 0.5, 4)
    assert among[3:11].tolist() == alone.tolist()
    assert among[11:].tolist() != alone.tolist()


def test_seeds_give_different_draws_and_the_same_seed_the_same():
    table = polygons((1, 5, 20))
    draws = [tuple(split_by_polygon(table, 0.5, seed)) for seed in range(10)]
    assert len(set(draws)) == 10
    assert draws[3] == tuple(split_by_polygon(table, 0.5, 3))


def test_each_polygon_learns_about_as_often():
    table = polygons((1, 5, 10))
    times = sum((split_by_polygon(table, 0.7, seed) == LEARNING).astype(int) for seed in range(300))
    assert times.between(170, 250).all()  # 210 expected, standard deviation 8
    assert times.sum() == 2100


def test_streams_are_named():
    assert generator(1, 2, 3).integers(0, 2**60) == generator(1, 2, 3).integers(0, 2**60)
    names = [(1, 2, 3), (1, 3, 2), (2, 2, 3), (1, 2, 3, 1)]
    assert len({int(generator(*name).integers(0, 2**60)) for name in names}) == 4


def test_polygons_kept_apart():
    frame = pd.DataFrame({"code": [1] * 10 + [2] * 3 + [3] * 2 + [4], "region": 1, "order": range(16)})
    kept = keep_apart(frame, 0.3, 5)
    # of 10 polygons 3; of 3 one (0.9 rounded); of 2 and of 1 none: two must stay, one to learn and one to validate
    assert kept.groupby(frame.code).sum().to_dict() == {1: 3, 2: 1, 3: 0, 4: 0}
    assert keep_apart(frame, 0.9, 5).groupby(frame.code).sum().to_dict() == {1: 8, 2: 1, 3: 0, 4: 0}
    shuffled = frame.sample(frac=1, random_state=3)
    assert keep_apart(shuffled, 0.3, 5).sort_index().tolist() == kept.tolist(), "the order of the rows decides nothing"
    assert any(keep_apart(frame, 0.3, seed).tolist() != kept.tolist() for seed in range(5))
