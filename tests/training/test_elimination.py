"""Backward elimination: who leaves, when, and where to stop."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from iota_py.training.elimination import Trial, chosen, eliminate

WORTH = np.array([5.0, 1.0, 4.0, 2.0, 3.0])


def by_worth(columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return WORTH[columns], np.array([[float(len(columns)), WORTH[columns].sum()]] * 2)


def test_columns_leave_by_rising_importance():
    """Of 5, two fifths are 2; of 3, 1.2 rounds down to 1; of 2, 0.8 would be none, and one goes."""
    trials = eliminate(5, by_worth, drop=0.4, smallest=1)
    assert [trial.columns.tolist() for trial in trials] == [[0, 1, 2, 3, 4], [0, 2, 4], [0, 2], [0]]
    assert [trial.dropped.tolist() for trial in trials] == [[1, 3], [4], [2], []]
    assert trials[1].scores.tolist() == [[3.0, 12.0]] * 2


def test_it_stops_at_the_smallest_number_asked_for():
    assert [len(trial.columns) for trial in eliminate(5, by_worth, drop=0.9, smallest=2)] == [5, 2]
    assert [len(trial.columns) for trial in eliminate(5, by_worth, drop=0.4, smallest=9)] == [5]


def test_importance_is_asked_for_again_at_each_step():
    """Column 0 is worth nothing until column 1 has left."""

    def shared(columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        worth = np.array([9.0 if 1 not in columns else 0.5, 0.0, 1.0])
        return worth[columns], np.zeros((2, 1))

    assert [trial.dropped.tolist() for trial in eliminate(3, shared, 0.1, 1)] == [[1], [2], []]


def test_of_equal_columns_the_first_leaves_first():
    trials = eliminate(4, lambda columns: (np.zeros(len(columns)), np.zeros((2, 1))), 0.5, 1)
    assert [trial.dropped.tolist() for trial in trials] == [[0, 1], [2], []]


def test_the_smallest_set_within_the_tolerance_is_chosen():
    def trial(count: int, low: float, high: float) -> Trial:
        return Trial(np.arange(count), np.array([[0.0, low], [0.0, high]]), np.arange(0))

    trials = [trial(9, 0.80, 0.84), trial(5, 0.82, 0.84), trial(3, 0.81, 0.84), trial(1, 0.5, 0.6)]
    assert len(chosen(trials, 1, 0.0).columns) == 5
    assert len(chosen(trials, 1, 0.006).columns) == 3  # 0.825 against 0.83
    assert len(chosen(trials, 1, 0.5).columns) == 1


@given(st.integers(1, 60), st.floats(0.01, 0.99), st.integers(1, 10), st.integers(0, 2**31))
def test_every_column_leaves_once_or_stays(columns, drop, smallest, seed):
    worth = np.random.default_rng(seed).random(columns)
    trials = eliminate(columns, lambda left: (worth[left], np.zeros((2, 1))), drop, smallest)
    left = [column for trial in trials for column in trial.dropped] + trials[-1].columns.tolist()
    assert sorted(left) == list(range(columns))
    sizes = [len(trial.columns) for trial in trials]
    assert sizes == sorted(set(sizes), reverse=True)
    assert sizes[-1] == min(smallest, columns)
    assert (np.diff(worth[left[: columns - sizes[-1]]]) >= 0).all(), "with a fixed importance, in its order"
