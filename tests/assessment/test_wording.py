from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from iota_py.assessment import wording
from iota_py.assessment.metrics import interval


def test_undefined_is_a_word() -> None:
    for write in (wording.score, wording.count, wording.percent, wording.duration, wording.hectares):
        assert write(None) == write(math.nan) == "undefined"


@pytest.mark.parametrize(("value", "text"), [(2023, "2023"), (9999, "9999"), (10_000, "10 000"), (1_234_567, "1 234 567"), (0, "0")])
def test_counts(value: int, text: str) -> None:
    assert wording.count(value) == text.replace(" ", "\u202f")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (9999, "9999"),
        (10_000, "10k"),
        (12_345, "12.3k"),
        (123_456, "123k"),
        (999_999, "1M"),
        (1_234_567, "1.23M"),
        (5 * 10**9, "5G"),
    ],
)
def test_short_counts(value: int, text: str) -> None:
    assert wording.short_count(value) == text
    assert len(text) <= 5


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (33.44, "33.4 s"), (61, "1 min"), (3599, "1 h 00 min"), (5210, "1 h 27 min")]
)
def test_durations(seconds: float, text: str) -> None:
    assert wording.duration(seconds) == text


def test_areas_keep_a_decimal_when_small() -> None:
    assert [wording.hectares(value) for value in (0.34, 99.94, 150.6)] == ["0.3", "99.9", "151"]


def test_spread_says_what_it_is_made_of() -> None:
    assert wording.spread(interval([0.9, 0.94, 0.92])) == "0.920 ± 0.050"
    assert wording.spread(interval([0.9])) == "0.900"
    assert wording.spread(interval([0.9, math.nan, math.nan])) == "0.900 (1 of 3 draws)"
    assert wording.spread(interval([math.nan])) == "undefined"


def test_verdict_lines() -> None:
    three, one = interval([0.9, 0.94, 0.92]), interval([0.9])
    assert (
        wording.verdict_line({"runs": 3, "overall_accuracy": three, "kappa": three, "f1_macro": one})
        == "overall accuracy 0.920 ± 0.050 over 3 draws of polygons, kappa 0.920 ± 0.050, mean F1 0.900"
    )
    assert (
        wording.verdict_line({"runs": 1, "unit": "series", "overall_accuracy": one, "kappa": interval([math.nan]), "f1_macro": one})
        == "overall accuracy 0.900 over one draw of series, without interval, kappa undefined, mean F1 0.900"
    )
    assert wording.verdict_line(None).startswith("not assessed")


def test_tables_keep_counts_whole_and_say_undefined() -> None:
    frame = pd.DataFrame(
        {
            "class_code": [5, 10],
            "pixels": [12_000.0, np.nan],
            "kappa": [0.5, np.nan],
            "reason": ["cloud", None],
            "day": pd.to_datetime(["2023-01-02", None]),
        }
    )
    cells = wording.frame_cells(frame)
    assert cells.headings == (("class code", True), ("pixels", True), ("kappa", True), ("reason", False), ("day", False))
    assert [cell.text for cell in cells.rows[0]] == ["5", "12\u202f000", "0.500", "cloud", "2023-01-02"]
    assert [cell.text for cell in cells.rows[1]] == ["10", "undefined", "undefined", "", ""]
    assert wording.frame_cells(pd.DataFrame()).rows == ()


def test_mixed_columns_are_written_cell_by_cell() -> None:
    cells = wording.frame_cells(pd.DataFrame({"mixed": pd.Series([3, 0.25, math.nan, "", None, True], dtype=object), "flag": [True] * 6}))
    assert [row[0].text for row in cells.rows] == ["3", "0.250", "undefined", "", "", "True"]
    assert [row[0].number for row in cells.rows] == [True, True, True, False, False, False]
    assert cells.rows[0][1].text == "True"


def test_signs_of_areas() -> None:
    values = (3.0, -3.0, 0.0, -12345.0, 0.04, -0.04, float("nan"))
    assert [wording.signed_hectares(value) for value in values] == ["+3.0", "−3.0", "0.0", "−12\u202f345", "<0.1", ">−0.1", "undefined"]
