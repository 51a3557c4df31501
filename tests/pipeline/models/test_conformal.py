"""Halves of the held-out polygons, thresholds of a run, and the sets that windows make of them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from iota_py.config.probability_scores import Conformal
from iota_py.io.publish import write_json
from iota_py.pipeline import paths
from iota_py.pipeline.models import conformal
from iota_py.pipeline.models.conformal import CALIBRATES, TESTS, places_in, set_sizes, sides, thresholds_of
from iota_py.pipeline.steps.conformal import _thresholds


def held_out(polygons: int = 9) -> pd.DataFrame:
    polygon = np.repeat(np.arange(polygons), 3)
    return pd.DataFrame({"polygon": polygon, "code": np.where(polygon < 5, 2, 7), "x": polygon * 10.0, "y": -polygon * 5.0})


def test_half_of_the_polygons_of_each_class_calibrate_the_larger_half() -> None:
    table = held_out().assign(side=sides(held_out(), 1, 1))
    by_polygon = table.groupby("polygon").agg(kinds=("side", "nunique"), side=("side", "first"), code=("code", "first"))
    assert (by_polygon.kinds == 1).all()
    assert by_polygon[by_polygon.side == CALIBRATES].groupby("code").size().to_dict() == {2: 3, 7: 2}
    assert by_polygon[by_polygon.side == TESTS].groupby("code").size().to_dict() == {2: 2, 7: 2}


def test_the_halves_do_not_depend_on_numbers_or_order_and_differ_by_seed_and_region() -> None:
    table = held_out(40)
    first = set(table.x[sides(table, 1, 1) == CALIBRATES])
    other = table.assign(polygon=100 - table.polygon).iloc[::-1]
    assert set(other.x[sides(other, 1, 1) == CALIBRATES]) == first
    assert set(table.x[sides(table, 2, 1) == CALIBRATES]) != first
    assert set(table.x[sides(table, 1, 2) == CALIBRATES]) != first


def test_places_of_labels() -> None:
    assert places_in((2, 5, 7), np.array([7, 2, 1, 9, 5, 6])).tolist() == [2, 0, -1, -1, 1, -1]


@pytest.mark.parametrize(("coverage", "needed"), [(0.9, 9), (0.95, 19), (0.5, 1), (0.99, 99), (0.8, 4)])
def test_polygons_that_a_coverage_needs(coverage: float, needed: int) -> None:
    assert Conformal(coverage=coverage).polygons == needed


def answers(codes: list[int], true: list[float]) -> pd.DataFrame:
    """One pixel a polygon; the true class has this probability, class 9 the rest."""
    table = pd.DataFrame({"polygon": range(len(codes)), "code": codes, "p_2": 0.0, "p_7": 0.0, "p_9": 0.0})
    for row, (code, share) in enumerate(zip(codes, true)):
        table.loc[row, f"p_{code}"] = share
        table.loc[row, "p_9"] += 1 - share
    return table


def test_a_class_with_too_few_polygons_is_in_every_set_and_said() -> None:
    """Class 2: the ceil(5 × 0.75) = 4th of 4. Class 7: one polygon, and 3 are needed. Class 9, not known here: the ceil(6 × 0.75) = 5th of all."""
    table = answers([2] * 4 + [7], [0.9, 0.8, 0.7, 0.6, 0.5])
    values, short = _thresholds(table, (2, 7, 9), 0.75, True, {2, 7})
    assert (values.tolist(), short) == ([600, 0, 500], [7])
    values, short = _thresholds(table, (2, 7, 9), 0.75, False, {2, 7, 9})
    assert (values.tolist(), short) == ([500, 500, 500], [])


def test_a_class_that_no_model_of_the_region_knows_is_in_no_set_without_a_probability() -> None:
    values, short = _thresholds(answers([2], [0.9]), (2, 7, 9), 0.9, False, {2})
    assert (values.tolist(), short) == ([0, 1, 1], [2])


def workspace_of(root: Path, thresholds: list[dict[str, Any]], runs: int) -> Any:
    write_json(root / paths.CONFORMAL, {"codes": [2, 7, 9], "coverage": 0.9, "thresholds": thresholds})
    return SimpleNamespace(runs=runs, region_names={1: "a", 3: "b"}, path=lambda name: root / name)


class Folder(SimpleNamespace):
    """A workspace that can be a key."""

    __hash__ = object.__hash__


def test_windows_take_the_threshold_of_the_region_of_each_pixel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [
        {"run": run, "region": region, "values": [value] * 3} for run, region, value in ((0, 1, 100), (0, 3, 450), (1, 1, 300), (1, 3, 450))
    ]
    ws = Folder(**vars(workspace_of(tmp_path, entries, 2)))
    monkeypatch.setattr(conformal, "known_codes", lambda ws: (2, 7, 9))
    shares = np.array([[[0.7, 0.4], [0.2, 0.35], [0.1, 0.25]], [[0.5, 0.4], [0.4, 0.3], [0.1, 0.3]]], np.float32)
    # pixel 1, region 1: {2, 7, 9} and {2, 7}, all in one of two at least; pixel 2, region 3: no set holds a class, so the most probable alone
    assert set_sizes(ws, shares, np.array([1, 3])).tolist() == [3, 1]
    assert thresholds_of(ws).values.shape == (2, 4, 3)
