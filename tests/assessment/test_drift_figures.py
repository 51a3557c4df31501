"""The figure of the drift: a panel for each region and input, in every language, the same bytes; with words beside it."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from iota_py.assessment.drift_figures import drift_figure
from iota_py.assessment.drift_words import drift_line, warned, worst_words
from iota_py.assessment.language import catalogue, said
from tests.assessment.images import rgba


def cells(psi: float) -> pd.DataFrame:
    rows = [
        (region, "s2", band, date, psi, 0.2)
        for region in ("North", "South")
        for band in ("red", "ndvi")
        for date in ("2023-01-01", "2023-02-01", math.nan)
    ]
    return pd.DataFrame(rows, columns=["region", "input", "band", "date", "psi", "outside"])


def test_the_figure_is_the_same_for_the_same_table_and_speaks_french() -> None:
    first = drift_figure(cells(0.3))
    assert first == drift_figure(cells(0.3))
    assert first != drift_figure(cells(0.3), "fr")
    assert first != drift_figure(cells(0.6))


@pytest.mark.parametrize(("psi", "colour"), [(0.05, (243, 245, 247)), (0.3, (240, 178, 122)), (5.0, (110, 44, 0))])
def test_cells_have_the_colour_of_their_step(psi: float, colour: tuple[int, int, int]) -> None:
    pixels = rgba(drift_figure(cells(psi)))[..., :3].reshape(-1, 3)
    share = (np.abs(pixels.astype(int) - colour) <= 1).all(axis=1).mean()
    assert share > 0.02


def test_without_an_index_the_share_outside_is_drawn() -> None:
    assert drift_figure(cells(math.nan)) != drift_figure(cells(0.2))


def entry(verdict: str, **values: object) -> dict[str, object]:
    worst = [{"input": "s2", "band": "red", "dates": ["2023-05-01", "2023-06-01"], "psi": 1.0, "importance": 0.4}]
    plain = {"region": "North", "beyond": 0.123, "large": 0.5, "weights": "importance", "worst": worst, "pixels": {"then": 900, "now": 150}}
    return {**plain, "verdict": verdict, **values}


EVERY = [
    entry(verdict, large=large, weights=weights)
    for verdict in ("out of range", "shifted")
    for large, weights in ((0.5, "importance"), (0.5, "equal"), (None, "importance"))
]


@pytest.mark.parametrize("one", [*EVERY, entry("too few pixels")])
def test_every_warning_has_its_french(one: dict[str, object]) -> None:
    (sentence,) = warned({"regions": [one]})
    french = said(sentence, "fr")
    assert french != sentence
    assert "region North" not in french
    assert "North" in french
    assert ("12.3" in french) == (one["verdict"] != "too few pixels")


def test_what_is_said() -> None:
    assert worst_words(entry("shifted")) == "s2 red (2023-05-01, 2023-06-01)"
    assert worst_words(entry("shifted", worst=[])) == ""
    line = drift_line(entry("out of range"))
    assert line.startswith(
        "region North is out of range: 12.3\u202f% of the values left the usual range of the samples, features with a PSI"
    )
    assert warned({"regions": [entry("in range")]}) == []
    assert all(word in catalogue("fr") for word in ("in range", "shifted", "out of range", "too few pixels"))
