"""Calibrations applied."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iota_py.calibration import Calibration

ONES = np.ones(2)


def rows(*values: tuple[float, ...]) -> np.ndarray:
    return np.array(values, np.float32)


def test_a_temperature_of_one_changes_nothing() -> None:
    given = rows((0.25, 0.75), (1, 0))
    np.testing.assert_array_equal(Calibration(1.0, (), ONES).apply(given), given)


def test_a_temperature_of_two_takes_the_root() -> None:
    found = Calibration(2.0, (), ONES).apply(rows((0.36, 0.64), (0.1, 0.9), (0, 1)))
    np.testing.assert_allclose(found, [[0.6 / 1.4, 0.8 / 1.4], [0.25, 0.75], [0, 1]], rtol=1e-6)


def test_curves_are_followed_between_knots_and_shared_out() -> None:
    curve, straight = (np.array([0.2, 0.6]), np.array([0.0, 1.0])), (np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    found = Calibration(1.0, (curve, straight), ONES).apply(rows((0.4, 0.6), (0.9, 0.1)))
    np.testing.assert_allclose(found, [[0.5 / 1.1, 0.6 / 1.1], [1 / 1.1, 0.1 / 1.1]], rtol=1e-6)


def test_a_row_that_the_curves_would_empty_stays() -> None:
    nothing = (np.array([0.0, 1.0]), np.array([0.0, 0.0]))
    given = rows((0.3, 0.7))
    np.testing.assert_array_equal(Calibration(1.0, (nothing, nothing), ONES).apply(given), given)


def test_ratios_move_probabilities_as_bayes_says() -> None:
    """Learnt half and half, used where class 1 is three times as frequent: odds of 1 become odds of 3."""
    found = Calibration(1.0, (), np.array([0.5, 1.5])).apply(rows((0.5, 0.5), (0.75, 0.25)))
    np.testing.assert_allclose(found, [[0.25, 0.75], [0.5, 0.5]], rtol=1e-6)


def test_it_comes_back_from_its_arrays() -> None:
    curves = ((np.array([0.1, 0.5, 0.9]), np.array([0.0, 0.2, 1.0])), (np.array([0.0, 1.0]), np.array([0.0, 1.0])))
    one = Calibration(1.7, curves, np.array([0.5, 1.25]))
    other = Calibration.from_arrays(one.arrays())
    given = np.random.default_rng(1).dirichlet([1, 1], 50).astype(np.float32)
    np.testing.assert_array_equal(one.apply(given), other.apply(given))
    plain = Calibration(2.0, (), ONES)
    np.testing.assert_array_equal(plain.apply(given), Calibration.from_arrays(plain.arrays()).apply(given))


@given(st.integers(1, 80), st.floats(0.1, 5), st.integers(0, 2**31))
def test_a_pixel_gets_the_same_in_any_block_and_shares_add_up(block: int, temperature: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    given = rng.dirichlet([0.4] * 5, 97).astype(np.float32)
    curve = (np.array([0.0, 0.4, 1.0]), np.array([0.0, 0.7, 1.0]))
    one = Calibration(temperature, (curve,) * 5, np.array([0.2, 1, 1, 2, 3.0]))
    whole = one.apply(given)
    parts = np.concatenate([one.apply(given[start : start + block]) for start in range(0, len(given), block)])
    np.testing.assert_array_equal(whole, parts)
    np.testing.assert_allclose(whole.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(
    "arguments", [(0.0, (), ONES), (1.0, (), np.array([-1.0, 1])), (1.0, (), np.zeros(2)), (1.0, ((ONES, ONES),), ONES)]
)
def test_impossible_calibrations_are_refused(arguments: tuple) -> None:
    with pytest.raises(ValueError, match="expected"):
        Calibration(*arguments)


def test_other_classes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected \(pixel, 2\)"):
        Calibration(1.0, (), ONES).apply(rows((0.2, 0.3, 0.5)))
