import time

import numpy as np
import pytest

from iota_py.pipeline import system
from iota_py.pipeline.system import COLUMNS, sampled, system_metrics


def test_a_run_leaves_the_load_of_the_machine_and_the_next_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(system, "FIRST", 0.05)
    monkeypatch.setattr(system, "SECONDS", 0.05)
    path = tmp_path / "system.csv"
    for _ in range(2):
        before = len(path.read_text().splitlines()) if path.exists() else 0
        limit = time.monotonic() + 20
        with sampled(path):
            while (len(path.read_text().splitlines()) if path.exists() else 0) < before + 3 and time.monotonic() < limit:
                time.sleep(0.02)
    lines = path.read_text().splitlines()
    assert lines[0] == ",".join(("time", *COLUMNS))
    assert len(lines) >= 6
    assert sum(line.startswith("time") for line in lines) == 1
    found = system_metrics(path)
    assert set(found) == {f"system/{name}" for name in COLUMNS}
    moments = [moment for moment, _ in found["system/run_memory_megabytes"]]
    assert moments == sorted(moments)
    assert abs(moments[-1] / 1000 - time.time()) < 60
    assert all(0 <= value <= 100 for _, value in found["system/cpu_utilization_percentage"])
    assert all(value > 10 for _, value in found["system/run_memory_megabytes"]), "Python alone takes more"


def test_a_run_that_has_nothing_to_do_leaves_no_file(tmp_path):
    with sampled(tmp_path / "system.csv"):
        pass
    assert not (tmp_path / "system.csv").exists()
    assert system_metrics(tmp_path / "system.csv") == {}


def test_a_folder_that_is_gone_does_not_stop_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr(system, "FIRST", 0.01)
    with sampled(tmp_path / "nowhere" / "system.csv"):
        time.sleep(0.1)


def test_long_runs_are_means_over_intervals(tmp_path, monkeypatch):
    monkeypatch.setattr(system, "POINTS", 3)
    rows = [f"{1000 + k},{10 * k},1,2,3,4,5" for k in range(6)]
    (tmp_path / "s.csv").write_text("\n".join([",".join(("time", *COLUMNS)), *rows]) + "\n")
    assert system_metrics(tmp_path / "s.csv")["system/cpu_utilization_percentage"] == (
        (1_000_500, 5.0),
        (1_002_500, 25.0),
        (1_004_500, 45.0),
    )


@pytest.mark.parametrize("half", ["1001,50", "1001,50,1,2,3,4,5,1002,50,1,2,3,4,5"])
def test_a_line_that_was_cut_is_left_out(tmp_path, half):
    lines = [",".join(("time", *COLUMNS)), "1000,40,1,2,3,4,5", half]
    (tmp_path / "s.csv").write_text("\n".join(lines))
    found = system_metrics(tmp_path / "s.csv")
    assert found["system/cpu_utilization_percentage"] == ((1_000_000, 40.0),)
    assert np.isfinite(found["system/disk_available_megabytes"][0][1])
