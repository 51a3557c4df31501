"""The experiment on drift, small: it reads the real series, and says what it measured."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from iota_py.io.publish import read_json


@pytest.mark.slow
def test_drift_and_loss_of_every_pair_of_years(data: Callable[[str], Path], script: Callable[[str], ModuleType], tmp_path: Path) -> None:
    data("central_asia_fields")
    data("brazil_modis")
    document = script("drift/experiment.py").main(["--out", str(tmp_path), "--trees", "20", "--seeds", "1"])
    assert document.keys() == read_json(tmp_path / "results.json").keys() == {"Fergana", "Cerrado"}
    assert document["Fergana"]["pairs"] == 20
    rows = {(row["learnt"], row["year"]): row for row in document["Fergana"]["rows"]}
    worst = max(rows, key=lambda pair: rows[pair]["loss"])
    assert worst[1] == 2018
    assert all(rows[pair]["beyond"] >= 0.1 for pair in rows if pair[1] == 2018)
    assert document["Cerrado"]["mean_loss"]["in range"]["loss"] < document["Cerrado"]["mean_loss"]["shifted"]["loss"]
