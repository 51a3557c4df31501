"""The task that compares a run with its baseline, and what is wrong with the one named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from iota_py.config.schema import RunConfig
from iota_py.errors import Fault
from iota_py.pipeline import paths
from iota_py.pipeline.plans.builder import Builder

BASELINE = "baseline"
_FIX = "name the folder of a finished run, or leave assessment.baseline out"


def baseline_tasks(build: Builder, config: RunConfig, external: Mapping[str, str], needs: Sequence[str]) -> list[str]:
    """The task that compares the scores and the map with those of the baseline, none where no baseline is named."""
    folder = config.assessment.baseline
    if folder is None:
        return []
    params = {"nomenclature": external["nomenclature"], "baseline": external[BASELINE], "name": baseline_name(config)}
    return [build.add(BASELINE, [paths.BASELINE, paths.BASELINE_TABLE], params, needs)]


def baseline_name(config: RunConfig) -> str:
    """What the report calls the baseline: its folder."""
    return "" if config.assessment.baseline is None else config.assessment.baseline.name


def baseline_files(config: RunConfig) -> dict[str, Path]:
    """The file that stands for all that the baseline holds: its manifest, which has the digests of the others; its scores without one."""
    folder = config.assessment.baseline
    if folder is None:
        return {}
    manifest = folder / paths.MANIFEST
    return {BASELINE: manifest if manifest.exists() else folder / paths.METRICS}


def baseline_faults(config: RunConfig) -> list[Fault]:
    """E-RPT-001: no finished run there, E-RPT-002: it is the run itself, E-RPT-003: of a run that predicts a number."""
    folder = config.assessment.baseline
    if folder is None:
        return []
    field = "assessment.baseline"
    if config.samples.target is not None:
        return [
            Fault("E-RPT-003", config.name, field, "runs are compared by their classes, and samples.target gives a number", "leave it out")
        ]
    if folder == config.output:
        text = "a run is not its own baseline"
        return [Fault("E-RPT-002", config.name, field, text, "name the folder of another run")]
    missing = [name for name in (paths.CONFIG, paths.METRICS) if not (folder / name).is_file()]
    if missing:
        what = "no such folder" if not folder.is_dir() else f"no finished run here (no {missing[0]})"
        return [Fault("E-RPT-001", str(folder), field, what, _FIX)]
    return []
