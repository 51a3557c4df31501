from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from iota_py.mapping.fusion import dempster_shafer
from iota_py.mapping.vote import UNDECIDED, belief_vote, majority_vote

PROPERTY = settings(max_examples=60, deadline=None, derandomize=True)


@pytest.mark.parametrize(
    ("labels", "confidence", "label", "mean"),
    [
        ([5, 5, 7], [60, 80, 99], 5, 47),  # the most frequent, whatever the confidence: (60 + 80 + 1) / 3
        ([5, 7, 7], [100, 0, 0], 7, 0),  # even the least confident majority
        ([5, 7], [60, 80], 7, 60),  # a tie: the highest single confidence, (40 + 80) / 2
        ([7, 5], [70, 70], 5, 50),  # a tie of confidence too: the lowest code
        ([5, 5, 7, 7], [90, 10, 60, 60], 5, 45),  # a tie: 90 is the highest single one, (90 + 10 + 40 + 40) / 4
        ([0, 5, 7], [0, 40, 50], 7, 37),  # a member without label counts as 0: (0 + 60 + 50) / 3 = 36.67
        ([0, 0, 5], [0, 0, 80], 5, 27),  # 80 / 3 = 26.67
        ([0, 0], [0, 0], 0, 0),
        ([0, 0], [90, 90], 0, 0),
        ([5], [73], 5, 73),
        ([5, 5], [50, 51], 5, 50),  # 50.5: half to even
        ([5, 5], [51, 52], 5, 52),  # 51.5: half to even
        ([255, 255, 1], [100, 100, 100], 255, 67),  # (100 + 100 + 0) / 3 = 66.67
        ([1, 2, 3], [0, 0, 0], 1, 67),  # (0 + 100 + 100) / 3
    ],
)
def test_votes_by_hand(labels, confidence, label, mean):
    winner, share = majority_vote(np.array(labels, np.uint8)[:, None], np.array(confidence, np.uint8)[:, None])
    assert (winner.tolist(), share.tolist()) == ([label], [mean])
    assert (winner.dtype, share.dtype) == (np.uint8, np.uint8)


def by_definition(labels: list[int], confidence: list[int]) -> tuple[int, int]:
    """The rule, spelled out for one pixel."""
    voted = [label for label in labels if label]
    if not voted:
        return 0, 0

    def rank(label: int) -> tuple[int, int, int]:
        return voted.count(label), max(c for other, c in zip(labels, confidence, strict=True) if other == label), -label

    winner = max(set(voted), key=rank)
    terms = [0 if label == 0 else c if label == winner else 100 - c for label, c in zip(labels, confidence, strict=True)]
    return winner, round(Fraction(sum(terms), len(labels)))


@PROPERTY
@given(st.integers(1, 6).flatmap(lambda n: st.tuples(
    hnp.arrays(np.uint8, (n, 2, 3), elements=st.sampled_from([0, 1, 2, 200])), hnp.arrays(np.uint8, (n, 2, 3), elements=st.integers(0, 100)),
)))  # fmt: skip
def test_votes_follow_the_definition(members):
    labels, confidence = members
    winner, share = majority_vote(labels, confidence)
    assert winner.shape == share.shape == (2, 3)
    for row in range(2):
        for col in range(3):
            expected = by_definition(labels[:, row, col].tolist(), confidence[:, row, col].tolist())
            assert (winner[row, col], share[row, col]) == expected


@PROPERTY
@given(st.permutations(range(4)))
def test_the_order_of_the_members_has_no_part(order):
    rng = np.random.default_rng(1)
    labels, confidence = rng.integers(0, 4, (4, 50)).astype(np.uint8), rng.integers(0, 101, (4, 50)).astype(np.uint8)
    first, second = majority_vote(labels, confidence), majority_vote(labels[list(order)], confidence[list(order)])
    assert np.array_equal(first[0], second[0])
    assert np.array_equal(first[1], second[1])


@pytest.mark.parametrize(
    ("labels", "confidence", "found"),
    [
        ([5, 5, 7], [10, 10, 99], (5, 5, 5)),  # decided: no rule is asked
        ([7, 5], [60, 80], (5, 7, 0)),
        ([0, 7, 5, 5, 7], [0, 70, 70, 10, 10], (5, 7, 0)),  # of equal confidence the lowest code
        ([0, 0], [0, 0], (0, 0, 0)),
    ],
)
def test_undecided_votes(labels, confidence, found):
    args = np.array(labels, np.uint8)[:, None], np.array(confidence, np.uint8)[:, None]
    for rule, expected in zip(UNDECIDED, found):
        winner, share = majority_vote(*args, rule)
        assert winner.tolist() == [expected]
        assert expected or share.tolist() == [0]


def test_beliefs_by_hand():
    labels, confidence = np.array([[5, 5, 5, 0], [7, 7, 5, 0]], np.uint8), np.array([[50, 50, 50, 0], [90, 90, 90, 0]], np.uint8)
    mass = np.zeros((2, 256))
    mass[0, 5], mass[1, 5], mass[1, 7] = 0.8, 0.5, 0.6
    # 5 against 7: 0.8 x 0.4 = 0.32 and 0.6 x 0.2 = 0.12, ignorance 0.08: 0.32 / 0.52. Both 5: 1 - 0.2 x 0.5 = 0.9.
    winner, belief = belief_vote(labels, confidence, mass, "none")
    assert (winner.tolist(), belief.tolist()) == ([5, 5, 5, 0], [62, 62, 90, 0])
    mass[1, 7] = 0.8
    ties = {rule: belief_vote(labels, confidence, mass, rule)[0].tolist() for rule in UNDECIDED}
    assert ties == {"highest_confidence": [7, 7, 5, 0], "first": [5, 5, 5, 0], "none": [0, 0, 5, 0]}


def test_beliefs_are_those_of_the_fusion_of_members():
    rng = np.random.default_rng(4)
    labels, mass = rng.choice([0, 3, 9, 200], (4, 500)).astype(np.uint8), rng.random((4, 256)) * 0.9
    winner, belief = belief_vote(labels.reshape(4, 20, 25), np.full((4, 20, 25), 50, np.uint8), mass, "first")
    expected = dempster_shafer(labels, mass)
    assert winner.ravel().tolist() == expected.labels.tolist()
    assert np.abs(belief.ravel() - 100.0 * expected.belief).max() <= 0.5 + 1e-4


def test_a_rule_that_is_none():
    with pytest.raises(ValueError, match="undecided loudest: expected one of highest_confidence, first, none"):
        majority_vote(np.ones((2, 1), np.uint8), np.ones((2, 1), np.uint8), "loudest")
