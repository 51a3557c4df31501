"""Size and allocation of a stratified sample: the worked example of Olofsson et al. 2014, limits, and sums."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iota_py.assessment.design import ALLOCATIONS, allocate, anticipated, sample_size

WEIGHTS, USERS = [0.02, 0.015, 0.32, 0.645], [0.7, 0.6, 0.9, 0.95]
PIXELS = [200_000, 150_000, 3_200_000, 6_450_000]


def test_the_sample_size_of_olofsson_2014() -> None:
    """Olofsson et al. 2014, section 5: conjectured user's accuracies, target standard error 0.01, n = 641."""
    assert sample_size(WEIGHTS, USERS, 0.01) == 641
    assert sample_size(PIXELS, USERS, 0.01) == 641


def test_proportional_allocation_of_the_same_example() -> None:
    """641 times the shares: 12.8, 9.6, 205.1, 413.4, rounded by the largest remainders."""
    assert allocate(641, PIXELS, "proportional").tolist() == [13, 10, 205, 413]


def test_rare_strata_get_the_minimum_and_the_others_share_the_rest() -> None:
    """641 - 150 = 491 points for shares 0.32 and 0.645: 162.8 and 328.2."""
    assert allocate(641, PIXELS, "minimum", minimum=75).tolist() == [75, 75, 163, 328]


def test_equal_and_neyman_allocation() -> None:
    """Neyman: W S = 0.00917, 0.00735, 0.09600, 0.14057 of 0.25308, times 641."""
    assert allocate(641, PIXELS, "equal").tolist() == [161, 160, 160, 160]
    assert allocate(641, PIXELS, "neyman", users_accuracy=USERS).tolist() == [23, 19, 243, 356]


def test_a_small_map_takes_fewer_points() -> None:
    """Cochran 5.25 with N: 0.25308² / (0.0001 + sum W S² / N), sum W S² = 0.06724: 388.8 of 1000."""
    variance = sum(w * u * (1 - u) for w, u in zip(WEIGHTS, USERS))
    expected = np.ceil(sum(w * (u * (1 - u)) ** 0.5 for w, u in zip(WEIGHTS, USERS)) ** 2 / (0.0001 + variance / 1000))
    assert sample_size(WEIGHTS, USERS, 0.01, pixels=1000) == expected < 641


def test_there_are_two_points_a_stratum_at_least() -> None:
    assert sample_size([0.5, 0.5, 0], [1.0, 1.0, 1.0], 0.01) == 4
    assert sample_size([0.5, 0.5], [0.5, 0.5], 0.001, pixels=50) == 50
    assert allocate(10, [1_000_000, 1, 5], "proportional").tolist() == [7, 1, 2]


def test_no_stratum_gets_more_points_than_pixels() -> None:
    assert allocate(100, [30, 30, 1000], "equal").tolist() == [30, 30, 40]
    assert allocate(100, [20, 1000], "minimum", minimum=50).tolist() == [20, 80]


@given(
    st.lists(st.integers(0, 5000), min_size=1, max_size=9).filter(any),
    st.sampled_from(ALLOCATIONS),
    st.integers(2, 80),
    st.floats(0, 1),
    st.data(),
)
def test_allocations_add_up_within_their_limits(pixels: list[int], how: str, minimum: int, share: float, data: st.DataObject) -> None:
    least = sum(min(n, minimum if how == "minimum" else 2) for n in pixels)
    total = least + round(share * (sum(pixels) - least))
    users = data.draw(st.lists(st.floats(0, 1), min_size=len(pixels), max_size=len(pixels)))
    points = allocate(total, pixels, how, minimum=minimum, users_accuracy=users)
    assert points.sum() == total
    assert (points <= pixels).all()
    assert (points >= np.minimum(pixels, 2)).all()
    if how == "minimum":
        assert (points >= np.minimum(pixels, minimum)).all()


def test_standard_errors_to_expect_of_the_allocation_of_the_paper() -> None:
    """Equation 5 by hand on 75, 75, 165, 325 points; user's accuracies by equation 6."""
    found = anticipated(WEIGHTS, USERS, [75, 75, 165, 325])
    terms = [w**2 * u * (1 - u) / (n - 1) for w, u, n in zip(WEIGHTS, USERS, (75, 75, 165, 325))]
    assert found.overall_accuracy == pytest.approx(sum(terms) ** 0.5)
    assert found.users_accuracy[0] == pytest.approx((0.7 * 0.3 / 74) ** 0.5)
    assert found.overall_accuracy > anticipated(WEIGHTS, USERS, allocate(641, PIXELS, "neyman", users_accuracy=USERS)).overall_accuracy


def test_errors_of_areas_to_expect_with_two_classes() -> None:
    """What is wrong in one stratum is of the other class: both shares have the same error, that of the overall accuracy."""
    found = anticipated([0.3, 0.7], [0.8, 0.9], [50, 100])
    assert found.area_share.tolist() == pytest.approx([found.overall_accuracy] * 2)


def test_a_stratum_of_one_point_promises_nothing() -> None:
    found = anticipated([0.5, 0.5], [0.8, 0.9], [1, 10])
    assert np.isnan(found.overall_accuracy)
    assert np.isnan(found.users_accuracy).tolist() == [True, False]


@pytest.mark.parametrize(
    ("total", "pixels", "how", "words"),
    [(5, [100, 100, 100], "equal", "expected 6 at least"), (300, [100, 100], "equal", "have 200 pixels"), (90, [100, 100], "minimum", "100 at least"),
     (10, [100], "random", "expected one of"), (10, [-1, 5], "equal", "none negative"), (10, [100], "neyman", "needs conjectured")],
)  # fmt: skip
def test_what_does_not_fit_is_refused(total: int, pixels: list[int], how: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        allocate(total, pixels, how)


@pytest.mark.parametrize(
    ("users", "error", "words"), [([0.5, 1.5], 0.01, "from 0 to 1"), ([0.5, 0.5], 0.0, "target"), ([0.5], 0.01, "one of each")]
)
def test_conjectures_out_of_range_are_refused(users: list[float], error: float, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        sample_size([0.5, 0.5], users, error)
