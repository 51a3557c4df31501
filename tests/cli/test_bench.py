"""`iota-py bench`: what is printed where, and the exit code."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from iota_py.bench import scale, suite
from tests.bench.conftest import TINY
from tests.conftest import Command

QUICK_ROWS = ["--only", "gapfill-35", "--only", "gapfill-70"]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale, "QUICK", dataclasses.replace(TINY, name="quick"))
    monkeypatch.setattr(scale, "FULL", dataclasses.replace(TINY, name="full"))


def test_json_and_nothing_else(command: Command, tmp_path: Path) -> None:
    done = command("bench", "--json", "--quick", *QUICK_ROWS, "--cache", str(tmp_path))
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert [row["name"] for row in result["rows"]] == ["gapfill-35", "gapfill-70"]
    for row in result["rows"]:
        assert {"name", "ratio", "target", "identical", "ours", "reference", "unit", "rounds", "spread", "note"} <= set(row)
    assert result["machine"]["cpu"]
    assert result["versions"]["numba"]
    assert json.loads((tmp_path / "latest-quick.json").read_text()) == result


def test_the_table(command: Command, tmp_path: Path) -> None:
    done = command("bench", "--quick", "--only", "gapfill-35", "--cache", str(tmp_path))
    assert done.returncode == 0, done.stderr
    row = next(line for line in done.stdout.splitlines() if line.startswith("gapfill-35"))
    assert "Mpx/s" in row
    assert row.split()[-1] == "yes"
    for word in (
        "load average",
        "numpy",
        "gdal",
        "against numpy",
        "largest difference 0.",
        "targets are for the full benchmark",
        f"kept in {tmp_path / 'latest-quick.json'}",
    ):
        assert word in done.stdout
    assert "rounds of" in done.stderr


def test_a_missed_target_is_no_failure_and_a_difference_is(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = suite.ENTRIES["gapfill-35"]
    high = dataclasses.replace(entry, target=1e9)
    monkeypatch.setattr(suite, "ENTRIES", {"gapfill-35": high})
    assert command("bench", "--quick", "--cache", str(tmp_path)).returncode == 0

    def differs(settings: scale.Settings) -> suite.Measure:
        measure = entry.measure(settings)
        return dataclasses.replace(measure, identity=dataclasses.replace(measure.identity, holds=False))

    monkeypatch.setattr(suite, "ENTRIES", {"gapfill-35": dataclasses.replace(entry, measure=differs)})
    assert command("bench", "--quick", "--cache", str(tmp_path)).returncode == 1


def test_an_unknown_row(command: Command, tmp_path: Path) -> None:
    done = command("bench", "--only", "nothing", "--cache", str(tmp_path))
    assert done.returncode == 1
    assert "E-BEN-001" in done.stderr
    assert done.stdout == ""


def test_help_has_an_example(command: Command) -> None:
    assert "Example: iota-py bench --quick" in command("bench", "--help").stdout


def test_machine_is_said_in_warnings(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iota_py.bench.machine.os.getloadavg", lambda: (9.0, 9.0, 9.0))
    monkeypatch.setattr(scale, "usable_cores", lambda: 1)
    done = command("bench", "--quick", "--only", "gapfill-35", "--cache", str(tmp_path))
    assert "was busy" in done.stdout
    assert "one core only" in done.stdout
