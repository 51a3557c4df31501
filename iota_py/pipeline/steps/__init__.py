"""What each task does: one function for each stage, of a workspace and the parameters of the task.

A step is imported when it is first done: a worker that predicts windows never loads the libraries of figures.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

Step = Callable[[Any, Mapping[str, Any]], None]

STEPS: Mapping[str, str] = {
    "store": "store.write_observation",
    "polygons": "reference.write_polygons",
    "footprint": "footprint.write_footprint",
    "candidates": "reference.write_candidates",
    "split": "splitting.write_split",
    "selection": "selection.write_selection",
    "samples": "extraction.write_samples",
    "train": "learning.write_model",
    "predict": "mapping.write_window",
    "feature_windows": "feature_maps.write_feature_window",
    "feature_maps": "feature_maps.write_feature_maps",
    "assemble": "mapping.write_tile",
    "mosaic": "mapping.write_mosaic",
    "assess": "assessment.write_run_scores",
    "summary": "assessment.write_summary",
    "report": "reporting.write_report",
}


def step(name: str) -> Step:
    """The function of a stage."""
    module, function = STEPS[name].split(".")
    found: Step = getattr(importlib.import_module(f"{__name__}.{module}"), function)
    return found
