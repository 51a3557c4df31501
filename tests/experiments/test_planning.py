"""The measure of plans: a country of a few tiles is planned, and markers are asked for."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture
def planning(script: Callable[..., ModuleType], monkeypatch: pytest.MonkeyPatch) -> Any:
    """The script, with a country of four tiles."""
    found = script("scaling/planning.py")
    monkeypatch.setattr(found, "TILES", 4)
    monkeypatch.setattr(found, "ACROSS", 2)
    return found


@pytest.mark.parametrize("full", [0, 1])
def test_a_small_country_is_planned(planning: Any, full: int) -> None:
    row = planning.plan_one(36, 3, 2, full)
    assert (row["windows"], row["full"]) == (36, bool(full))  # 3 × 3 windows a tile
    assert row["tasks"] > 36 + 4 * 5
    assert 300 < row["window_bytes"] < row["assemble_bytes"] < 20_000
    assert row["peak_mib"] >= row["inventory_mib"] > 0  # equal where so small a plan needs no more memory
    lines = planning.plan_table([row]).splitlines()
    assert {line.count("|") for line in lines} == {12}
    assert lines[2].startswith(f"| 3 × 2{', full' if full else ''} | 36 |")


def test_markers_are_asked_for(planning: Any) -> None:
    rows = planning.ask_markers(12, 2)
    assert [row["state"] for row in rows] == ["State", "KnownState"]
    lines = planning.marker_table(rows).splitlines()
    assert {line.count("|") for line in lines} == {6}
    assert lines[2].startswith("| State | 12 |")
