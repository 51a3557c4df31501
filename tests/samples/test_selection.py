from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iota_py.errors import InputError
from iota_py.io.documents import read_yaml
from iota_py.nomenclature import Nomenclature
from iota_py.samples.selection import Strategy, numbers_by_class, periodic, select, thinned, too_few, wanted

PROPERTY = settings(max_examples=60, deadline=None, derandomize=True)


def oso() -> Nomenclature:
    path = Path(__file__).resolve().parents[2] / "configs" / "nomenclatures" / "oso-23.yaml"
    return Nomenclature.from_document(read_yaml(path), str(path))


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


def test_periodic_takes_the_middle_of_equal_intervals():
    assert periodic(9, 3).tolist() == [1, 4, 7]
    assert periodic(10, 5).tolist() == [0, 2, 4, 6, 8]  # of two in the middle the first
    assert periodic(7, 3).tolist() == [0, 2, 5]  # intervals 0–1, 2–3, 4–6
    assert periodic(4, 4).tolist() == [0, 1, 2, 3]
    assert periodic(5, 0).tolist() == []


@PROPERTY
@given(st.integers(1, 200), st.data())
def test_periodic_takes_one_of_each_interval(count, data):
    n = data.draw(st.integers(1, count))
    bounds = [i * count // n for i in range(n + 1)]
    for jitter in (None, np.random.default_rng(n)):
        chosen = periodic(count, n, jitter)
        assert all(low <= position < high for position, low, high in zip(chosen, bounds, bounds[1:]))


@PROPERTY
@given(st.lists(st.integers(0, 4), min_size=1, max_size=80), st.integers(1, 12))
def test_no_polygon_has_more_than_the_limit_and_small_ones_stay_whole(polygons, maximum):
    polygons = np.array(polygons)
    kept = thinned(polygons, maximum)
    assert np.array_equal(kept, np.unique(kept))
    for polygon in np.unique(polygons):
        rows = np.flatnonzero(polygons == polygon)
        expected = rows if len(rows) <= maximum else rows[periodic(len(rows), maximum)]
        assert np.array_equal(kept[polygons[kept] == polygon], expected)


def test_a_huge_polygon_counts_no_more_than_its_limit():
    table = pd.DataFrame({"region": 1, "code": [5] * 12 + [5] * 2 + [6] * 3, "polygon": [0] * 12 + [1] * 2 + [2] * 3})
    chosen = select(table, Strategy("all", maximum_per_polygon=4), 0)
    assert np.flatnonzero(chosen).tolist() == [1, 4, 7, 10, 12, 13, 14, 15, 16]
    counts = table[select(table, Strategy("percent", percent=50, maximum_per_polygon=4), 0)].groupby("code").size().to_dict()
    assert counts == {5: 3, 6: 2}  # of 6 and of 3: 1.5 to even


def test_the_periodic_sampler_follows_the_rows_of_its_region_and_class():
    table = pd.DataFrame({"region": [1, 1, 2, 1, 1, 1, 1, 2], "code": [5, 6, 5, 5, 5, 5, 5, 5]})
    chosen = select(table, Strategy("constant", number=2, sampler="periodic"), 3)
    assert np.flatnonzero(chosen & (table.region == 1) & (table.code == 5)).tolist() == [0, 5]  # rows 0, 3 and 4, 5, 6
    jittered = [select(table, Strategy("constant", number=2, sampler="periodic", jitter=True), seed) for seed in range(30)]
    assert len({tuple(one) for one in jittered}) > 1
    assert all(one.sum() == 5 for one in jittered)
    assert all(one[[0, 3]].sum() == 1 for one in jittered)  # one of each interval


def test_a_region_may_have_its_own_strategy():
    table = pixels((1, 5, 10), (1, 6, 4), (2, 5, 10))
    chosen = select(table, Strategy("constant", number=2), 0, {2: Strategy("all")})
    assert table[chosen].groupby(["region", "code"]).size().to_dict() == {(1, 5): 2, (1, 6): 2, (2, 5): 10}


def test_a_table_of_numbers_names_classes_in_any_way():
    frame = pd.DataFrame({"class": ["5", "cerealpail", "Maïs"], "number": [10, 20.0, 0]})
    assert numbers_by_class(frame, oso(), "counts.csv") == {5: 10, 6: 20, 10: 0}


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        ({"class": [5]}, "E-SEL-001 counts.csv: table: no column number (columns: class). Fix: give columns `class` and `number`"),
        (
            {"class": [5, "Wood"], "number": [1, 2]},
            "E-SEL-002 counts.csv: class: classes that are not in nomenclature OSO-23: Wood. Fix: name them by code, alias or name",
        ),
        ({"class": [5, "Colza"], "number": [1, 2]}, "E-SEL-002 counts.csv: class: given twice: Colza. Fix: give each class one row"),
        ({"class": [5, 6], "number": [1, 2.5]}, "E-SEL-003 counts.csv: number: expected whole numbers from 0, found `2.5` in 1 rows"),
        ({"class": [5, 6], "number": [1, "many"]}, "E-SEL-003 counts.csv: number: expected whole numbers from 0, found `many` in 1 rows"),
    ],
)
def test_faults_of_a_table_of_numbers(columns, line):
    with pytest.raises(InputError) as caught:
        numbers_by_class(pd.DataFrame(columns), oso(), "counts.csv")
    assert str(caught.value) == line


def test_classes_with_fewer_pixels_than_asked():
    expected = pixels((1, 5, 9), (1, 6, 9), (2, 5, 9), (3, 5, 9))
    chosen = pixels((1, 5, 3), (2, 5, 2))
    few = too_few(expected, chosen, {1: 3, 2: 3})
    assert few.to_numpy().tolist() == [[1, 6, 3, 0], [2, 5, 3, 2]]  # region, code, minimum, found; region 3 has no minimum
