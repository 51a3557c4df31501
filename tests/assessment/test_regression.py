"""Scores of numbers, worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from iota_py.assessment.regression import (
    figures,
    polygon_means,
    regression_document,
    regression_line,
    result_line,
    score_table,
    value_scores,
)
from iota_py.assessment.regression_figures import residual_figure, scatter_figure
from iota_py.nomenclature import LandCoverClass, Nomenclature

STRATA = Nomenclature("strata", tuple(LandCoverClass(k, f"stratum_{k}", {"en": f"part {k}"}, (k, k, k)) for k in (1, 2)))
TARGET = {"name": "cover", "scale": None, "unit": "%"}
REGIONS = {1: "north", 2: "south"}


def pixels(values: list[float]) -> pd.DataFrame:
    """Polygon 7 (10 %, three pixels, the last beyond the border), polygon 8 (20 %) and polygon 9 (60 %) of two pixels each."""
    return pd.DataFrame(
        {
            "polygon": [7, 7, 7, 8, 8, 9, 9],
            "code": [1, 1, 1, 1, 1, 2, 2],
            "region": [1, 1, 2, 1, 1, 2, 2],
            "target": [10.0, 10, 10, 20, 20, 60, 60],
            "value": np.array(values, np.float32),
        }
    )


FIRST = pixels([12, 14, 16, 20, 24, 50, math.nan])  # means 14, 22, 50


def test_scores_by_hand() -> None:
    # errors 2, -1, 3, 0: squares 14, absolute 6; the reference 1, 2, 3, 6 has mean 3 and squares 4 + 1 + 0 + 9 = 14 around it
    found = value_scores(np.array([1.0, 2, 3, 6]), np.array([3.0, 1, 6, 6]))
    assert (found.rmse, found.mae, found.r2, found.bias, found.n) == (math.sqrt(3.5), 1.5, 0.0, 1.0, 4)


def test_what_is_undefined() -> None:
    flat = value_scores(np.full(3, 0.1), np.array([0.1, 0.2, 0.3]))
    assert math.isnan(flat.r2)
    assert flat.bias == pytest.approx(0.1)
    none = value_scores(np.zeros(0), np.zeros(0))
    assert none.n == 0
    assert all(math.isnan(value) for value in (none.rmse, none.mae, none.r2, none.bias))
    with pytest.raises(ValueError, match="as many predicted"):
        value_scores(np.zeros(2), np.zeros(3))


@given(arrays(np.float64, (2, 9), elements=st.floats(-1e4, 1e4)))
def test_scores_hold_together(drawn: np.ndarray) -> None:
    found = value_scores(drawn[0], drawn[1])
    assert abs(found.bias) <= found.mae * (1 + 1e-9) + 1e-12
    assert found.mae <= found.rmse * (1 + 1e-9) + 1e-12
    assert math.isnan(found.r2) or found.r2 <= 1
    other = value_scores(drawn[1], drawn[0])
    assert (other.rmse, other.mae, other.bias) == (found.rmse, found.mae, -found.bias)


def test_means_of_polygons() -> None:
    found = polygon_means(FIRST)
    assert found.polygon.tolist() == [7, 8, 9]
    assert found.value.tolist() == [14.0, 22.0, 50.0]
    assert found.pixels.tolist() == [3, 2, 1]
    assert found.region.tolist() == [1, 1, 2]  # most of polygon 7 lies in region 1


def test_document_by_hand() -> None:
    document = regression_document([FIRST, pixels([10, 10, 10, 20, 20, 60, 60])], STRATA, TARGET, REGIONS)
    assert (document["kind"], document["runs"], document["unmapped_pixels"]) == ("regression", 2, 0.5)
    polygons, by_pixel = document["polygons"], document["pixels"]
    # draw 1: errors 4, 2, -10, squares 120, reference mean 30, squares around it 400 + 100 + 900; draw 2 is right everywhere
    assert polygons["rmse"]["values"] == [pytest.approx(math.sqrt(40)), 0.0]
    assert polygons["mae"]["values"] == [pytest.approx(16 / 3), 0.0]
    assert polygons["bias"]["values"] == [pytest.approx(-4 / 3), 0.0]
    assert polygons["r2"]["values"] == [pytest.approx(1 - 120 / 1400), 1.0]
    # two draws: Student's t of 1 degree of freedom, 12.706, times half of the difference of the two
    assert polygons["mae"]["half_width"] == pytest.approx(12.7062 * 8 / 3, rel=1e-4)
    assert by_pixel["n"] == 6.5
    assert by_pixel["bias"]["values"][0] == pytest.approx((2 + 4 + 6 + 0 + 4 - 10) / 6)
    north, south = document["regions"]["north"], document["regions"]["south"]
    assert north["polygons"]["mae"]["values"] == [3.0, 0.0]
    assert north["pixels"]["n"] == 4.0
    assert south["polygons"]["r2"]["mean"] is None  # one polygon: no variance
    assert document["strata"]["stratum_2"]["polygons"]["bias"]["values"] == [-10.0, 0.0]
    table = score_table(document["regions"], "region")
    assert table[["region", "level"]].to_numpy().tolist() == [[r, level] for r in ("north", "south") for level in ("polygons", "pixels")]


def test_the_line() -> None:
    one = regression_document([FIRST], STRATA, TARGET, REGIONS)
    assert regression_line(one) == (
        "cover: RMSE 6.32 %, MAE 5.33 %, R² 0.914, bias -1.33 % over 3 validation polygons, one draw of polygons, without interval"
    )
    assert result_line(one) == regression_line(one)
    assert result_line({**one, "draws": "2 folds of tiles"}).endswith("2 folds of tiles, without interval")


@pytest.mark.parametrize(
    ("mean", "half", "undefined", "text"),
    [
        (None, None, 2, "undefined"),
        (0.0, None, 0, "0.00"),
        (12345.6, 3.2, 0, "12346 ± 3"),
        (0.04531, 1.9235, 0, "0.05 ± 1.92"),
        (0.83882, 0.09166, 1, "0.839 ± 0.092 (2 of 3 draws)"),
    ],
)
def test_numbers_and_their_intervals(mean: float | None, half: float | None, undefined: int, text: str) -> None:
    assert figures({"mean": mean, "half_width": half, "undefined": undefined, "n": 2}) == text


def test_figures_are_drawn_the_same_every_time_and_without_polygons() -> None:
    polygons, empty = polygon_means(FIRST), polygon_means(FIRST[:0])
    assert scatter_figure(polygons, FIRST.dropna(), "cover") == scatter_figure(polygons, FIRST.dropna(), "cover")
    for image in (
        scatter_figure(empty, FIRST[:0], "cover"),
        residual_figure(polygons, STRATA, "cover"),
        residual_figure(empty, STRATA, "c"),
    ):
        assert image.startswith(b"\x89PNG")
