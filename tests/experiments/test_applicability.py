"""The script that measures the area of applicability runs, at a small size, and its quick way is near the exact one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


@pytest.mark.slow
def test_cost_and_agreement(script: Callable[[str], ModuleType], tmp_path: Path) -> None:
    words = ["--samples", "1500", "--pixels", "2048", "--checked", "512", "--slow", "16", "--trees", "5", "--rounds", "1"]
    rows = script("applicability/speed.py").main([*words, "--out", str(tmp_path / "table.md")])
    found = {name: row for name, *row in rows}
    assert all(cost > 0 for cost, *_ in found.values())
    scored = [(differ, same) for cost, differ, same in found.values() if differ]
    assert scored
    assert all(differ < 0.06 and same > 0.9 for differ, same in scored)
    assert (tmp_path / "table.md").read_text(encoding="utf-8").count("\n|") == len(rows) + 2
