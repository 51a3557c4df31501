"""What each stage cost, kept over resumed runs: seconds of work, elapsed and of processors, and the disk that was taken at its end."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from iota_py.io.publish import read_json, write_json
from iota_py.pipeline import paths

FILE = f"{paths.STATE}/timings.json"
COLUMNS = ("stage", "tasks", "seconds", "wall", "cpu", "disk", "idle")


@dataclass(frozen=True)
class Spent:
    """Of one stage. seconds: of all tasks together. wall: its share of the time that passed (see execution.usage). cpu: of the processors, of all
    tasks. disk: bytes in the folder at the end. idle: of workers that had nothing to do but wait for it."""

    seconds: float
    wall: float
    cpu: float
    disk: int
    idle: float = 0.0


def read_timings(root: Path) -> pd.DataFrame:
    """Columns as `Spent`, and stage and tasks, in the order in which the stages ran; wall, cpu, disk and idle are NaN where they were not measured."""
    try:
        entries = read_json(root / FILE)
    except (OSError, ValueError):
        entries = []
    rows = [[*entry, *[None] * (len(COLUMNS) - len(entry))] for entry in entries]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(COLUMNS[2:], float))


def add_timings(root: Path, stage: str, tasks: int, spent: Spent) -> None:
    """Add tasks and what they cost to a stage; of disk the most is kept."""
    entries = read_timings(root).set_index("stage").to_dict("index")
    found = entries.setdefault(stage, {"tasks": 0, "seconds": 0.0, "wall": 0.0, "cpu": 0.0, "disk": 0.0, "idle": 0.0})
    found["tasks"] += tasks
    for name in ("seconds", "wall", "cpu", "idle"):
        found[name] = round(found[name] + getattr(spent, name), 3)
    found["disk"] = max(found["disk"], spent.disk)
    write_json(root / FILE, [[name, int(one["tasks"]), *(_or_none(one[key]) for key in COLUMNS[2:])] for name, one in entries.items()])


def bytes_in(root: Path) -> int:
    """Bytes of all the files in a folder and below; those that vanish meanwhile count for none."""
    total = 0
    for folder, _, names in os.walk(root):
        for name in names:
            try:
                total += os.lstat(os.path.join(folder, name)).st_size
            except FileNotFoundError:
                continue
    return total


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
