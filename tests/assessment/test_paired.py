from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from iota_py.assessment.bootstrap import measures_of
from iota_py.assessment.paired import Difference, clustered_chi_square, clustered_mcnemar, mcnemar, paired_bootstrap

from .test_bootstrap import CODES, HAND, polygon_table


def test_mcnemar_of_a_published_table() -> None:
    """Agresti 1990, Categorical Data Analysis, page 350: of 1600 people 150 turned from approval to disapproval, 86 the other way round.

    16.818 and 4.115e-05 are what mcnemar.test of R prints for this table, its own example.
    """
    statistic, p_value = mcnemar(150, 86)
    assert statistic == pytest.approx(63**2 / 236)
    assert (round(statistic, 3), round(p_value, 8)) == (16.818, 4.115e-05)
    assert mcnemar(86, 150) == (statistic, p_value)


def test_mcnemar_of_few_pixels_is_exact() -> None:
    assert mcnemar(1, 8) == pytest.approx((1, 2 * (1 + 9) / 2**9))  # no or one of nine, on either side
    assert mcnemar(0, 0) == (0.0, 1.0)
    assert mcnemar(12, 12)[1] == 1.0
    assert mcnemar(20, 20)[0] == pytest.approx(0, abs=1e-12)  # the correction never turns a draw into a difference
    with pytest.raises(ValueError, match="none below 0"):
        mcnemar(-1, 3)


def by_the_paper(first: np.ndarray, second: np.ndarray, number: np.ndarray) -> float:
    """Equations 1 to 6 of Obuchowski 1998 as they stand there: variances and covariance of two ratio estimates, both about the pooled proportion."""
    clusters, total = len(number), number.sum()
    pooled = (first.sum() + second.sum()) / (2 * total)
    factor = clusters / (clusters - 1) / total**2
    a, b = first - number * pooled, second - number * pooled
    variance = factor * (a @ a + b @ b - 2 * a @ b)
    return float((first.sum() / total - second.sum() / total) ** 2 / variance)


def tables(first: list[int], second: list[int], number: list[int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Polygons of class 1 with so many pixels, right in the first and in the second table; the others have class 2."""

    def one(right: list[int]) -> pd.DataFrame:
        rows = [(0, k, 1, 1, r) for k, r in enumerate(right)] + [(0, k, 1, 2, n - r) for k, (r, n) in enumerate(zip(right, number))]
        return polygon_table([row for row in rows if row[4] > 0])

    return one(first), one(second)


def test_clustered_mcnemar_by_hand() -> None:
    """Four polygons, second less first right: 3, 1, -1, 2. Sum 5, squares 15: 3/4 × 25 / 15 = 1.25."""
    first, second, number = [5, 4, 9, 0], [8, 5, 8, 2], [10, 6, 9, 2]
    statistic, p_value = clustered_mcnemar(*tables(first, second, number))
    assert statistic == pytest.approx(1.25)
    assert statistic == pytest.approx(by_the_paper(np.array(first), np.array(second), np.array(number)))
    assert p_value == pytest.approx(stats.chi2.sf(1.25, 1))


def test_clusters_of_one_pixel_give_mcnemar_itself() -> None:
    """Table of Agresti 1990, page 350, a person a cluster: (K - 1) / K of McNemar's statistic without correction, 17.356."""
    differences = np.repeat([-1.0, 1.0, 0.0], [150, 86, 794 + 570])
    statistic, _ = clustered_chi_square(differences)
    assert statistic == pytest.approx(1599 / 1600 * (150 - 86) ** 2 / (150 + 86))
    assert round(statistic * 1600 / 1599, 3) == 17.356


def test_clustered_mcnemar_where_there_is_nothing_to_tell() -> None:
    same = tables([3, 2], [3, 2], [4, 4])
    assert clustered_mcnemar(*same) == (0.0, 1.0)
    assert all(math.isnan(value) for value in clustered_mcnemar(*tables([3], [2], [4])))
    other_pixels = tables([3, 2], [3, 2], [4, 4])[0], tables([3, 2], [3, 2], [4, 5])[0]
    assert all(math.isnan(value) for value in clustered_mcnemar(*other_pixels))


def test_pixels_without_class_count_as_wrong() -> None:
    classified = polygon_table([(0, 1, 1, 1, 4), (0, 2, 1, 1, 4)])
    partly = polygon_table([(0, 1, 1, 1, 3), (0, 1, 1, 0, 1), (0, 2, 1, 1, 4)])
    assert clustered_mcnemar(partly, classified)[0] == pytest.approx(1 / 2 * 1 / 1)


def better(table: pd.DataFrame) -> pd.DataFrame:
    """Class 2 without any error."""
    return table.assign(mapped=table.mapped.where((table.code != 2) | (table.mapped == 0), 2))


def test_differences_by_hand() -> None:
    """Run 0: 24 of 27 right, then 25; run 1: 12 of 16 both times. The mean goes from 59/72 + ... by 1/54."""
    found = {one.measure: one for one in paired_bootstrap(HAND, better(HAND), CODES, ("overall_accuracy", "recall:2", "f1:7"))}
    accuracy = found["overall_accuracy"]
    assert accuracy.baseline == pytest.approx((24 / 27 + 12 / 16) / 2)
    assert accuracy.other == pytest.approx((25 / 27 + 12 / 16) / 2)
    assert accuracy.difference == pytest.approx(1 / 54)
    assert (accuracy.polygons, found["recall:2"].polygons) == (5, 2)
    assert accuracy.low <= accuracy.difference <= accuracy.high
    alone = found["f1:7"]  # a single polygon says nothing of others
    assert alone.baseline == alone.other == pytest.approx(8 / 12)
    assert all(math.isnan(value) for value in (alone.low, alone.high, alone.p_value))


def test_a_run_beside_itself() -> None:
    for one in paired_bootstrap(HAND, HAND, CODES, measures_of((1, 2)), draws=100):
        assert (one.difference, one.low, one.high, one.p_value) == (0.0, 0.0, 0.0, 1.0)


def test_the_other_way_round() -> None:
    there, back = (paired_bootstrap(*pair, CODES, draws=300)[0] for pair in ((HAND, better(HAND)), (better(HAND), HAND)))
    assert back == Difference(
        "overall_accuracy", there.other, there.baseline, pytest.approx(-there.difference), pytest.approx(-there.high),
        pytest.approx(-there.low), there.p_value, there.polygons,
    )  # fmt: skip


def test_only_what_both_held_out_counts() -> None:
    more = pd.concat([better(HAND), polygon_table([(0, 99, 1, 2, 1000), (2, 10, 1, 2, 1000)])])
    assert paired_bootstrap(HAND, more, CODES) == paired_bootstrap(HAND, better(HAND), CODES)
    with pytest.raises(ValueError, match="no run and polygon in common"):
        paired_bootstrap(HAND, HAND.assign(polygon=HAND.polygon + 1000), CODES)
    with pytest.raises(ValueError, match="other reference classes"):
        paired_bootstrap(HAND, HAND.assign(code=HAND.code.replace({2: 1})), CODES)


def simulated(stream: np.random.Generator, shift: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """40 polygons of 20 pixels in two classes; both runs err by polygon, the second less by `shift`."""
    code, number = np.repeat([1, 2], 20), np.full(40, 20)

    def one(mean: float) -> pd.DataFrame:
        right = stream.binomial(number, np.clip(mean + stream.normal(0, 0.2, 40), 0, 1))
        rows = {"run": 0, "polygon": np.tile(np.arange(40), 2), "code": np.tile(code, 2)}
        return pd.DataFrame(rows).assign(mapped=np.concatenate([code, 3 - code]), pixels=np.concatenate([right, number - right]))

    return one(0.6), one(0.6 + shift)


def test_how_often_equal_runs_are_called_unequal() -> None:
    """200 pairs of the same skill at 5 %: 10 expected, binomial standard deviation 3.1; up to 19, three of them above, is allowed.

    McNemar's test of the pixels, taken for independent, says so of more than a quarter of them.
    """
    stream, bootstrap, clustered, pixels = np.random.default_rng(5), 0, 0, 0
    for _ in range(200):
        first, second = simulated(stream, 0.0)
        bootstrap += paired_bootstrap(first, second, (1, 2), ("overall_accuracy",), draws=400)[0].p_value < 0.05
        clustered += clustered_mcnemar(first, second)[1] < 0.05
        gained = np.subtract(*(table.pixels[table.code == table.mapped].to_numpy(float) for table in (second, first)))
        pixels += mcnemar(int(-gained[gained < 0].sum()), int(gained[gained > 0].sum()))[1] < 0.05
    assert bootstrap <= 19
    assert clustered <= 19
    assert pixels > 50


def test_a_clear_difference_is_seen() -> None:
    first, second = simulated(np.random.default_rng(6), 0.3)
    found = paired_bootstrap(first, second, (1, 2))[0]
    assert found.low > 0
    assert found.p_value < 0.01
    assert clustered_mcnemar(first, second)[1] < 0.01
