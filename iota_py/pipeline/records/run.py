"""The record of a run: its settings, few metrics, tags, data sets, tables, figures, places, models and children."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from iota_py import __version__
from iota_py.assessment.regression import result_line
from iota_py.config.schema import RunConfig, dump
from iota_py.io.publish import read_json, sha256
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.plans.importance_results import importance_outputs
from iota_py.pipeline.plans.report import pages
from iota_py.pipeline.preflight import external_digests
from iota_py.pipeline.records.children import children_of
from iota_py.pipeline.records.datasets import datasets_of
from iota_py.pipeline.records.headline import headline_metrics
from iota_py.pipeline.records.manifest import SOURCE
from iota_py.pipeline.records.models import model_artifacts
from iota_py.pipeline.records.places import place_artifacts
from iota_py.pipeline.records.tables import write_per_class
from iota_py.pipeline.system import system_metrics
from iota_py.pipeline.target_record import TABLES as TARGET_TABLES
from iota_py.pipeline.task import fingerprint
from iota_py.pipeline.workspace import Workspace
from iota_py.tracking.provenance import git_state, person
from iota_py.tracking.record import Artifact, RunRecord

TABLES = (paths.METRICS, paths.CONFUSION, paths.AREAS, paths.VECTOR_TABLE, paths.LEDGER, *paths.SKILL, paths.REGION_SCORES, *TARGET_TABLES)
_DRIFT = (paths.DRIFT, paths.DRIFT_TABLE, paths.DRIFT_PLACES)
_NOT_SETTINGS = ("engine", "output", "tracking")


def run_record(config: RunConfig, ws: Workspace, inventory: Inventory, started: str) -> RunRecord:
    """The record of a finished run. Files that are made for it alone are written to `tracking/` in the folder of the run."""
    root = config.output
    return RunRecord(
        name=config.name,
        parameters=parameters_of(config),
        metrics=headline_metrics(root, config.samples.target is None),
        tags={**dict(_tags(config, inventory)), **_page_tags(config, root)},
        datasets=datasets_of(config, inventory),
        artifacts=(*_files(config, ws), *place_artifacts(ws), *model_artifacts(config, ws, inventory)),
        timed=system_metrics(root / paths.SYSTEM),
        children=children_of(config, ws, inventory),
        started=started,
        ended=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    )


def parameters_of(config: RunConfig) -> dict[str, object]:
    """The settings, flat; the engine and the places of outputs are not parameters of the experiment."""
    flat: dict[str, object] = {}

    def flatten(prefix: str, value: Any) -> None:
        if isinstance(value, Mapping) and value:
            for key, item in value.items():
                flatten(f"{prefix}.{key}" if prefix else str(key), item)
        elif value is not None:
            flat[prefix] = value

    flatten("", {key: value for key, value in dump(config).items() if key not in _NOT_SETTINGS})
    return flat


def _tags(config: RunConfig, inventory: Inventory) -> Iterator[tuple[str, str]]:
    """What a run is told from others by: digests of its settings, samples, columns and reference, the code, the year, the place."""
    digests, git = external_digests(config), git_state(SOURCE)
    selection = next((config.output / name for name in (paths.SELECTION, paths.TABLE_SAMPLES) if (config.output / name).exists()), None)
    yield "config_sha256", fingerprint({key: value for key, value in dump(config).items() if key not in _NOT_SETTINGS})
    yield "features_sha256", fingerprint(inventory.feature_names)
    if selection is not None:
        yield "samples_sha256", sha256(selection)
    yield "reference_sha256", fingerprint([digests.get("nomenclature"), digests.get("polygons"), digests.get("table")])
    yield "regions", ",".join(name for _, name in inventory.regions)
    yield "git_commit", str(git.get("commit") or "")
    yield "git_dirty", str(git.get("dirty"))
    yield "iota_py", __version__
    yield "tiles", ",".join(tile.name for tile in inventory.tiles)
    yield "output", str(config.output)
    yield from _product_tags(config, inventory)


def _page_tags(config: RunConfig, root: Path) -> dict[str, str]:
    """What MLflow's page of the run shows in places of its own: who, with what, and a description in a few lines."""
    metrics = read_json(root / paths.METRICS)
    lines = [f"**{config.title or config.name}**", "", result_line(metrics)]
    if "interval" in metrics:
        lines += ["", str(metrics["interval"])]
    lines += ["", "Model skill on held-out polygons; whole account in `report.html`, scores of classes in `tables/per_class.csv`."]
    return {
        "mlflow.user": person(),
        "mlflow.source.name": f"iota-py {__version__}",
        "mlflow.source.type": "LOCAL",
        "mlflow.note.content": "\n".join(lines),
    }


def _product_tags(config: RunConfig, inventory: Inventory) -> Iterator[tuple[str, str]]:
    days = [day for layer in inventory.layers for day in layer.dates]
    year = config.product.year if config.product is not None else config.period.start.year if config.period.start else None
    if year is not None or days:
        yield "year", str(year or min(days).year)
    if config.product is not None:
        yield "product", f"{config.product.project} {config.product.year} {config.product.version}"
    if inventory.version is not None:
        yield "models_from", f"{inventory.version['name']} version {inventory.version['version']}"
        yield "models_run", inventory.version["run"]


def _asked_tables(config: RunConfig) -> tuple[str, ...]:
    """Tables of wishes that not every run has; files of an earlier wish are not those of this run."""
    applies = config.map is not None and config.map.applicability is not None
    sampled = config.assessment.map_accuracy is not None
    return (*((paths.APPLICABILITY_AREAS, paths.APPLICABILITY_FOLDS) if applies else ()), *(paths.MAP_ACCURACY if sampled else ()))


def _files(config: RunConfig, ws: Workspace) -> list[Artifact]:
    root = config.output
    figures = sorted((root / paths.FIGURES).glob("*.png"))
    worth = [root / name for name in importance_outputs(config) if (root / name).exists()]
    if config.assessment.drift is not None and config.reuse is not None:
        worth += [root / name for name in (*_DRIFT, paths.DRIFT_FIGURE)]
    tables = [root / name for name in (*TABLES, *_asked_tables(config)) if (root / name).exists()] + [
        path for path in worth if path.suffix != ".png"
    ]
    per_class = write_per_class(root)
    return [
        *(Artifact(path, "figures") for path in (*figures, *(path for path in worth if path.suffix == ".png"))),
        *(Artifact(path, "tables") for path in (*tables, *([] if per_class is None else [per_class]))),
        *(Artifact(root / name) for name in (paths.CONFIG, *pages(config).values(), paths.MANIFEST)),
    ]
