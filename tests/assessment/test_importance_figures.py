"""Figures of what features are worth."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest

from iota_py.assessment.importance_figures import elimination_figure, falls_figure, heat_figure, panels_of, shap_figure

from .images import chunks, rgba

YEAR = [f"2023-{month:02d}-{day:02d}" for month in range(1, 13) for day in (1, 11, 21)] + ["2023-12-31"]
BANDS = ["b2", "b3", "b4", "b5", "b6", "b7", "b8", "b8a", "b11", "b12", "ndvi", "ndwi", "brightness"]


def cells(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["region", "run", "input", "band", "date", "value"])


def full_year() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    rows = [("north", run, "sentinel2", band, date, float(rng.gamma(0.5))) for run in range(2) for band in BANDS for date in YEAR]
    rows += [("north", run, "sentinel2", "ndvi", "", 0.3) for run in range(2)]
    rows += [("north", run, "terrain", band, "", 0.2) for run in range(2) for band in ("elevation", "slope")]
    table = cells(rows)
    return table.assign(value=table.value / table.groupby("run").value.transform("sum"))


def falls() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    rows = [("band", f"sentinel2_{band}", *rng.uniform(0, 0.02, 4)) for band in BANDS]
    rows += [("date", f"sentinel2_{date.replace('-', '')}", *rng.uniform(0, 0.02, 4)) for date in YEAR] + [
        ("sensor", "sentinel2", 0.3, 0.1, -0.1, math.nan)
    ]
    return pd.DataFrame(rows, columns=["kind", "name", "overall_accuracy", "overall_accuracy_sd", "f1_macro", "f1_macro_sd"])


def contributions() -> pd.DataFrame:
    rng = np.random.default_rng(6)
    rows = [(kind, f"sentinel2_{band}_20230101", float(rng.gamma(0.5))) for kind in ("Colza", "Mais") for band in BANDS]
    return pd.DataFrame(rows, columns=["class", "column", "mean_absolute"])


def curve(largest: int = 481) -> dict[str, Any]:
    steps, left = [], largest
    while left >= 1:
        score = {"f1_macro": 0.9 - 0.4 / left, "f1_macro_sd": 0.02, "overall_accuracy": 0.93 - 0.3 / left, "overall_accuracy_sd": 0.01}
        steps.append({"columns": left, **score})
        left = left - max(1, left // 4)
    return {"steps": steps, "chosen": steps[len(steps) // 2]["columns"]}


DRAWN: dict[str, Callable[[], bytes]] = {
    "heat": lambda: heat_figure(full_year(), "share of the importance"),
    "falls": lambda: falls_figure(falls()),
    "shap": lambda: shap_figure(contributions()),
    "elimination": lambda: elimination_figure(curve()),
}


@pytest.mark.parametrize("kind", DRAWN)
def test_same_bytes_twice_without_metadata(kind: str) -> None:
    first = DRAWN[kind]()
    assert first == DRAWN[kind]()
    assert set(chunks(first)) <= {"IHDR", "IDAT", "IEND", "pHYs"}


@pytest.mark.parametrize("kind", DRAWN)
def test_settings_of_the_user_change_nothing(kind: str) -> None:
    plain = DRAWN[kind]()
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red"}):
        assert DRAWN[kind]() == plain


def test_cells_are_means_over_the_models_and_columns_without_a_date_come_last() -> None:
    table = cells([
        ("north", 0, "s2", "b8", "2023-02-01", 0.1), ("south", 0, "s2", "b8", "2023-02-01", 0.3),
        ("north", 0, "s2", "b8", "2023-01-01", 0.5), ("north", 0, "s2", "b4", "2023-01-01", 0.7),
        ("north", 0, "s2", "b4", "", 0.9), ("north", 0, "dem", "slope", math.nan, 0.2),
    ])  # fmt: skip
    optical, terrain = panels_of(table)
    assert (optical.input, optical.bands, optical.dates) == ("s2", ("b8", "b4"), ("2023-01-01", "2023-02-01", "no date"))
    np.testing.assert_allclose(optical.values, [[0.5, 0.2, math.nan], [0.7, math.nan, 0.9]])
    assert (terrain.bands, terrain.dates, terrain.values.tolist()) == (("slope",), ("no date",), [[0.2]])


def test_the_heat_map_of_a_year_has_cells_of_a_readable_size() -> None:
    height, width, _ = rgba(DRAWN["heat"]()).shape
    assert 1300 < width < 2000, "37 dates, at 160 points an inch"
    assert 700 < height < 1300


def test_darker_is_more_and_nothing_is_no_colour() -> None:
    """One band on two dates; the second date has all of it."""
    pixels = rgba(heat_figure(cells([("a", 0, "s2", "b4", "2023-01-01", 0.0), ("a", 0, "s2", "b4", "2023-01-11", 1.0)]), "share"))[..., :3]
    for colour in ("#f7f9fb", "#0b3c6f"):  # both ends of the ramp
        wanted = tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5))
        assert np.all(pixels == wanted, axis=-1).sum() > 500


def test_falls_below_zero_have_the_colour_of_zero() -> None:
    def drawn(value: float) -> bytes:
        rows = [("a", 0, "s2", "b4", "2023-01-01", value), ("a", 0, "s2", "b4", "2023-01-11", 1.0)]
        return heat_figure(cells(rows), "fall of the mean F1", share=False)

    assert drawn(-0.3) == drawn(0.0)


def test_without_anything_to_show_the_figures_say_so() -> None:
    plain = heat_figure(cells([]), "share")
    assert plain == falls_figure(falls()[:0]) == shap_figure(contributions()[:0])
    assert rgba(plain).shape[0] < 150


def test_one_model_one_column() -> None:
    assert rgba(heat_figure(cells([("a", 0, "dem", "slope", "", 1.0)]), "share")).size
    assert rgba(elimination_figure(curve(1) | {"chosen": 1})).size
