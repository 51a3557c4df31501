"""What a finished run leaves for others: the manifest, and the record of the experiment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from iota_py.assessment.metrics import scores
from iota_py.config.schema import RunConfig, dump
from iota_py.io.publish import read_json, write_json
from iota_py.io.raster import gdal_version
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.plan import Plan
from iota_py.pipeline.preflight import external_digests
from iota_py.pipeline.state import State
from iota_py.pipeline.steps.assessment import read_confusions
from iota_py.pipeline.task import fingerprint
from iota_py.pipeline.workspace import Workspace
from iota_py.tracking.location import default_uri
from iota_py.tracking.mlflow_store import MlflowTracker
from iota_py.tracking.provenance import FileEntry, RunFacts, environment, git_state, lock_digest, manifest
from iota_py.tracking.record import Artifact, DatasetRecord, RunRecord

SOURCE = Path(__file__).resolve().parents[2]
HEADLINE = ("overall_accuracy", "kappa", "f1_macro")
TABLES = (paths.METRICS, paths.CONFUSION, paths.AREAS, paths.REGION_SCORES, paths.LEDGER)


def write_manifest(config: RunConfig, inventory: Inventory, plan: Plan, started: str) -> None:
    """`manifest.json`: configuration, versions, inputs with fingerprints, outputs with SHA-256."""
    state = State(config.output)
    outputs = []
    for task in plan.tasks:
        marker = None if task.transient else state.read(task.id)
        if marker is not None:
            outputs += [FileEntry(name, entry["size"], entry["sha256"]) for name, entry in marker["files"].items()]
    facts = RunFacts(
        name=config.name,
        config_text=(config.output / paths.CONFIG).read_text(encoding="utf-8"),
        inputs=_inputs(config, inventory),
        outputs=tuple(outputs),
        seeds={f"run_{run}": config.samples.split.seed + run for run in range(config.samples.split.runs)},
        engine=dump(config)["engine"],
        started=started,
        ended=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    )
    document = manifest(facts, environment=environment(gdal_version()), git=git_state(SOURCE), lock=lock_digest(SOURCE))
    write_json(config.output / paths.MANIFEST, document)


def _inputs(config: RunConfig, inventory: Inventory) -> tuple[FileEntry, ...]:
    """Files of the products by size and time, reference files by content."""
    entries: dict[str, FileEntry] = {}
    for tile in inventory.tiles:
        for series in tile.series.values():
            for piece in (p for pieces in series.observations for p in pieces):
                for path, size, mtime in piece.fingerprint:
                    entries[path] = FileEntry(path, size, f"{size}-{mtime}", "fingerprint")
    for path, digest in _reference_files(config).items():
        entries[path] = FileEntry(path, Path(path).stat().st_size, digest)
    return tuple(entries[path] for path in sorted(entries))


def _reference_files(config: RunConfig) -> dict[str, str]:
    samples, digests = config.samples, external_digests(config)
    files = {"nomenclature": config.nomenclature, "polygons": samples.polygons}
    files["regions"] = samples.regions.path if samples.regions else None
    files["table"] = samples.table.path if samples.table else None
    return {str(path): digests[name] for name, path in files.items() if path is not None}


def tracking_uri(config: RunConfig) -> str:
    """Where the experiment is recorded: the store named, or `mlflow.db` beside the folder of the run."""
    return config.tracking.uri or default_uri(config.output.parent)


def track(config: RunConfig, inventory: Inventory, started: str) -> str | None:
    """Record the run in MLflow, once for each state of its results; the identifier of the parent run, None when it was recorded already.

    A new state replaces the record of the former one. Raises StorageError when the store does not answer: the results are not touched.
    """
    ws = Workspace(config.output, "")
    path = config.output / paths.TRACKING
    uri = tracking_uri(config)
    state = State(config.output)
    key = fingerprint([uri, config.tracking.experiment, state.digest("summary"), state.digest("mosaic/delivered"), _parameters(config)])
    earlier = read_json(path) if path.exists() else {}
    if earlier.get("key") == key:
        return None
    record = _record(config, ws, inventory, started)
    same_place = earlier.get("uri") == uri and earlier.get("experiment") == config.tracking.experiment
    run_id = MlflowTracker(uri, config.tracking.experiment).log(record, replace=earlier.get("run") if same_place else None)
    write_json(path, {"key": key, "run": run_id, "uri": uri, "experiment": config.tracking.experiment})
    return run_id


def _record(config: RunConfig, ws: Workspace, inventory: Inventory, started: str) -> RunRecord:
    root = config.output
    metrics = read_json(root / paths.METRICS)
    values: dict[str, float] = {}
    for name in HEADLINE:
        values[name] = _number(metrics[name]["mean"])
        values[f"{name}_half_width"] = _number(metrics[name]["half_width"])
    git = git_state(SOURCE)
    tags = {
        "config_sha256": fingerprint(dump(config)),
        "features_sha256": fingerprint(inventory.feature_names),
        "git_commit": str(git.get("commit") or ""),
        "git_dirty": str(git.get("dirty")),
        "tiles": ",".join(t.name for t in inventory.tiles),
        "output": str(root),
    }
    figures = [Artifact(path, "figures") for path in sorted((root / paths.FIGURES).glob("*.png"))]
    tables = [Artifact(root / name, "tables") for name in TABLES]
    files = [Artifact(root / name) for name in (paths.CONFIG, paths.REPORT, paths.MANIFEST)]
    return RunRecord(
        name=config.name,
        parameters=_parameters(config),
        metrics=values,
        tags=tags,
        datasets=_datasets(config, inventory),
        artifacts=(*figures, *tables, *files),
        children=_children(config, ws, inventory),
        started=started,
        ended=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    )


def _children(config: RunConfig, ws: Workspace, inventory: Inventory) -> tuple[RunRecord, ...]:
    """One record for each region and run: its scores and its model."""
    by_run = read_confusions(ws)
    children = []
    for region, name in inventory.regions:
        for run in range(config.samples.split.runs):
            confusion = by_run[run].get(name)
            values = {} if confusion is None else {key: float(getattr(scores(confusion), key)) for key in HEADLINE}
            description = read_json(config.output / paths.model(region, run) / "bundle.json")
            parameters = {"region": name, "run": run, "seed": config.samples.split.seed + run, **(description.get("extra") or {})}
            folder = config.output / paths.model(region, run)
            children.append(
                RunRecord(
                    name=f"{config.name} region {name} run {run}",
                    parameters=parameters,
                    metrics=values,
                    tags={"region": name, "run": str(run)},
                    artifacts=(Artifact(folder, "model"),),
                )
            )
    return tuple(children)


def _datasets(config: RunConfig, inventory: Inventory) -> tuple[DatasetRecord, ...]:
    found = []
    for path, digest in _reference_files(config).items():
        if path != str(config.nomenclature):
            for context in ("learning", "validation"):
                found.append(DatasetRecord(Path(path).name, path, digest, context))
    places = {layer.input: layer.place for layer in inventory.layers}
    for tile in inventory.tiles:
        for name, series in tile.series.items():
            products = [p for pieces in series.observations for p in pieces]
            digest = fingerprint([[p.id, p.fingerprint] for p in products])
            profile = {"acquisitions": len(products), "first": str(series.dates[0]), "last": str(series.dates[-1])}
            found.append(DatasetRecord(f"{name}_{tile.name}", places[name], digest, "input", profile))
    return tuple(found)


def _parameters(config: RunConfig) -> dict[str, object]:
    """The settings, flat; the engine and the places of outputs are not parameters of the experiment."""
    flat: dict[str, object] = {}

    def flatten(prefix: str, value: Any) -> None:
        if isinstance(value, Mapping) and value:
            for key, item in value.items():
                flatten(f"{prefix}.{key}" if prefix else str(key), item)
        elif value is not None:
            flat[prefix] = value

    flatten("", {k: v for k, v in dump(config).items() if k not in ("engine", "output", "tracking")})
    return flat


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
