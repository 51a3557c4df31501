"""A finished run recorded in MLflow: once for each state of its results, by way of the queue, so that no store that fails loses it."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from iota_py.config.schema import RunConfig
from iota_py.io.publish import read_json
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.records.run import parameters_of, run_record
from iota_py.pipeline.state import State
from iota_py.pipeline.task import fingerprint
from iota_py.pipeline.workspace import Workspace
from iota_py.tracking.location import default_uri
from iota_py.tracking.patience import AFTER_A_RUN, Patience
from iota_py.tracking.provenance import scrub
from iota_py.tracking.queue import FOLDER, Letter, deliver

_ID = 16  # characters that tell the folders of runs apart


def tracking_uri(config: RunConfig) -> str:
    """Where the experiment is recorded: the store named, or `mlflow.db` beside the folder of the run."""
    return config.tracking.uri or default_uri(config.output.parent)


def tracking_queue(config: RunConfig) -> Path:
    """Folder where records wait that could not be sent."""
    return config.output.parent / FOLDER


def track(
    config: RunConfig,
    inventory: Inventory,
    started: str,
    parent: str | None = None,
    tags: Mapping[str, str] | None = None,
    patience: Patience = AFTER_A_RUN,
) -> str:
    """Record the run in MLflow, once for each state of its results; the identifier of its run, also when it was recorded already.

    parent: MLflow run of the experiment that this run is a variant of. tags: further ones. A new state replaces the record of the former
    one. Raises StorageError when the store does not answer in time: the record then waits in `tracking_queue` for `iota-py track sync`.
    """
    earlier = _receipt(config.output)
    uri, experiment, register = tracking_uri(config), config.tracking.experiment, config.tracking.register_as or ""
    place = {"uri": scrub(uri), "experiment": experiment, "folder": str(config.output)}
    key = fingerprint([place["uri"], experiment, *_results(config), parameters_of(config), parent, dict(tags or {}), register])
    if earlier.get("key") == key and earlier.get("run"):
        return str(earlier["run"])
    record = run_record(config, Workspace(config.output, ""), inventory, started)
    who = earlier.get("id") or uuid.uuid4().hex[:_ID]
    same_place = all(earlier.get(name) == place[name] for name in ("uri", "experiment"))
    letter = Letter(
        record=replace(record, tags={**record.tags, **(tags or {})}, key=f"{who}/{key}"),
        root=config.output,
        name=f"{config.name}-{fingerprint(os.path.relpath(config.output, tracking_queue(config)))[:12]}",
        uri=uri,
        experiment=experiment,
        replace=earlier.get("run") if same_place else None,
        parent=parent,
        register=register,
        said=tuple({**place, "key": key, "id": who}.items()),
    )
    return deliver(tracking_queue(config), letter, patience).run


def _results(config: RunConfig) -> list[str | None]:
    """Digests of what the run found."""
    state = State(config.output)
    tasks = ("summary", "mosaic/delivered") if config.samples.target is None else ("value_summary", "value_maps/delivered")
    return [state.digest(task) for task in tasks]


def _receipt(root: Path) -> dict[str, Any]:
    """Where this folder is recorded. A copy of a folder that is still there is a run of its own: the record of the original is left alone."""
    path = root / paths.TRACKING
    found = dict(read_json(path)) if path.exists() else {}
    origin = Path(found.get("folder", root))
    return {} if origin != root and (origin / paths.TRACKING).exists() else found
