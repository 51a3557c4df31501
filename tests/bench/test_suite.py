import numpy as np
import pytest

from iota_py.bench import suite
from iota_py.bench.row import Identity, Measure
from iota_py.bench.suite import ENTRIES, Entry, all_identical, run_suite
from iota_py.bench.timing import Rates
from iota_py.errors import ConfigError
from tests.bench.test_row import KEYS

TARGETS = {
    "forest": 5, "forest-probabilities": 4, "lightgbm-31": 40, "lightgbm-63": 20, "lightgbm-probabilities": 25, "gapfill-35": 5, "gapfill-70": 5,
    "read-strips": 0.9, "read-tiles": 0.9, "read-zip": 0.9, "chain": 0.85,
}  # fmt: skip


def test_targets_are_those_of_the_table():
    assert {name: entry.target for name, entry in ENTRIES.items()} == TARGETS


def test_rows_have_all_keys(tiny):
    result = run_suite(tiny, ["gapfill-35", "lightgbm-probabilities", "read-tiles"])
    assert [row["name"] for row in result["rows"]] == ["gapfill-35", "lightgbm-probabilities", "read-tiles"]
    assert all(set(row) == KEYS | {"measured"} for row in result["rows"])
    assert all_identical(result)
    assert result["scale"] == "tiny"
    assert result["machine"]["cores_used"] == 2


def test_an_unknown_row_is_refused_before_anything_is_measured(tiny, monkeypatch):
    monkeypatch.setattr(suite, "describe_machine", lambda: pytest.fail("measured"))
    with pytest.raises(ConfigError, match=r"E-BEN-001.*no row is called forrest.*rows: forest, "):
        run_suite(tiny, ["forrest"])


def test_one_row_that_differs_is_enough(tiny, monkeypatch):
    rates = Rates(*({clock: np.ones(2) for clock in ("wall", "cpu")} for _ in range(2)))
    rows = {
        name: Entry("x", 1, lambda settings, holds=holds: Measure(rates, Identity(holds, "labels")))
        for name, holds in (("a", True), ("b", False))
    }
    monkeypatch.setattr(suite, "ENTRIES", rows)
    assert all_identical(run_suite(tiny, ["a"]))
    assert not all_identical(run_suite(tiny))
