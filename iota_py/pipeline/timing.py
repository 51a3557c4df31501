"""Seconds of work of each stage, kept over resumed runs."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from iota_py.io.publish import read_json, write_json
from iota_py.pipeline import paths

FILE = f"{paths.STATE}/timings.json"


def read_timings(root: Path) -> pd.DataFrame:
    """Columns stage, tasks, seconds (summed over workers), in the order in which the stages ran."""
    try:
        entries = read_json(root / FILE)
    except (OSError, ValueError):
        entries = []
    return pd.DataFrame(entries, columns=["stage", "tasks", "seconds"])


def add_timings(root: Path, stage: str, tasks: int, seconds: float) -> None:
    """Add tasks and their seconds to a stage."""
    frame = read_timings(root)
    entries = frame.to_dict("records")
    found = next((e for e in entries if e["stage"] == stage), None)
    if found is None:
        entries.append({"stage": stage, "tasks": tasks, "seconds": round(seconds, 3)})
    else:
        found["tasks"] += tasks
        found["seconds"] = round(found["seconds"] + seconds, 3)
    write_json(root / FILE, [[e["stage"], int(e["tasks"]), float(e["seconds"])] for e in entries])
