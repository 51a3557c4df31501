"""What a run cost, as the report says it: time of each stage, pixels a second, disk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from iota_py.assessment.language import translator
from iota_py.assessment.wording import bytes_text, duration, score

# Stages that look at every pixel of the map once for each run: their speed is said.
OF_PIXELS = ("predict", "values", "assemble", "value_tiles", "mosaic_parts", "mosaic", "value_parts", "value_maps", "regularise", "vector")


def cost(timings: pd.DataFrame, shape: tuple[int, int] | None, language: str = "en") -> dict[str, Any]:
    """facts: what stands above the table. rows: one for each stage. speed: whether rows have one.

    timings: stage, tasks, seconds (summed over workers) and, where they were measured, wall (its share of the time that passed), cpu (seconds),
    disk (bytes in the folder at the end of the stage) and idle (seconds of workers that waited for it), NaN where not.
    shape: rows and columns of the map, None without one.
    """
    if timings.empty:
        return {"facts": [], "rows": [], "speed": False, "measured": False, "idle": False}
    frame = timings.assign(**{name: np.nan for name in ("wall", "cpu", "disk", "idle") if name not in timings})
    pixels = None if shape is None else shape[0] * shape[1]
    longest = float(frame.seconds.max())
    rows = [_row(entry, pixels, longest, language) for entry in frame.to_dict("records")]
    measured = bool(frame.wall.notna().any())
    told = {"speed": pixels is not None and measured, "measured": measured, "idle": bool(frame.idle.notna().any())}
    return {"facts": _facts(frame, pixels, language), "rows": rows, **told}


def _row(entry: Mapping[str, Any], pixels: int | None, longest: float, language: str) -> dict[str, Any]:
    timed = pixels and entry["stage"] in OF_PIXELS and entry["wall"] > 0  # never so for NaN
    speed = score(pixels / entry["wall"] / 1e6, language) if timed else ""
    known = longest > 0 and not np.isnan(entry["seconds"])
    return {**entry, "speed": speed, "share": entry["seconds"] / longest if known else None}


def _facts(frame: pd.DataFrame, pixels: int | None, language: str) -> list[tuple[str, str]]:
    """Wall and CPU time of all the stages, pixels of the map a second, the most disk: those that were measured."""
    text, facts = translator(language), []
    wall, cpu = float(frame.wall.sum()), float(frame.cpu.sum())
    whole = frame.wall.notna().all()
    facts.append((text("work of all tasks"), duration(float(frame.seconds.sum()), language)))
    if whole:
        facts.append((text("elapsed time"), duration(wall, language)))
    if frame.cpu.notna().all():
        facts.append((text("processor time"), duration(cpu, language)))
    if frame.idle.notna().all():
        facts.append((text("workers waited"), duration(float(frame.idle.sum()), language)))
    if whole and pixels and wall > 0:
        facts.append((text("speed, all stages"), f"{score(pixels / wall / 1e6, language)} Mpx/s"))
    if frame.disk.notna().any():
        facts.append((text("most disk at the end of a stage"), bytes_text(float(frame.disk.max()), language)))
    return facts
