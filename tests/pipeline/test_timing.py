"""What stages cost, kept and added up."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd

from iota_py.io.publish import write_json
from iota_py.pipeline.timing import FILE, Spent, add_timings, bytes_in, read_timings


def test_a_stage_that_goes_on_adds_up(tmp_path: Path) -> None:
    assert read_timings(tmp_path).empty
    add_timings(tmp_path, "train", 2, Spent(10.0, 6.0, 18.0, 1000, 2.0))
    add_timings(tmp_path, "predict", 4, Spent(1.0, 0.5, 1.0, 5000))
    add_timings(tmp_path, "train", 1, Spent(5.0, 5.0, 9.0, 800, 0.5))
    found = read_timings(tmp_path)
    assert found.to_dict("records") == [
        {"stage": "train", "tasks": 3, "seconds": 15.0, "wall": 11.0, "cpu": 27.0, "disk": 1000.0, "idle": 2.5},
        {"stage": "predict", "tasks": 4, "seconds": 1.0, "wall": 0.5, "cpu": 1.0, "disk": 5000.0, "idle": 0.0},
    ]


def test_timings_of_before_know_less(tmp_path: Path) -> None:
    write_json(tmp_path / FILE, [["train", 2, 1.5]])
    found = read_timings(tmp_path)
    assert found.seconds.tolist() == [1.5]
    assert math.isnan(found.wall[0])
    assert isinstance(found, pd.DataFrame)
    add_timings(tmp_path, "train", 1, Spent(1.0, 1.0, 1.0, 10))
    again = read_timings(tmp_path)
    assert (again.tasks[0], again.seconds[0]) == (3, 2.5)
    assert again[["wall", "cpu"]].isna().all().all()  # a part of a sum is not the sum


def test_bytes_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "one").write_bytes(b"12345")
    (tmp_path / "a" / "b" / "two").write_bytes(b"123")
    assert bytes_in(tmp_path) == 8
