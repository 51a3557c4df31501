"""The tasks of a cross-validation beside the runs, where one is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from iota_py.config.schema import RunConfig
from iota_py.errors import Fault
from iota_py.pipeline import paths
from iota_py.pipeline.plans.builder import Builder

GAP = "gap"


def crossval_faults(config: RunConfig) -> list[Fault]:
    """What a cross-validation cannot be asked for together with."""
    if config.assessment.cross_validation is None:
        return []
    other = "a table of samples" if config.samples.table is not None else "a fusion" if config.fusion is not None else None
    if other is None:
        return []
    text = f"random and spatial folds side by side are not offered for {other}"
    return [
        Fault("E-SPL-011", config.name, "assessment.cross_validation", text, "leave it out, or compare two runs with samples.split.folds")
    ]


def crossval_tasks(
    build: Builder, config: RunConfig, regions: Iterable[tuple[int, str]], fitting: Mapping[str, Any], extracted: Sequence[str]
) -> None:
    """A task for each region, kind and fold, and one that compares them. fitting: what decides a fitted model, but not its samples."""
    wanted = config.assessment.cross_validation
    if wanted is None:
        return
    common = {**fitting, "seed": config.samples.split.seed, "folds": wanted.folds}
    made = []
    for region, name in regions:
        for kind in wanted.kinds:
            block = {"block": wanted.block} if kind == "blocks" else {}
            for fold in range(wanted.folds):
                params = {**common, **block, "region": region, "name": name, "kind": kind, "fold": fold}
                task = f"crossval/region_{region}_{kind}_fold_{fold}"
                made.append(build.add(task, [paths.crossed(region, kind, fold)], params, extracted))
    places = [[region, name] for region, name in regions]
    params = {"folds": wanted.folds, "block": wanted.block, "kinds": wanted.kinds, "regions": places}
    build.add(GAP, [paths.CROSS_VALIDATION, paths.CROSS_TABLE], params, made)
