"""Coverage of conformal sets, on polygons of a few pixels."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from iota_py.assessment.conformal_scores import COLUMNS, coverage_table, polygon_interval, set_table

WHOLE = np.array([[700, 200, 100], [400, 350, 250], [500, 300, 200], [100, 800, 100]])


def test_what_becomes_of_each_pixel() -> None:
    """Threshold 600: sets {0}, {}, {}, {1}. The true classes are 0, 0, 1 and one that no model knows."""
    found = set_table(WHOLE, np.array([0, 0, 1, -1]), np.array([[600, 600, 600]]))
    assert found.covered.tolist() == [True, False, False, False]
    assert found["size"].tolist() == [1, 1, 1, 1], "the most probable class is always in"
    assert found["empty"].tolist() == [False, True, True, False]
    assert found.never_empty.tolist() == [True, True, False, False]


def test_thresholds_may_differ_by_class_and_pixel() -> None:
    limits = np.array([[700, 201, 100], [401, 350, 250], [0, 0, 0], [900, 900, 100]])
    found = set_table(WHOLE, np.array([2, 1, 2, 1]), limits)
    assert found["size"].tolist() == [2, 2, 3, 1]
    assert found.covered.tolist() == [True, True, True, False]


def pixels() -> pd.DataFrame:
    """Region 1: polygon 1 (3 of 4 covered), polygon 2 (1 of 1). Region 2: polygon 3 (0 of 2), in two runs (second: 2 of 2)."""
    covered = [True, True, True, False, True, False, False, True, True]
    frame = pd.DataFrame({
        "region": [1] * 5 + [2] * 4, "polygon": [1] * 4 + [2] + [3] * 4, "code": [7] * 4 + [9] + [7] * 4, "run": [0] * 7 + [1] * 2,
        "weight": [1.0] * 4 + [10.0] + [1.0] * 4, "covered": covered, "size": [1, 1, 2, 2, 1, 1, 1, 3, 3],
    })  # fmt: skip
    return frame.assign(empty=False, never_empty=covered)


def test_each_polygon_and_run_counts_once() -> None:
    table = coverage_table(pixels(), 0.9, {1: "hills", 2: "plain"}, 0)
    assert list(table.columns) == COLUMNS
    assert table[["region", "code"]].to_numpy().tolist() == [
        ["all", 0],
        ["all", 7],
        ["all", 9],
        ["hills", 0],
        ["hills", 7],
        ["hills", 9],
        ["plain", 0],
        ["plain", 7],
    ]
    found = table.set_index(["region", "code"])
    assert found.coverage[("all", 0)] == pytest.approx((0.75 + 1 + 0 + 1) / 4)
    assert found.coverage_pixels[("all", 0)] == pytest.approx((3 + 10 + 0 + 2) / 18)
    assert found.set_size[("all", 0)] == pytest.approx((1.5 + 1 + 1 + 3) / 4)
    assert found.coverage[("plain", 7)] == pytest.approx(0.5)
    assert math.isnan(found.low[("plain", 0)]), "one polygon has no interval"
    assert found.polygons[("all", 0)] == 3


def test_one_region_has_no_rows_of_its_own() -> None:
    table = coverage_table(pixels().assign(region=1), 0.9, {1: "all of it"}, 0)
    assert set(table.region) == {"all"}


def test_the_interval_draws_whole_polygons() -> None:
    """Two polygons of coverage 0 and 1, however many runs they have: a quarter of the draws has one of them alone."""
    shares = pd.DataFrame({"polygon": [1, 1, 2, 2], "covered": [0.0, 0.0, 1.0, 1.0]})
    assert polygon_interval(shares, 0) == (0.0, 1.0)
    rng = np.random.default_rng(1)
    many = pd.DataFrame({"polygon": np.arange(200), "covered": rng.random(200)})
    low, high = polygon_interval(many, 0)
    half = 1.96 * many.covered.std() / math.sqrt(200)
    assert (high - low) / 2 == pytest.approx(half, rel=0.08)
