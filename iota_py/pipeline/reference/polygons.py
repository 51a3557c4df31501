"""The reference data that a configuration names: files read, labels understood, polygons and points prepared for the tiles."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd

from iota_py.config.reference import Source as SourceSection
from iota_py.config.schema import RunConfig
from iota_py.errors import Fault, InputError, IotaError
from iota_py.io.publish import sha256
from iota_py.io.tables import read_texts
from iota_py.io.vectors import read_vectors, vector_files
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline.reference.splits import groups_of
from iota_py.pipeline.reference.target import strata_document, target_digest, target_limits, target_source, with_numbers
from iota_py.pipeline.task import fingerprint
from iota_py.samples.account import Prepared
from iota_py.samples.labels import read_labels
from iota_py.samples.polygons import Source, prepare
from iota_py.samples.relabel import relabel_table, some, unknown_targets, unused_entries

SETTINGS = (
    "layer", "encoding", "label", "ignore", "relabel", "sources", "level", "border", "minimum_area", "point_radius",
)  # fmt: skip


def read_sources(config: RunConfig, nomenclature: Nomenclature) -> tuple[list[Source], list[str]]:
    """The sources of a configuration with the class of each row, and warnings: labels of a relabelling table that no row has.

    Raises InputError with the faults of all sources.
    """
    target = config.samples.target
    limits = () if target is None else target_limits(config.samples)
    sources: list[Source] = []
    warnings: list[str] = []
    faults: list[Fault] = []
    for place in config.samples.places:
        try:
            source, unused = _source(place, nomenclature) if target is None else (target_source(place, target, limits), [])
        except IotaError as error:
            faults.extend(error.faults)
            continue
        sources.append(source)
        if unused:
            warnings.append(f"labels of the relabelling table that no row of source {place.name} has: {some(unused)}")
    if faults:
        raise InputError(*dict.fromkeys(faults))
    return sources, warnings


def _source(place: SourceSection, nomenclature: Nomenclature) -> tuple[Source, list[str]]:
    """One source, and the labels of its relabelling table that no row has."""
    where, ignore, label = str(place.path), place.ignore or (), place.label or ""
    relabel, faults = _relabelling(place, nomenclature)
    frame = read_vectors(place.path, place.layer, place.encoding)
    if label not in frame.columns:
        relabel = None  # the missing field is the fault to show
    wrong = [old for old, new in (relabel or {}).items() if nomenclature.code_of(new) is None]  # told once, for the table
    try:
        code = read_labels(frame, label, nomenclature, (*ignore, *wrong), where, relabel)
    except InputError as error:
        raise InputError(*faults, *error.faults) from None
    if faults:
        raise InputError(*faults)
    unused = unused_entries(relabel, frame[label], ignore) if relabel else []
    lengths = place.border or 0.0, place.minimum_area or 0.0, place.point_radius or 0.0
    return Source(place.name or "", where, frame, code, place.priority, *lengths), unused


def _relabelling(place: SourceSection, nomenclature: Nomenclature) -> tuple[dict[str, str] | None, list[Fault]]:
    table = place.relabel
    where = str(table if isinstance(table, Path) else place.path)
    if isinstance(table, Path):
        table = relabel_table(read_texts(table), where)
    return table, [] if table is None else unknown_targets(table, nomenclature, where)


def prepare_reference(
    config: RunConfig, nomenclature: Nomenclature, outlines: gpd.GeoSeries, regions: gpd.GeoDataFrame | None
) -> tuple[Prepared, gpd.GeoDataFrame]:
    """Everything that is known of the reference data before pixels, and the usable polygons and points.

    outlines: of the tiles, in the CRS of the map; regions in that CRS. With a split by a field, the usable ones have its value as `group`;
    with a target, its number as `target`.
    Raises InputError as `read_sources` and `prepare` do, and E-SAM-024 when a class has nothing left of what lies inside the tiles.
    """
    sources, warnings = read_sources(config, nomenclature)
    prepared = prepare(sources, outlines, regions, merge=config.samples.polygons is None)
    prepared.account.notes.extend((text, 0, "") for text in warnings)
    if not config.samples.allow_lost_classes:
        _refuse_lost(prepared, config, nomenclature)
    frame = prepared.frame
    field = config.samples.split.field
    if field is not None:
        frame["group"] = ""
        for source in sources:
            rows = frame.row[frame.source == source.name]
            frame.loc[rows.index, "group"] = groups_of(source.frame, rows, field, source.where)
    if config.samples.target is not None:
        with_numbers(frame, sources, config.samples.target)
    return prepared, frame


def _refuse_lost(prepared: Prepared, config: RunConfig, nomenclature: Nomenclature) -> None:
    lost = prepared.vanished()
    if not lost:
        return
    each = [f"{nomenclature[code].code} {nomenclature[code].alias} ({reason})" for code, reason in lost]
    fix = "lower `border` or `minimum_area`, change the priorities, add polygons, or set samples.allow_lost_classes: true"
    raise InputError(Fault("E-SAM-024", config.samples.where, "samples", f"nothing is left of {'; '.join(each)}", fix))


def reference_files(config: RunConfig) -> list[Path]:
    """Files that the reference data are read from, those beside a shapefile and tables of labels included; each once."""
    found: list[Path] = []
    for place in config.samples.places:
        found.extend(vector_files(place.path))
        found.extend([place.relabel] if isinstance(place.relabel, Path) else [])
    return list(dict.fromkeys(found))


def reference_digest(config: RunConfig) -> str | None:
    """Digest of the content of the reference files, in the order of the sources; None without any."""
    files = reference_files(config)
    digests = [sha256(file) for file in files]
    return None if not files else digests[0] if len(digests) == 1 else fingerprint(digests)


def nomenclature_digest(config: RunConfig) -> str:
    """Digest of the nomenclature at the level that is mapped, or of the strata of a target."""
    if config.samples.target is not None:
        return target_digest(config.samples.target, reference_digest(config))
    assert config.nomenclature is not None
    digest = sha256(config.nomenclature)
    return digest if config.samples.level == "class" else fingerprint([digest, config.samples.level])


def reference_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What decides the reference polygons in the section `samples`, without the places of files (their content is in the digests)."""
    found = {key: _without_files(settings[key]) for key in SETTINGS if key in settings}
    return found if settings.get("target") is None else {**found, "target": strata_document(settings["target"])}


def _without_files(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _without_files(v) for k, v in value.items() if k != "path" and not (k == "relabel" and isinstance(v, str))}
    return [_without_files(v) for v in value] if isinstance(value, list) else value
