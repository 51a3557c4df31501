"""The tasks that score learning polygons and list the suspicious ones, where a cleaning is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from iota_py.config.schema import RunConfig, dump
from iota_py.errors import Fault
from iota_py.pipeline import paths
from iota_py.pipeline.plans.builder import Builder
from iota_py.pipeline.plans.report import in_spoken

SUSPICIOUS = "suspicious"


def cleaning_faults(config: RunConfig) -> list[Fault]:
    """E-CLN-001: what a cleaning cannot be asked for together with."""
    if config.samples.cleaning is None or (config.fusion is None and config.reuse is None):
        return []
    text = "polygons are scored by the model of the region; " + (
        "a fusion has several" if config.fusion is not None else "none is learnt here"
    )
    return [Fault("E-CLN-001", config.name, "samples.cleaning", text, "leave it out, or clean in a run of its own")]


def cleaning_tasks(
    build: Builder, config: RunConfig, regions: Sequence[tuple[int, str]], fitting: Mapping[str, Any], extracted: Sequence[str]
) -> list[str]:
    """A task for each region and run, and one that sums them up; those of the regions, which what learns has to wait for if polygons are dropped."""
    wish = config.samples.cleaning
    if wish is None:
        return []
    scored = []
    for region, _ in regions:
        for run in range(config.samples.split.runs):
            settings = {key: value for key, value in dump(config)["samples"]["cleaning"].items() if key != "drop"}
            params = {**fitting, "cleaning": settings, "region": region, "run": run, "seed": config.samples.split.seed + run}
            scored.append(build.add(f"cleaning/region_{region}_run_{run}", [paths.cleaning(region, run)], params, extracted))
    figures = in_spoken(paths.SUSPICIOUS_FIGURE, config)
    outputs = [paths.SUSPICIOUS, *figures.values(), *([paths.SUSPICIOUS_PLACES] if config.samples.places else [])]
    build.add(SUSPICIOUS, outputs, {"regions": list(regions), "drop": wish.drop, "languages": list(figures)}, scored)
    return scored if wish.drop else []
