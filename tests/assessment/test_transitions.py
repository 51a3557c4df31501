import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from iota_py.assessment.agreement import agreement_document
from iota_py.assessment.transitions import (
    DIFFERENCE,
    class_changes,
    difference,
    difference_table,
    joint_counts,
    transition_matrix,
    transition_table,
    unknown_values,
)
from tests.nomenclature.samples import THREE

# Codes 1 wheat, 2 maize, 7 water. Ten pixels have a class in both maps: 1>1 three, 1>2 two, 2>2 one, 2>1 one, 7>7 two, 7>1 one.
BEFORE = np.array([[1, 1, 1, 1, 1, 0], [2, 2, 7, 7, 7, 7]], np.uint8)
AFTER = np.array([[1, 1, 1, 2, 2, 1], [2, 1, 7, 7, 1, 0]], np.uint8)
MATRIX = np.array([[3, 2, 0], [1, 1, 0], [1, 0, 2]])
ODD = np.zeros((256, 256), bool)
ODD[7, 1] = True


@pytest.fixture
def matrix() -> np.ndarray:
    return transition_matrix(joint_counts(BEFORE, AFTER), THREE)


def test_pairs_by_hand(matrix):
    joint = joint_counts(BEFORE, AFTER)
    assert (joint.dtype, joint.shape, int(joint.sum())) == (np.int64, (256, 256), 12)
    assert (joint[0, 1], joint[7, 0], joint[1, 2]) == (1, 1, 2)
    assert matrix.tolist() == MATRIX.tolist()


@pytest.mark.parametrize("other", [AFTER[:1], AFTER.astype(np.int16), AFTER.astype(np.float32)])
def test_rasters_that_do_not_go_together(other):
    with pytest.raises(ValueError, match="expected uint8 of one shape"):
        joint_counts(BEFORE, other)


def test_values_that_are_no_codes():
    assert unknown_values(joint_counts(BEFORE, AFTER), THREE) == ([], [])
    assert unknown_values(joint_counts(BEFORE + 1, AFTER), THREE.subset([1, 2])) == ([3, 8], [7])


def test_the_coding_of_the_difference():
    table = difference_table(ODD)
    assert difference(BEFORE, AFTER, table).tolist() == [[1, 1, 1, 2, 2, 0], [1, 2, 1, 1, 3, 0]]
    assert (table.dtype, table[0, 0], table[0, 7], table[7, 0], table[7, 7], table[7, 1], table[1, 7]) == (np.uint8, 0, 0, 0, 1, 3, 2)
    assert [(c.code, c.alias) for c in DIFFERENCE.classes] == [(1, "same"), (2, "changed"), (3, "implausible")]


def test_a_class_that_stays_is_never_implausible():
    assert (np.diagonal(difference_table(np.ones((256, 256), bool)))[1:] == 1).all()


def test_rows_of_the_transitions(matrix):
    table = transition_table(matrix, ODD, THREE, 0.01)
    pairs = [(r.from_code, r.to_code, r.pixels, r.hectares, round(r.share_of_from, 4), r.implausible) for r in table.itertuples()]
    assert pairs == [
        (1, 1, 3, 0.03, 0.6, False),
        (1, 2, 2, 0.02, 0.4, False),
        (2, 1, 1, 0.01, 0.5, False),
        (2, 2, 1, 0.01, 0.5, False),
        (7, 1, 1, 0.01, 0.3333, True),
        (7, 7, 2, 0.02, 0.6667, False),
    ]
    assert table.from_name.tolist()[:2] == ["wheat", "wheat"]
    assert list(table.to_alias)[1] == "Mais"


def test_areas_gained_and_lost(matrix):
    table = class_changes(matrix, THREE, 0.01).set_index("alias")
    columns = ["pixels_a", "pixels_b", "kept", "gain", "loss", "net", "gross", "swap"]
    assert table.loc["Ble", columns].tolist() == [5, 5, 3, 2, 2, 0, 4, 4]
    assert table.loc["Mais", columns].tolist() == [2, 3, 1, 2, 1, 1, 3, 2]
    assert table.loc["Eau", columns].tolist() == [3, 2, 2, 0, 1, -1, 1, 0]
    assert table.loc["Eau", ["hectares_a", "net_hectares", "gross_hectares"]].tolist() == [0.03, -0.01, 0.01]
    assert class_changes(matrix, THREE, math.nan).hectares_a.isna().all()


def test_agreement_by_hand(matrix):
    found = agreement_document(matrix, THREE, (1, 1))
    assert {k: found[k] for k in ("pixels", "same", "changed", "only_in_a", "only_in_b")} == {
        "pixels": 10, "same": 6, "changed": 4, "only_in_a": 1, "only_in_b": 1,
    }  # fmt: skip
    assert found["overall_agreement"] == pytest.approx(0.6)
    # chance: 0.5 x 0.5 + 0.2 x 0.3 + 0.3 x 0.2 = 0.37
    assert found["kappa"] == pytest.approx((0.6 - 0.37) / (1 - 0.37))
    # quantity: (|5 - 5| + |2 - 3| + |3 - 2|) / 2 of ten pixels; allocation: the rest of the four that changed
    assert (found["quantity_disagreement"], found["allocation_disagreement"]) == (pytest.approx(0.1), pytest.approx(0.3))
    wheat = found["per_class"]["1"]
    assert (wheat["of_a"], wheat["of_b"], wheat["dice"]) == (pytest.approx(0.6), pytest.approx(0.6), pytest.approx(0.6))
    water = found["per_class"]["7"]
    assert (water["of_a"], water["of_b"], water["dice"]) == (pytest.approx(2 / 3), 1.0, pytest.approx(0.8))


def test_nothing_to_compare_is_undefined():
    found = agreement_document(np.zeros((3, 3), np.int64), THREE)
    assert [found[k] for k in ("overall_agreement", "kappa", "quantity_disagreement", "allocation_disagreement")] == [None] * 4


maps = arrays(np.uint8, (7, 9), elements=st.sampled_from([0, 1, 2, 7]))


@given(maps, maps)
def test_what_adds_up(before, after):
    joint = joint_counts(before, after)
    matrix = transition_matrix(joint, THREE)
    both = int(np.count_nonzero((before > 0) & (after > 0)))
    assert int(joint.sum()) == before.size
    assert int(matrix.sum()) == both
    changes = class_changes(matrix, THREE, 1.0)
    assert int(changes.net.sum()) == 0
    assert changes.gain.sum() == changes.loss.sum() == both - changes.kept.sum()
    assert (changes.gross == changes.net.abs() + changes.swap).all()
    assert int(transition_table(matrix, ODD, THREE, 1.0).pixels.sum()) == both
    coded = difference(before, after, difference_table(ODD))
    assert np.bincount(coded.ravel(), minlength=4).tolist() == [
        before.size - both,
        int(np.trace(matrix)),
        both - int(np.trace(matrix)) - int(matrix[2, 0]),
        int(matrix[2, 0]),
    ]
    if both:
        found = agreement_document(matrix, THREE)
        assert found["overall_agreement"] + found["quantity_disagreement"] + found["allocation_disagreement"] == pytest.approx(1)


@given(maps, maps, st.integers(1, 7), st.integers(1, 9))
def test_windows_do_not_matter(before, after, rows, cols):
    parts = [np.s_[r : r + rows, c : c + cols] for r in range(0, 7, rows) for c in range(0, 9, cols)]
    assert (sum(joint_counts(before[part], after[part]) for part in parts) == joint_counts(before, after)).all()
