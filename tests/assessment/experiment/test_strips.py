from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from iota_py.assessment.experiment.strips import Scale, dots, rounded_up, scale_of
from iota_py.assessment.paired import Difference


def difference(value: float, low: float, high: float) -> Difference:
    return Difference("kappa", 0.5, 0.5 + value, value, low, high, 0.01, 9)


def test_a_scale_is_round_and_zero_is_in_its_middle() -> None:
    scale = scale_of([difference(0.01, -0.03, 0.021), None], 120.0)
    assert (scale.limit, scale.zero) == (0.05, 60.0)
    assert (scale.at(0.05), scale.at(-0.05), scale.at(1.0)) == (114.0, 6.0, 114.0)
    assert scale_of([]).limit == 0.01
    assert scale_of([difference(0.2, math.nan, math.nan)]).limit == 0.2


@given(st.floats(1e-6, 1e3))
def test_rounded_up_holds_the_value_and_is_at_most_two_and_a_half_times_it(value: float) -> None:
    assert value * (1 - 1e-6) <= rounded_up(value) <= 2.5 * value


def test_dots_stand_one_below_the_other_and_leave_gaps() -> None:
    found = dots(
        Scale(0.1, 100.0, 0.0),
        [(difference(0.05, 0.0, 0.1), True, "a"), (None, False, "b"), (difference(-0.1, math.nan, math.nan), False, "c")],
        8.0,
    )
    assert [(dot.x, dot.y, dot.low, dot.high, dot.up, dot.sure, dot.word) for dot in found] == [
        (75.0, 4.0, 50.0, 100.0, True, True, "a"),
        (0.0, 20.0, None, None, False, False, "c"),
    ]
