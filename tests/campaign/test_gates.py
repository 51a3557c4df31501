"""Gates by numbers made by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iota_py.campaign.gates import HELD, OPEN, PASSED, Before, Gate, accuracy_gate, dates_gate, drift_gate, held, nodata_gate, verify_gate
from iota_py.config.campaign import AccuracyGate, ClassDrift, ClearDates

NAMES = {1: "water", 2: "forest"}


def test_pixels_without_a_class() -> None:
    gate = nodata_gate({1: 60, 2: 35}, covered=100, limit=0.05)
    assert (gate.state, gate.value) == (PASSED, pytest.approx(0.05))
    assert nodata_gate({1: 60, 2: 34}, 100, 0.05).state == HELD
    assert nodata_gate({}, 100, 0.05).value == 1.0
    assert nodata_gate({1: 101}, 100, 0.0).value == 0.0, "a pixel on the rim of the tiles"
    assert nodata_gate({}, 0, 0.5).state == HELD


def test_clear_dates() -> None:
    """Of 100 pixels 90 have twelve clear dates or more, 8 have eleven and 2 none."""
    validity = {11: 8, 12: 50, 30: 40}
    gate = dates_gate(validity, 100, ClearDates(minimum=12, share=0.9))
    assert (gate.state, gate.value) == (PASSED, 0.9)
    stopped = dates_gate(validity, 100, ClearDates(minimum=12, share=0.91))
    assert (stopped.state, stopped.detail) == (HELD, "fewer than 12 clear")
    assert dates_gate(validity, 100, ClearDates(minimum=11, share=0.98)).state == PASSED


def test_total_variation() -> None:
    """Shares (0.5, 0.5) and then (0.3, 0.7): ½ (0.2 + 0.2) = 0.2."""
    before = Before("a-2022", {1: 50, 2: 50})
    gate = drift_gate({1: 300, 2: 700}, before, ClassDrift(total_variation=0.2), NAMES)
    assert (gate.state, gate.value) == (PASSED, pytest.approx(0.2))
    stopped = drift_gate({1: 300, 2: 700}, before, ClassDrift(total_variation=0.19), NAMES)
    assert stopped.state == HELD
    assert stopped.text == "total variation 0.200 against a-2022, 0.19 is allowed; most of water, 50.0 % to 30.0 %"


def test_change_of_a_class() -> None:
    """Water falls from 4 % to 1 %: by three quarters, while the total variation is 0.03. A class of less than `class_share` is not looked at."""
    before = Before("a-2022", {1: 4, 2: 96})
    now = {1: 1, 2: 99}
    wish = ClassDrift(total_variation=0.1, class_change=0.7, class_share=0.02)
    gate = drift_gate(now, before, wish, NAMES)
    assert gate.state == HELD
    assert gate.text == "changed by more than 70 % against a-2022: water 4.0 % to 1.0 %"
    assert drift_gate(now, before, ClassDrift(class_change=0.8, class_share=0.02), NAMES).state == PASSED
    assert drift_gate(now, before, ClassDrift(class_change=0.7, class_share=0.05), NAMES).state == PASSED
    appeared = drift_gate({1: 3, 2: 97}, Before("b", {2: 100}), ClassDrift(class_change=0.5), NAMES)
    assert appeared.state == HELD, "a class that was not there"


def test_no_map_before() -> None:
    assert drift_gate({1: 1}, None, ClassDrift(), NAMES).state == OPEN
    assert drift_gate({1: 1}, None, ClassDrift(required=True), NAMES).state == HELD
    assert drift_gate({1: 1}, Before("a", {}), ClassDrift(), NAMES).state == OPEN


def test_accuracy_against_the_champion() -> None:
    wish = AccuracyGate(champion="runs/best", margin=0.02)
    assert accuracy_gate(0.88, 0.90, "best", wish).state == PASSED
    gate = accuracy_gate(0.879, 0.90, "best", wish)
    assert (gate.state, gate.text) == (HELD, "overall accuracy 0.879, best has 0.900 and 0.02 less is allowed")
    assert accuracy_gate(None, 0.9, "best", wish).text == "overall accuracy of this map is not known"
    assert accuracy_gate(0.9, None, "best", wish).text == "overall accuracy of best is not known"


def test_files_that_are_not_whole() -> None:
    assert verify_gate([], 73).state == PASSED
    gate = verify_gate(["E-VFY-005 a", "E-VFY-003 b"], 73)
    assert (gate.state, gate.value, gate.text) == (HELD, 2.0, "E-VFY-005 a and 1 more")


def test_held_lists_only_those_that_hold() -> None:
    gates = [Gate("a", PASSED, 0, 0, ""), Gate("b", HELD, 0, 0, ""), Gate("c", OPEN, None, 0, "")]
    assert [one.gate for one in held(gates)] == ["b"]


_COUNTS = st.dictionaries(st.integers(1, 6), st.integers(1, 1000), min_size=1)


@given(_COUNTS, _COUNTS, st.integers(1, 9))
def test_total_variation_is_a_distance(now: dict[int, int], then: dict[int, int], factor: int) -> None:
    wish = ClassDrift(total_variation=1.0)
    value = drift_gate(now, Before("x", then), wish, {}).value
    assert value is not None
    assert 0.0 <= value <= 1.0 + 1e-12
    assert drift_gate(then, Before("x", now), wish, {}).value == pytest.approx(value), "the same from both sides"
    larger = {code: pixels * factor for code, pixels in now.items()}
    assert drift_gate(larger, Before("x", then), wish, {}).value == pytest.approx(value), "of the sizes of the maps nothing"
    assert drift_gate(now, Before("x", now), wish, {}).value == 0.0
