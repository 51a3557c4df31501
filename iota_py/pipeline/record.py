"""What a finished run leaves for others: the manifest, and the record of the experiment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from iota_py.assessment.metrics import scores
from iota_py.config.schema import RunConfig, dump
from iota_py.io.publish import read_json, sha256, write_json
from iota_py.io.raster import gdal_version
from iota_py.pipeline import paths
from iota_py.pipeline.delivered import delivered, outputs_of, sealed
from iota_py.pipeline.inventory import Inventory, load_nomenclature
from iota_py.pipeline.plan import Plan
from iota_py.pipeline.plans.importance_results import importance_outputs
from iota_py.pipeline.plans.vector import zone_files
from iota_py.pipeline.preflight import external_digests
from iota_py.pipeline.reference.choices import table_files
from iota_py.pipeline.reference.polygons import reference_files
from iota_py.pipeline.reference.seasons import season_configs
from iota_py.pipeline.state import State
from iota_py.pipeline.steps.assessment import read_confusions
from iota_py.pipeline.target_record import TABLES as TARGET_TABLES
from iota_py.pipeline.target_record import headline_values, target_scores
from iota_py.pipeline.task import fingerprint
from iota_py.pipeline.workspace import Workspace
from iota_py.tracking.location import default_uri
from iota_py.tracking.mlflow_store import MlflowTracker
from iota_py.tracking.provenance import FileEntry, RunFacts, environment, git_state, lock_digest, manifest
from iota_py.tracking.record import Artifact, DatasetRecord, RunRecord

SOURCE = Path(__file__).resolve().parents[2]
HEADLINE = ("overall_accuracy", "kappa", "f1_macro")
TABLES = (paths.METRICS, paths.CONFUSION, paths.AREAS, paths.VECTOR_TABLE, paths.REGION_SCORES, paths.LEDGER, *TARGET_TABLES)


def write_manifest(config: RunConfig, inventory: Inventory, plan: Plan, started: str) -> None:
    """`manifest.json`: configuration, versions, inputs with fingerprints, outputs with SHA-256, what is handed over, a digest of it all."""
    outputs = outputs_of(config.output, plan)
    facts = RunFacts(
        name=config.name,
        config_text=(config.output / paths.CONFIG).read_text(encoding="utf-8"),
        inputs=_inputs(config, inventory),
        outputs=outputs,
        seeds={f"run_{run}": config.samples.split.seed + run for run in range(config.samples.split.runs)},
        engine=dump(config)["engine"],
        started=started,
        ended=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    )
    document = manifest(facts, environment=environment(gdal_version()), git=git_state(SOURCE), lock=lock_digest(SOURCE))
    document["delivered"] = delivered(config.output, outputs, load_nomenclature(config).codes)
    write_json(config.output / paths.MANIFEST, sealed(document))


def _inputs(config: RunConfig, inventory: Inventory) -> tuple[FileEntry, ...]:
    """Files of the products by size and time, reference files by content."""
    entries: dict[str, FileEntry] = {}
    years = (inventory, *(season.inventory for season in inventory.seasons))
    for tile in (tile for year in years for tile in year.tiles):
        for series in tile.series.values():
            for piece in (p for pieces in series.observations for p in pieces):
                for path, size, mtime in piece.fingerprint:
                    entries[path] = FileEntry(path, size, f"{size}-{mtime}", "fingerprint")
    for path, digest in _reference_files(config).items():
        entries[path] = FileEntry(path, Path(path).stat().st_size, digest)
    return tuple(entries[path] for path in sorted(entries))


def _reference_files(config: RunConfig) -> dict[str, str]:
    samples, digests = config.samples, external_digests(config)
    files: dict[str, Path | None] = {}
    files["regions"] = samples.regions.path if samples.regions else None
    files["table"] = samples.table.path if samples.table else None
    annual = samples.annual
    more = [*table_files(config).values(), *zone_files(config), *((annual.map, annual.validity) if annual is not None else ())]
    more += [path for year in season_configs(config).values() for path in reference_files(year)]
    own = {str(path): sha256(path) for path in (config.nomenclature, *reference_files(config), *more) if path is not None}
    return own | {str(path): digests[name] for name, path in files.items() if path is not None}


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
    results = ("summary", "mosaic/delivered") if config.samples.target is None else ("value_summary", "value_maps/delivered")
    key = fingerprint([uri, config.tracking.experiment, *(state.digest(task) for task in results), _parameters(config)])
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
    values = _headline(metrics) if config.samples.target is None else headline_values(metrics)
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
    tables = [Artifact(root / name, "tables") for name in TABLES if (root / name).exists()]
    worth = [root / name for name in importance_outputs(config) if (root / name).exists()]
    figures += [Artifact(path, "figures") for path in worth if path.suffix == ".png"]
    tables += [Artifact(path, "tables") for path in worth if path.suffix != ".png"]
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


def _headline(metrics: Mapping[str, Any]) -> dict[str, float]:
    values: dict[str, float] = {}
    for name in HEADLINE:
        values[name] = _number(metrics[name]["mean"])
        values[f"{name}_half_width"] = _number(metrics[name]["half_width"])
    return values | _members(metrics)


def _members(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Accuracy of the members of a fusion, where it is known."""
    members = metrics.get("fusion", {}).get("members", {})
    held_out = {name: one["held_out"]["overall_accuracy"] for name, one in members.items() if "held_out" in one}
    return {f"{name}_overall_accuracy": _number(accuracy["mean"]) for name, accuracy in held_out.items()}


def _children(config: RunConfig, ws: Workspace, inventory: Inventory) -> tuple[RunRecord, ...]:
    """One record for each region and run: its scores and its model."""
    by_run = [_class_scores(found) for found in read_confusions(ws)] if config.samples.target is None else target_scores(ws)
    children = []
    for region, name in inventory.regions:
        for run in range(config.samples.split.runs):
            values = by_run[run].get(name, {})
            parts = ws.parts.get(region, 1)
            models = [config.output / paths.model_part(region, run, part, parts) for part in range(parts)]
            if config.objects is not None:
                models = [config.output / paths.object_model(region, run)]
            member = "" if config.fusion is None else next(iter(config.fusion.members))
            description = read_json(models[0] / member / "bundle.json")
            parameters = {"region": name, "run": run, "seed": config.samples.split.seed + run, **(description.get("extra") or {})}
            children.append(
                RunRecord(
                    name=f"{config.name} region {name} run {run}",
                    parameters=parameters,
                    metrics=values,
                    tags={"region": name, "run": str(run)},
                    artifacts=tuple(Artifact(model, "model" if parts == 1 else f"model/part_{part}") for part, model in enumerate(models)),
                )
            )
    return (*children, *_searches(config, inventory))


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
            history = tuple(_number(trial["score"]) for trial in found["trials"])
            yield RunRecord(
                name=f"{config.name} region {name} search",
                parameters={"region": name, "kind": found["kind"], "folds": found["folds"], **best["values"]},
                metrics={f"best_{found['score']}": _number(best["score"])},
                tags={"region": name},
                artifacts=(Artifact(path), Artifact(config.output / paths.search_model(region))),
                history={f"trial_{found['score']}": history},
            )


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
