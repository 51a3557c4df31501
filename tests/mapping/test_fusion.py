"""Dempster-Shafer on labels, held to the rule worked out by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iota_py.mapping.fusion import (
    COMMON,
    HIGHEST,
    MEMBER_COLOURS,
    Combination,
    choice_legend,
    choice_of_vote,
    dempster_shafer,
    masses,
)

CLASSES = np.array([1, 2, 5], np.uint8)
CONFUSION = np.array([[8, 2, 0], [1, 9, 0], [0, 0, 0]])  # reference in rows


def table(**by_code: float) -> np.ndarray:
    found = np.zeros(256)
    for code, value in by_code.items():
        found[int(code[1:])] = value
    return found


def test_masses_of_each_measure():
    assert masses(CONFUSION, CLASSES, "precision")[[1, 2, 5, 7]] == pytest.approx([8 / 9, 9 / 11, 0, 0])
    assert masses(CONFUSION, CLASSES, "recall")[[1, 2, 5]] == pytest.approx([0.8, 0.9, 0])
    assert masses(CONFUSION, CLASSES, "accuracy")[[1, 2, 5, 9]] == pytest.approx([0.85, 0.85, 0.85, 0])
    chance = (9 * 10 + 11 * 10) / 400
    assert masses(CONFUSION, CLASSES, "kappa")[1] == pytest.approx((0.85 - chance) / (1 - chance))
    assert masses(np.diag([3, 4, 5]), CLASSES, "recall")[1] == HIGHEST
    assert not masses(np.zeros((3, 3)), CLASSES, "kappa").any()
    with pytest.raises(ValueError, match="measure f1: expected one of"):
        masses(CONFUSION, CLASSES, "f1")


def test_two_that_agree_and_two_that_do_not():
    mass = np.stack([table(c1=0.6, c2=0.9), table(c1=0.7, c2=0.5)])
    found = dempster_shafer(np.array([[1, 1, 2], [1, 2, 1]], np.uint8), mass)
    # agree on 1: 1 - 0.4 × 0.3. Else a wins iff m_a (1 - m_b) > m_b (1 - m_a): 0.6 × 0.5 = 0.30 over 0.5 × 0.4; 0.9 × 0.3 over 0.7 × 0.1.
    assert found.labels.tolist() == [1, 1, 2]
    assert found.choice.tolist() == [3, 1, 1]
    assert found.belief == pytest.approx([0.88, 0.30 / (0.30 + 0.20 + 0.20), 0.27 / (0.27 + 0.07 + 0.03)])


def test_no_label_has_no_mass():
    mass = np.stack([table(c1=0.6), table(c1=0.7)])
    found = dempster_shafer(np.array([[0, 0, 1], [0, 1, 0]], np.uint8), mass)
    assert found.labels.tolist() == [0, 1, 1]
    assert found.choice.tolist() == [0, 2, 1]
    assert found.belief == pytest.approx([0, 0.7, 0.6])


def test_equal_masses_go_to_the_lowest_code():
    mass = np.stack([table(c4=0.5), table(c3=0.5)])
    found = dempster_shafer(np.array([[4], [3]], np.uint8), mass)
    assert (found.labels.tolist(), found.choice.tolist()) == ([3], [2])


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 0.99)), min_size=1, max_size=4))
def test_any_number_of_classifiers_is_dempsters_rule(votes):
    """Against the rule itself: masses over all choices of focal sets, those that meet in nothing left out."""
    labels = np.array([[label] for label, _ in votes], np.uint8)
    mass = np.zeros((len(votes), 256))
    for k, (label, value) in enumerate(votes):
        mass[k, label] = value
    combined: dict[int, float] = {}
    for choice in itertools.product((True, False), repeat=len(votes)):
        focal = {label for (label, _), use in zip(votes, choice) if use and label > 0}
        weight = float(np.prod([(v if use else 1 - v) if label > 0 else float(not use) for (label, v), use in zip(votes, choice)]))
        if len(focal) < 2:
            key = focal.pop() if focal else 0
            combined[key] = combined.get(key, 0.0) + weight
    found = dempster_shafer(labels, mass)
    singles = {label: combined.get(label, 0.0) for label, _ in votes if label > 0}
    if not singles:
        assert found.labels[0] == 0
        return
    assert singles[int(found.labels[0])] == pytest.approx(max(singles.values()))
    assert found.belief[0] == pytest.approx(singles[int(found.labels[0])] / sum(combined.values()), abs=1e-6)


def test_a_table_of_combinations_says_what_dempster_shafer_says():
    rng = np.random.default_rng(4)
    classes = [np.array([1, 2, 5], np.uint8), np.array([2, 5, 9, 23], np.uint8)]
    mass = np.zeros((2, 256))
    for k, own in enumerate(classes):
        mass[k, own] = rng.random(len(own))
    labels = np.stack([rng.choice([0, *own], 500) for own in classes]).astype(np.uint8)
    together = Combination.of(mass, classes)
    assert len(together.labels) == 4 * 5
    plain = dempster_shafer(labels, mass)
    found = together(labels)
    assert found[0].tolist() == plain.labels.tolist()
    assert found[1].tolist() == np.rint(plain.belief * 100).astype(int).tolist()
    assert found[2].tolist() == plain.choice.tolist()
    assert [part.dtype for part in found] == [np.uint8] * 3


def test_too_many_combinations_are_combined_pixel_by_pixel():
    classes = [np.arange(1, 60, dtype=np.uint8)] * 3  # 60³ entries
    mass = np.random.default_rng(5).random((3, 256))
    labels = np.random.default_rng(6).integers(0, 60, (3, 40)).astype(np.uint8)
    together = Combination.of(mass, classes)
    assert len(together.labels) == 0
    assert together(labels)[0].tolist() == dempster_shafer(labels, mass).labels.tolist()
    assert together(labels)[1].dtype == np.uint8


def test_choice_behind_a_vote():
    labels = np.array([[4, 4, 4, 0, 7], [4, 4, 6, 0, 7], [5, 4, 4, 0, 7]], np.uint8)
    choices = np.array([[1, 3, 2, 0, 1], [1, 1, 3, 0, 2], [3, 3, 1, 0, 3]], np.uint8)
    winner = np.array([4, 4, 4, 0, 7], np.uint8)
    # The draws that lost have no say; of equally frequent choices the lowest; without a label none.
    assert choice_of_vote(labels, choices, winner).tolist() == [1, 3, 1, 0, 1]


def test_legend_of_a_choice_map():
    legend = choice_legend(["optical", "radar"])
    assert [(entry.code, entry.label()) for entry in legend.classes] == [(1, "optical only"), (2, "radar only"), (3, "optical and radar")]
    assert [entry.colour for entry in legend.classes] == [MEMBER_COLOURS[0], MEMBER_COLOURS[1], COMMON]
    assert 'label="optical and radar"' in legend.qgis_style()
    three = choice_legend(["a", "b", "c"])
    assert [entry.label() for entry in three.classes][4:] == ["a and c", "b and c", "a and b and c"]
    assert len({entry.colour for entry in three.classes}) == 7
