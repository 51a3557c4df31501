"""A run record as a JSON document and back, its files named relative to the folder of the run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from iota_py.tracking.provenance import scrubbed
from iota_py.tracking.record import Artifact, DatasetRecord, RunRecord


def record_document(record: RunRecord, root: Path) -> dict[str, Any]:
    """The record without secrets: every text is scrubbed. Its files must lie under `root` (ValueError); undefined metrics are None."""
    return {
        "name": record.name,
        "parameters": scrubbed(dict(record.parameters)),
        "metrics": {key: _or_none(value) for key, value in record.metrics.items()},
        "tags": scrubbed(dict(record.tags)),
        "datasets": [scrubbed(asdict(dataset)) for dataset in record.datasets],
        "artifacts": [[artifact.path.relative_to(root).as_posix(), artifact.folder] for artifact in record.artifacts],
        "history": {key: [_or_none(value) for value in values] for key, values in record.history.items()},
        "timed": {key: [[moment, _or_none(value)] for moment, value in points] for key, points in record.timed.items()},
        "key": record.key,
        "children": [record_document(child, root) for child in record.children],
        "started": record.started,
        "ended": record.ended,
    }


def record_of(document: Mapping[str, Any], root: Path) -> RunRecord:
    """The record of a document. Raises ValueError, KeyError or TypeError for what is none."""
    return RunRecord(
        name=document["name"],
        parameters=document["parameters"],
        metrics={key: _number(value) for key, value in document["metrics"].items()},
        tags=document["tags"],
        datasets=tuple(DatasetRecord(**dataset) for dataset in document["datasets"]),
        artifacts=tuple(Artifact(root / path, folder) for path, folder in document["artifacts"]),
        history={key: tuple(_number(value) for value in values) for key, values in document["history"].items()},
        timed={key: tuple((int(moment), _number(value)) for moment, value in points) for key, points in document["timed"].items()},
        key=document["key"],
        children=tuple(record_of(child, root) for child in document["children"]),
        started=document["started"],
        ended=document["ended"],
    )


def _or_none(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
