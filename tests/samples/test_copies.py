import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iota_py.samples.copies import CopyRule, absent, copied, quantity

PROPERTY = settings(max_examples=60, deadline=None, derandomize=True)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (CopyRule(1, 2), [7, 0, 3]),
        (CopyRule(1, 2, number=4), [4, 0, 3]),
        (CopyRule(1, 2, percent=50), [4, 0, 2]),  # 3.5 and 1.5: half to even
        (CopyRule(1, 2, percent=100), [7, 0, 3]),
    ],
)
def test_quantities(rule, expected):
    assert [quantity(rule, count) for count in (7, 0, 3)] == expected


LABELS = np.array([5, 6, 5, 5, 23, 6, 5], np.uint8)


def test_classes_that_are_named_are_copied():
    assert copied(LABELS, CopyRule(1, 2), 0).tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert copied(LABELS, CopyRule(1, 2, (6, 23)), 0).tolist() == [1, 4, 5]
    assert copied(LABELS, CopyRule(1, 2, (10,)), 0).tolist() == []
    assert absent(LABELS, CopyRule(1, 2, (6, 10, 9))) == [9, 10]
    assert absent(LABELS, CopyRule(1, 2)) == []


@PROPERTY
@given(st.lists(st.sampled_from([5, 6, 23]), min_size=1, max_size=40), st.integers(1, 10), st.integers(0, 100))
def test_each_class_gives_its_number_and_the_draw_repeats(labels, number, seed):
    labels = np.array(labels, np.uint8)
    rule = CopyRule(1, 2, number=number)
    chosen = copied(labels, rule, seed)
    assert np.array_equal(chosen, np.unique(chosen))
    for code in np.unique(labels):
        assert (labels[chosen] == code).sum() == min(number, (labels == code).sum())
    assert np.array_equal(chosen, copied(labels, rule, seed))


def test_the_draw_of_a_class_does_not_depend_on_the_others():
    rule = CopyRule(1, 2, number=2)
    alone = np.full(30, 5, np.uint8)
    among = np.concatenate([alone, np.full(10, 6, np.uint8)])
    assert copied(alone, rule, 3).tolist() == [row for row in copied(among, rule, 3) if row < 30]
    draws = {tuple(copied(alone, CopyRule(source, to, number=2), 3)) for source in (1, 2, 3) for to in (4, 5, 6)}
    assert len(draws) > 4  # each pair of regions has its own
