"""What each task does: one function for each stage, of a workspace and the parameters of the task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from iota_py.pipeline.steps import assessment, extraction, footprint, learning, mapping, reference, reporting
from iota_py.pipeline.workspace import Workspace

STEPS: Mapping[str, Callable[[Workspace, Mapping[str, Any]], None]] = {
    "footprint": footprint.write_footprint,
    "polygons": reference.write_polygons,
    "candidates": reference.write_candidates,
    "selection": reference.write_selection,
    "samples": extraction.write_samples,
    "train": learning.write_model,
    "predict": mapping.write_window,
    "assemble": mapping.write_tile,
    "mosaic": mapping.write_mosaic,
    "assess": assessment.write_run_scores,
    "summary": assessment.write_summary,
    "report": reporting.write_report,
}
