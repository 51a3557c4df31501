"""The scaling study: the arithmetic of what it reports, on tasks and samples made by hand."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest


@pytest.fixture(scope="module")
def measurement(script) -> ModuleType:
    """The script."""
    return script("scaling/measurement.py")


@pytest.fixture(scope="module")
def steadiness(script) -> ModuleType:
    """The script."""
    return script("scaling/steadiness.py")


@pytest.fixture(scope="module")
def extrapolation(script) -> ModuleType:
    """The script."""
    return script("scaling/extrapolation.py")


def test_what_a_task_costs_beside_its_work(measurement) -> None:
    """Two workers from 10 to 16 have 12 seconds; 9 are work, one of them of a task that had begun before: 3 over five tasks are not."""
    done = measurement.Done
    tasks = [
        done("train", 11.0, 3.0, "a:1"), done("predict", 11.0, 1.0, "b:2"), done("predict", 13.5, 2.0, "b:2"), done("predict", 16.0, 4.0, "a:1"),
        done("predict", 15.0, 1.0, "b:2"), done("report", 20.0, 1.0, "b:2"),
    ]  # fmt: skip
    found = measurement.overhead(tasks, 2)
    assert (found["span"], found["tasks"], found["work"], found["per_task"]) == (6.0, 5, 9.0, pytest.approx(0.6))
    assert (found["gap_low"], found["gap"], found["gap_high"]) == (0.5, 0.5, 0.75)  # 0.5 twice on b, 1.0 on a


def test_processor_seconds_between_two_samples(measurement) -> None:
    samples = measurement.Samples((0.0, 1.0, 2.0), (5, 6, 7), (0.0, 0.4, 1.0))
    assert samples.spent(0.5, 1.5) == pytest.approx(0.5)
    assert samples.within(0.5, 1.5) == measurement.Samples((1.0,), (6,), (0.4,))
    assert samples.within(3.0, 4.0).seconds == ()


def test_tasks_of_a_log_and_of_the_one_put_aside(measurement, tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    event = {"level": "debug", "stage": "predict", "task": "predict/a", "worker": "vm:7", "seconds": 0.5}
    lines = [{**event, "time": "2026-11-23T09:00:02.000Z"}, {"level": "info", "time": "2026-11-23T09:00:03.000Z", "stage": "predict"}]
    (tmp_path / "log" / "run.jsonl").write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    del event["seconds"]
    (tmp_path / "log" / "run.jsonl.1").write_text(json.dumps({**event, "time": "2026-11-23T09:00:01.000Z"}), encoding="utf-8")
    found = measurement.read_tasks(tmp_path)
    assert [(task.seconds, task.worker) for task in found] == [(0.0, "vm:7"), (0.5, "vm:7")]
    assert found[1].end - found[0].end == 1.0


def test_a_run_that_is_there_is_not_measured(measurement, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there is a run already"):
        measurement.measure(tmp_path / "country.yaml", tmp_path)


def test_a_run_that_fails_says_why(measurement, tmp_path: Path) -> None:
    (tmp_path / "country.yaml").write_text("name: [", encoding="utf-8")
    with pytest.raises(RuntimeError, match=r"ended with 1: E-YML"):
        measurement.measure(tmp_path / "country.yaml", tmp_path / "run")


def test_memory_that_grows_and_memory_that_does_not(steadiness) -> None:
    seconds = np.arange(600.0)
    noise = 2e6 * np.random.default_rng(3).standard_normal(600)
    start = np.where(seconds < 100, seconds * 3e6, 300e6)
    still = steadiness.trend_of(seconds, start + noise)
    assert still.steady
    assert still.low < 0 < still.high
    assert still.level == pytest.approx(300, abs=1)
    leak = steadiness.trend_of(seconds, start + noise + seconds * 0.5e6)
    assert leak.slope == pytest.approx(30, abs=1)  # half a megabyte a second
    assert not leak.steady
    assert leak.change == pytest.approx(leak.slope * 299 / 60, rel=0.01)
    with pytest.raises(ValueError, match="too few"):
        steadiness.trend_of(range(10), range(10))


def test_windows_and_hours_of_a_country(extrapolation) -> None:
    """262,144 pixels are 23 rows of 10,980: 478 windows a tile. One tile of 120.56 Mpx at 0.1 Mpx/s is 1,205.6 s, 482 tasks of 10 ms are 4.8 s."""
    facts = extrapolation.Facts(per_task=0.01, driver=0.005, rate=0.2, tiles=1)
    assert facts.windows == 478
    text = "\n".join(extrapolation.lines(facts))
    for words in (
        "1 × 478 = 478 in all",
        "1 × (478 + 4) = 482",
        "1,206 s",
        "482 × 10.0 ms = 5 s",
        "505 workers",
        "2 workers: 1,210 s / 2 = 0.2 h",
    ):
        assert words in text, text
    assert text.count("more workers than the driver can feed") == 0
    assert "256 workers: 1,210 s / 256 = 0.0 h, if the disks give 34 GB in that time, 7.12 GB/s; more" in "\n".join(
        extrapolation.lines(extrapolation.Facts(0.01, 0.05, 0.2, tiles=1))
    )


def test_tables_tell_ranges_only_of_several_rounds_and_no_slope_where_there_is_none(script) -> None:
    tables = script("scaling/tables.py")
    row = {
        "engine": "joblib", "workers": 2, "windows": 1152, "tiles": 8, "wall": 31.0, "wall_range": [30.0, 33.5], "span": 20.0,
        "span_range": [19.0, 21.0], "efficiency": 0.875, "rounds": 3,
    }  # fmt: skip
    assert tables.markdown("weak", [row]).splitlines()[2] == "| joblib | 2 | 1,152 | 8 | 31.0 (30.0–33.5) | 20.0 (19.0–21.0) | 88% |"
    assert "| 31.0 | 20.0 |" in tables.markdown("weak", [{**row, "rounds": 1}])
    worker = {"engine": "dask", "process": "worker 3", "windows": 5184, "peak": 512.4}
    assert tables.markdown("memory", [worker]).splitlines()[2] == "| dask | worker 3 | 5,184 | – | – | – | – | 512 | – |"
    grown = {"level": 400.0, "slope": 30.0, "low": 29.0, "high": 31.0, "change": 150.0, "per_thousand": 57.9, "steady": False}
    assert "| +30.00 (+29.00 to +31.00) | +150.0 | +57.90 | 512 | **no** |" in tables.markdown("memory", [{**worker, **grown}])
