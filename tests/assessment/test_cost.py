from __future__ import annotations

import math

import pandas as pd

from iota_py.assessment.cost import cost

TIMINGS = pd.DataFrame(
    {
        "stage": ["train", "predict"], "tasks": [3, 8], "seconds": [100.0, 60.0], "wall": [50.0, 30.0], "cpu": [180.0, 55.0],
        "disk": [2.0e9, 4.0e9],
    }
)  # fmt: skip


def test_speed_is_of_elapsed_time_and_of_stages_that_see_every_pixel() -> None:
    found = cost(TIMINGS, (3200, 1000))
    assert [row["speed"] for row in found["rows"]] == ["", "0.107"]  # 3.2 Mpx in 30 s
    assert [row["share"] for row in found["rows"]] == [1.0, 0.6]
    assert dict(found["facts"]) == {
        "work of all tasks": "3 min", "elapsed time": "1 min", "processor time": "4 min", "speed, all stages": "0.040 Mpx/s",
        "most disk at the end of a stage": "4 GB",
    }  # fmt: skip
    assert dict(cost(TIMINGS, (3200, 1000), "fr")["facts"])["débit, toutes étapes"] == "0,040 Mpx/s"


def test_waiting_workers_are_told() -> None:
    found = cost(TIMINGS.assign(idle=[40.0, 20.0]), None)
    assert found["idle"]
    assert [row["idle"] for row in found["rows"]] == [40.0, 20.0]
    assert dict(found["facts"])["workers waited"] == "1 min"
    assert not cost(TIMINGS, None)["idle"]


def test_what_was_not_measured_is_not_said() -> None:
    found = cost(TIMINGS[["stage", "tasks", "seconds"]], (3200, 1000))
    assert [name for name, _ in found["facts"]] == ["work of all tasks"]
    assert found["rows"][1]["speed"] == ""
    assert not cost(TIMINGS, None)["speed"]
    assert cost(TIMINGS.iloc[:0], None) == {"facts": [], "rows": [], "speed": False, "measured": False, "idle": False}
    assert cost(TIMINGS.assign(seconds=math.nan), None)["rows"][0]["share"] is None
