"""Estimates of time: the arithmetic by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from iota_py.bench.estimate import Work, map_seconds

LATEST = {
    "machine": {"cores_used": 2},
    "rows": [
        {"name": "read-strips", "ours": {"median": 20.0}},
        {"name": "gapfill-35", "ours": {"median": 2.0}},
        {"name": "forest", "ours": {"median": 0.5}},
        {"name": "lightgbm-31", "ours": {"median": 1.0}},
    ],
}
FOREST = {"kind": "random_forest", "trees": 200}
WORK = Work(pixels=1e6, readings=1e6 * 30 * 10, features=481, predictions=3, model=FOREST, classes=10, workers=2)


def test_a_forest() -> None:
    """30 dates of 1 Mpx at 20 Mpx·date/s; 1 Mpx filled at 2; 3 forests of twice the trees at 0.25 Mpx/s per core; two workers."""
    assert map_seconds(WORK, LATEST) == pytest.approx({"read": 0.75, "fill": 0.25, "predict": 12.0})


def test_fewer_features_and_bands_cost_less() -> None:
    found = map_seconds(replace(WORK, readings=1e6 * 30, features=37, predictions=1), LATEST)
    assert found == pytest.approx({"read": 0.075, "fill": 0.25 / 13, "predict": 4.0})


@pytest.mark.parametrize(("classes", "seconds"), [(19, 3.0), (2, 3.0 / 19)])
def test_boosted_trees_grow_with_the_classes(classes: int, seconds: float) -> None:
    model = {"kind": "lightgbm", "rounds": 100, "leaves": 31}
    assert map_seconds(replace(WORK, model=model, classes=classes), LATEST)["predict"] == pytest.approx(seconds)


@pytest.mark.parametrize("name", ["read-strips", "gapfill-35", "forest"])
def test_without_a_row_there_is_no_estimate(name: str) -> None:
    rows = [row for row in LATEST["rows"] if row["name"] != name]
    assert map_seconds(WORK, {**LATEST, "rows": rows}) is None
