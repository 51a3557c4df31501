"""What a run holds for each region and draw, and for each search of parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from iota_py.assessment.metrics import scores
from iota_py.config.schema import RunConfig
from iota_py.io.publish import read_json
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.records.headline import HEADLINE, number_of
from iota_py.pipeline.records.models import is_registrable, model_places
from iota_py.pipeline.steps.assessment import read_confusions
from iota_py.pipeline.target_record import target_scores
from iota_py.pipeline.workspace import Workspace
from iota_py.tracking.record import Artifact, RunRecord
from iota_py.tracking.registry import MODEL


def children_of(config: RunConfig, ws: Workspace, inventory: Inventory) -> tuple[RunRecord, ...]:
    """One record for each region and run, with its scores and its model, where the parent has not them all; then one for each search."""
    by_run = [_class_scores(found) for found in read_confusions(ws)] if config.samples.target is None else target_scores(ws)
    children = []
    for region, name in inventory.regions:
        for run in range(config.samples.split.runs):
            values = by_run[run].get(name, {})
            parts = ws.parts.get(region, 1)
            models = model_places(config, region, run, parts)
            member = "" if config.fusion is None else next(iter(config.fusion.members))
            description = read_json(models[0] / member / "bundle.json")
            stored = (
                () if is_registrable(config) else tuple(Artifact(model, _model_folder(part, parts)) for part, model in enumerate(models))
            )
            parameters = {"region": name, "run": run, "seed": config.samples.split.seed + run, **(description.get("extra") or {})}
            children.append(
                RunRecord(
                    name=f"region {name}, draw {run}",
                    parameters=parameters,
                    metrics=values,
                    tags={"region": name, "run": str(run)},
                    artifacts=stored,
                )
            )
    return (*children, *_searches(config, inventory))


def _model_folder(part: int, parts: int) -> str:
    return MODEL if parts == 1 else f"{MODEL}/part_{part}"


def _class_scores(by_region: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Scores of each region from its confusion matrix."""
    found = {name: scores(confusion) for name, confusion in by_region.items()}
    return {name: {key: float(getattr(one, key)) for key in HEADLINE} for name, one in found.items()}


def _searches(config: RunConfig, inventory: Inventory) -> Iterator[RunRecord]:
    """One record for each region whose parameters were searched: the best ones, and the score of every trial."""
    for region, name in inventory.regions:
        path = config.output / paths.search(region)
        if config.search is not None and path.exists():
            found = read_json(path)
            best = found["best"]
            history = tuple(number_of(trial["score"]) for trial in found["trials"])
            yield RunRecord(
                name=f"region {name}, search",
                parameters={"region": name, "kind": found["kind"], "folds": found["folds"], **best["values"]},
                metrics={f"best_{found['score']}": number_of(best["score"])},
                tags={"region": name},
                artifacts=(Artifact(path), Artifact(config.output / paths.search_model(region))),
                history={f"trial_{found['score']}": history},
            )
