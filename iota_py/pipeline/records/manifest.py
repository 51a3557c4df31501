"""The manifest of a run."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from iota_py.config.schema import RunConfig, dump
from iota_py.io.publish import sha256, write_json
from iota_py.io.raster import gdal_version
from iota_py.pipeline import paths
from iota_py.pipeline.delivered import delivered, outputs_of, sealed
from iota_py.pipeline.inventory import Inventory, load_nomenclature
from iota_py.pipeline.plan import Plan
from iota_py.pipeline.plans.map_accuracy import point_files
from iota_py.pipeline.plans.vector import zone_files
from iota_py.pipeline.preflight import external_digests
from iota_py.pipeline.reference.choices import table_files
from iota_py.pipeline.reference.polygons import reference_files
from iota_py.pipeline.reference.seasons import season_configs
from iota_py.pipeline.stages import ROOMS
from iota_py.pipeline.task import code_digest
from iota_py.tracking.provenance import FileEntry, RunFacts, environment, git_state, lock_digest, manifest

SOURCE = Path(__file__).resolve().parents[3]


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
    if inventory.version is not None:
        document["models_from"] = dict(inventory.version)
    document["code"] = stage_code(plan)
    document["delivered"] = delivered(config.output, outputs, load_nomenclature(config).codes)
    write_json(config.output / paths.MANIFEST, sealed(document))


def stage_code(plan: Plan) -> dict[str, str]:
    """Digest of the source that decides what each stage of a plan writes."""
    return {stage: code_digest(ROOMS[stage]) for stage in dict.fromkeys(task.stage for task in plan.tasks)}


def _inputs(config: RunConfig, inventory: Inventory) -> tuple[FileEntry, ...]:
    """Files of the products by size and time, reference files by content."""
    entries: dict[str, FileEntry] = {}
    years = (inventory, *(season.inventory for season in inventory.seasons))
    for tile in (tile for year in years for tile in year.tiles):
        for series in tile.series.values():
            for piece in (p for pieces in series.observations for p in pieces):
                for path, size, mtime in piece.fingerprint:
                    entries[path] = FileEntry(path, size, f"{size}-{mtime}", "fingerprint")
    for path, digest in reference_content(config).items():
        entries[path] = FileEntry(path, Path(path).stat().st_size, digest)
    for points in point_files(config).values():
        entries[str(points)] = FileEntry(str(points), points.stat().st_size, sha256(points))
    return tuple(entries[path] for path in sorted(entries))


def reference_content(config: RunConfig) -> dict[str, str]:
    """SHA-256 of the files that are not products, by their path: reference data, nomenclature, regions, tables."""
    samples, digests = config.samples, external_digests(config)
    files: dict[str, Path | None] = {}
    files["regions"] = samples.regions.path if samples.regions else None
    files["table"] = samples.table.path if samples.table else None
    annual = samples.annual
    more = [*table_files(config).values(), *zone_files(config), *((annual.map, annual.validity) if annual is not None else ())]
    more += [path for year in season_configs(config).values() for path in reference_files(year)]
    own = {str(path): sha256(path) for path in (config.nomenclature, *reference_files(config), *more) if path is not None}
    return own | {str(path): digests[name] for name, path in files.items() if path is not None}
