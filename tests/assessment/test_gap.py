"""Random and spatial scores side by side: two folds worked out by hand."""

import numpy as np
import pytest

from iota_py.assessment.gap import FoldResult, balanced_accuracy, gap_document, gap_line, gap_rows, gap_table
from iota_py.assessment.metrics import scores


def results() -> list[FoldResult]:
    """Two folds of 10 pixels: 9 and 7 right at random (mean 0.8), 6 and 4 in blocks (mean 0.5)."""

    def matrix(right: int) -> np.ndarray:
        return np.array([[right - 1, 10 - right], [0, 1]])

    return [FoldResult("A", kind, fold, matrix(right))
            for kind, pair in (("polygon", (9, 7)), ("blocks", (6, 4))) for fold, right in enumerate(pair)]  # fmt: skip


def test_balanced_accuracy_is_the_mean_recall_of_the_classes_that_are_there():
    assert balanced_accuracy(scores(np.array([[8, 2, 0], [1, 1, 0], [0, 0, 0]]))) == pytest.approx((0.8 + 0.5) / 2)
    assert np.isnan(balanced_accuracy(scores(np.zeros((2, 2), int))))


def test_means_intervals_and_gap():
    document = gap_document(results(), 2, 5000)
    random, blocks = document["kinds"]["polygon"], document["kinds"]["blocks"]
    assert random["overall_accuracy"]["mean"] == pytest.approx(0.8)
    assert blocks["overall_accuracy"]["mean"] == pytest.approx(0.5)
    # two values 0.2 apart: standard deviation 0.1414, 12.706 degrees-of-freedom-1 quantile, over the root of 2
    assert random["overall_accuracy"]["half_width"] == pytest.approx(12.706 * 0.1, rel=1e-4)
    assert document["gap"]["overall_accuracy"] == pytest.approx(0.3)
    # recalls 8/9 and 6/9 of the first class, 1 of the second
    assert random["balanced_accuracy"]["mean"] == pytest.approx((8 / 9 + 6 / 9) / 4 + 0.5)
    assert document["regions"] == {}
    assert document["left_out"] == []


def test_matrices_of_a_fold_are_added_up_over_regions():
    """A region with 10 pixels all right and one with 30 all wrong: 0.25 in each fold, not the mean of 1 and 0."""
    right, wrong = np.array([[10, 0], [0, 0]]), np.array([[0, 30], [0, 0]])
    found = [FoldResult(name, "blocks", fold, matrix) for name, matrix in (("A", right), ("B", wrong)) for fold in (0, 1)]
    document = gap_document(found, 2, 1000)
    assert document["kinds"]["blocks"]["overall_accuracy"]["mean"] == 0.25
    assert document["gap"] is None
    assert [document["regions"][name]["kinds"]["blocks"]["overall_accuracy"]["mean"] for name in "AB"] == [1.0, 0.0]


def test_a_fold_that_could_not_be_is_said_and_left_out():
    found = [*results()[:3], FoldResult("A", "blocks", 1, None, "no polygon is held out")]
    document = gap_document(found, 2, 5000)
    assert document["kinds"]["blocks"]["folds"] == 1
    assert document["kinds"]["blocks"]["overall_accuracy"]["half_width"] is None
    assert document["left_out"] == [{"region": "A", "kind": "blocks", "fold": 1, "why": "no polygon is held out"}]
    assert gap_line(document).endswith("; 1 folds left out")
    empty = gap_document([FoldResult("A", kind, fold, None, "few") for kind in ("polygon", "blocks") for fold in (0, 1)], 2, 5)
    assert empty["gap"] == {"overall_accuracy": None, "balanced_accuracy": None, "f1_macro": None}
    assert "undefined" in gap_line(empty)


def test_table_page_and_line():
    document = gap_document(results(), 2, 5000)
    table = gap_table(document)
    assert table["folds"].tolist() == ["by polygon, at random", "by blocks of 5000 m", "gap"]
    assert table["overall accuracy"].tolist() == pytest.approx([0.8, 0.5, 0.3])
    assert table["overall accuracy ±"].isna().tolist() == [False, False, True]
    assert [row["overall_accuracy"] for row in gap_rows(document)] == ["0.800 ± 1.271", "0.500 ± 1.271", "0.300"]
    assert gap_line(document).startswith(
        "cross-validation, 2 folds: overall accuracy 0.800 ± 1.271 by polygon, at random, 0.500 ± 1.271 by blocks of 5000 m, gap 0.300 (mean F1 "
    )
