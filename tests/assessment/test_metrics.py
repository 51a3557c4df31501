from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from iota_py.assessment.metrics import confusion_table, interval, metrics_document, scores
from iota_py.nomenclature import Nomenclature

NAN = math.nan
# Rows 40, 50, 30; columns 40, 50, 30; 96 right of 120.
THREE = np.array([[35, 2, 3], [4, 40, 6], [1, 8, 21]], dtype=np.int64)
# Class 2 only in the reference, class 3 only in the map, class 4 in neither.
PARTIAL = np.array([[6, 0, 2, 0], [2, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]], dtype=np.int64)


@pytest.fixture(scope="module")
def three_classes(oso: Nomenclature) -> Nomenclature:
    return oso.subset([5, 10, 23])


def test_two_classes_by_hand() -> None:
    score = scores(np.array([[20, 5], [10, 15]], dtype=np.int64))
    assert score.overall_accuracy == pytest.approx(0.7)
    assert score.kappa == pytest.approx(0.4)  # p_e = 0.5 * 0.6 + 0.5 * 0.4 = 0.5
    assert score.precision == pytest.approx([20 / 30, 15 / 20])
    assert score.recall == pytest.approx([20 / 25, 15 / 25])
    assert score.f1 == pytest.approx([40 / 55, 30 / 45])
    assert score.f1_macro == pytest.approx((8 / 11 + 2 / 3) / 2)
    assert score.support.tolist() == [25, 25]
    assert score.support.dtype == np.int64


def test_three_classes_by_hand() -> None:
    score = scores(THREE)
    assert score.overall_accuracy == pytest.approx(0.8)
    assert score.kappa == pytest.approx(163 / 235)  # p_e = 5000 / 14400
    assert score.precision == pytest.approx([0.875, 0.8, 0.7])
    assert score.recall == pytest.approx([0.875, 0.8, 0.7])


def test_the_matrix_of_congalton() -> None:
    """Congalton 1991, Remote Sensing of Environment 37, 35-46, the error matrix of 434 pixels (deciduous, conifer, agriculture, shrub): overall 74 %,
    producer's 87, 79, 74, 64 %, user's 57, 81, 74, 87 %. Its kappa is worked out here from the totals of its rows and columns."""
    mapped = np.array([[65, 4, 22, 24], [6, 81, 5, 8], [0, 11, 85, 19], [4, 7, 3, 90]])  # the map in rows there
    score = scores(mapped.T)
    assert round(100 * score.overall_accuracy) == 74
    assert np.round(100 * score.recall).tolist() == [87, 79, 74, 64]
    assert np.round(100 * score.precision).tolist() == [57, 81, 74, 87]
    chance = 115 * 75 + 100 * 103 + 115 * 115 + 104 * 141
    assert score.kappa == pytest.approx((434 * 321 - chance) / (434**2 - chance))


def test_the_kappa_of_cohen() -> None:
    """The two judges of Cohen 1968, Psychological Bulletin 70, 213-220, as shares of 200 patients: unweighted kappa .492."""
    score = scores(np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]]))
    assert score.overall_accuracy == pytest.approx(0.70)
    assert round(score.kappa, 3) == 0.492


def test_classes_missing_on_one_side_or_both() -> None:
    score = scores(PARTIAL)
    assert score.precision == pytest.approx([6 / 8, NAN, 0.0, NAN], nan_ok=True)
    assert score.recall == pytest.approx([6 / 8, 0.0, NAN, NAN], nan_ok=True)
    assert score.f1 == pytest.approx([12 / 16, 0.0, 0.0, NAN], nan_ok=True)
    assert score.f1_macro == pytest.approx(0.25)
    assert score.overall_accuracy == pytest.approx(0.6)
    assert score.kappa == pytest.approx((0.6 - 0.64) / 0.36)  # p_e = 0.8 * 0.8


def test_kappa_of_a_single_class_is_undefined() -> None:
    score = scores(np.array([[9, 0], [0, 0]], dtype=np.int64))
    assert score.overall_accuracy == 1.0
    assert math.isnan(score.kappa)


def test_nothing_counted_is_all_undefined() -> None:
    score = scores(np.zeros((2, 2), dtype=np.int64))
    assert all(
        math.isnan(value) for value in (score.overall_accuracy, score.kappa, score.f1_macro, *score.precision, *score.recall, *score.f1)
    )


def test_kappa_of_counts_whose_product_overflows() -> None:
    assert scores(THREE * 10**10).kappa == pytest.approx(163 / 235)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.zeros((2, 3), dtype=np.int64), r"shape \(2, 3\): expected \(n, n\)"),
        (np.array([[1, -1], [0, 1]]), "none negative"),
        (np.array([[0.5]]), "whole counts"),
    ],
)
def test_bad_matrices_are_refused(matrix: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        scores(matrix)


def test_interval_of_three_values_by_hand() -> None:
    # s = 0.02; t at 0.975 with 2 degrees of freedom has the closed form 0.95 / sqrt(2 * 0.975 * 0.025) = 4.302653.
    found = interval([0.90, 0.94, 0.92])
    half_width = 0.95 / math.sqrt(2 * 0.975 * 0.025) * 0.02 / math.sqrt(3)
    assert half_width == pytest.approx(0.0496828, abs=1e-7)
    assert found["mean"] == pytest.approx(0.92)
    assert found["std"] == pytest.approx(0.02)
    assert found["half_width"] == pytest.approx(half_width)
    assert found["ci95"] == pytest.approx([0.92 - half_width, 0.92 + half_width])
    assert found["values"] == [0.90, 0.94, 0.92]
    assert (found["n"], found["undefined"]) == (3, 0)


def test_interval_leaves_undefined_values_out_and_tells_their_number() -> None:
    found = interval([0.5, NAN, 0.7])
    assert found["mean"] == pytest.approx(0.6)
    # One degree of freedom: t is tan(0.475 pi) = 12.7062; s / sqrt(2) = 0.1.
    assert found["half_width"] == pytest.approx(math.tan(0.475 * math.pi) * 0.1)
    assert found["values"] == [0.5, None, 0.7]
    assert (found["n"], found["undefined"]) == (2, 1)


@pytest.mark.parametrize(("values", "mean"), [([0.8], 0.8), ([NAN, 0.8], 0.8), ([NAN], None), ([], None)])
def test_no_interval_without_two_values(values: list[float], mean: float | None) -> None:
    found = interval(values)
    assert found["mean"] == mean
    assert found["ci95"] is found["half_width"] is found["std"] is None


def test_document_keeps_runs_classes_and_meaning(three_classes: Nomenclature) -> None:
    perfect = np.diag([10, 20, 0]).astype(np.int64)
    document = metrics_document([THREE, perfect], three_classes)
    assert document["runs"] == 2
    assert document["overall_accuracy"]["values"] == pytest.approx([0.8, 1.0])
    assert list(document["per_class"]) == ["5", "10", "23"]
    water = document["per_class"]["23"]
    assert (water["alias"], water["name"], water["support"]) == ("Eau", "water bodies", 15.0)
    assert water["f1"]["values"] == [pytest.approx(0.7), None]
    assert water["f1"]["ci95"] is None
    assert document["f1_macro"]["values"] == pytest.approx([(0.875 + 0.8 + 0.7) / 3, 1.0])
    assert "1 degrees of freedom" in document["interval"]
    assert "not the accuracy of the map" in document["interval"]
    json.dumps(document, allow_nan=False)


def test_document_of_one_run_has_no_interval(three_classes: Nomenclature) -> None:
    document = metrics_document([THREE], three_classes)
    assert document["overall_accuracy"]["ci95"] is None
    assert document["interval"].startswith("One draw of polygons: no interval")


def test_document_refuses_no_run_and_a_wrong_size(three_classes: Nomenclature) -> None:
    with pytest.raises(ValueError, match="at least one"):
        metrics_document([], three_classes)
    with pytest.raises(ValueError, match=r"expected \(3, 3\)"):
        metrics_document([PARTIAL], three_classes)


def test_confusion_table_with_totals_and_accuracies(three_classes: Nomenclature) -> None:
    table = confusion_table(np.array([[8, 2, 0], [0, 0, 0], [1, 0, 4]], dtype=np.int64), three_classes)
    assert list(table.columns) == ["Colza", "Mais", "Eau", "reference total", "producer's accuracy"]
    assert list(table.index) == ["Colza", "Mais", "Eau", "map total", "user's accuracy"]
    assert table.loc["Colza"].tolist() == [8, 2, 0, 10, 0.8]
    assert table.loc["map total"].tolist() == [9, 2, 4, 15, ""]
    assert math.isnan(table.loc["Mais", "producer's accuracy"])
    assert table.loc["user's accuracy"].tolist() == [pytest.approx(8 / 9), 0.0, 1.0, "", 0.8]
    first = table.to_csv(na_rep="NaN", lineterminator="\n").splitlines()
    assert first[1] == "Colza,8,2,0,10,0.8"
    assert first[2] == "Mais,0,0,0,0,NaN"


@settings(max_examples=60, deadline=None)
@given(arrays(np.int64, (4, 4), elements=st.integers(0, 50)))
def test_scores_stay_in_their_ranges_and_transposing_swaps_precision_and_recall(matrix: np.ndarray) -> None:
    score, swapped = scores(matrix), scores(matrix.T)
    for values in (score.precision, score.recall, score.f1):
        known = values[~np.isnan(values)]
        assert np.all((known >= 0) & (known <= 1))
    assert score.precision == pytest.approx(swapped.recall, nan_ok=True)
    assert score.f1 == pytest.approx(swapped.f1, nan_ok=True)
    assert score.kappa == pytest.approx(swapped.kappa, nan_ok=True)
    both = ~np.isnan(score.precision) & ~np.isnan(score.recall) & (score.precision + score.recall > 0)
    harmonic = 2 * score.precision[both] * score.recall[both] / (score.precision[both] + score.recall[both])
    assert score.f1[both] == pytest.approx(harmonic)
