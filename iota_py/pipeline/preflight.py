"""Everything that can be found wrong before any work starts; all faults at once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import geopandas as gpd

from iota_py.config.schema import RunConfig
from iota_py.errors import ConfigError, Fault, InputError, IotaError
from iota_py.grid.windows import crs_text
from iota_py.io.documents import read_yaml
from iota_py.io.publish import sha256
from iota_py.io.vectors import read_vectors
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory, load_nomenclature, load_regions, take_inventory
from iota_py.pipeline.models.engines import model_faults
from iota_py.pipeline.models.members import column_faults, member_faults
from iota_py.pipeline.models.reduced import column_choice_faults
from iota_py.pipeline.models.reuse import reuse_faults, with_reused
from iota_py.pipeline.models.searched import check_search
from iota_py.pipeline.plans.applicability import applicability_faults
from iota_py.pipeline.plans.baseline import baseline_faults, baseline_files
from iota_py.pipeline.plans.cleaning import cleaning_faults
from iota_py.pipeline.plans.crossval import crossval_faults
from iota_py.pipeline.plans.drift import drift_faults
from iota_py.pipeline.plans.importance import importance_faults
from iota_py.pipeline.plans.legend import language_faults
from iota_py.pipeline.plans.map_accuracy import map_accuracy_faults, point_files
from iota_py.pipeline.plans.map_layers import map_faults
from iota_py.pipeline.plans.object_faults import object_faults, parcel_files
from iota_py.pipeline.plans.probabilities import probability_faults
from iota_py.pipeline.plans.product import delivery_faults
from iota_py.pipeline.plans.regularisation import recode_files, regularisation_faults
from iota_py.pipeline.plans.target_faults import check_target
from iota_py.pipeline.plans.vector import vector_faults, with_zones
from iota_py.pipeline.reference.choices import table_files
from iota_py.pipeline.reference.management import require_names
from iota_py.pipeline.reference.polygons import nomenclature_digest, prepare_reference, read_sources, reference_digest
from iota_py.pipeline.reference.regions import numbers_of_parts, region_faults
from iota_py.pipeline.reference.seasons import season_digests, take_seasons
from iota_py.pipeline.reference.splits import split_faults
from iota_py.pipeline.reference.table_inventory import check_table, table_faults, take_table_inventory
from iota_py.training.trainers import choose_trainer

DISK_MARGIN = 1.5


def examine(config: RunConfig, bad: Mapping[str, str] | None = None) -> Inventory:
    """Look at every input of a configuration; the inventory when nothing is wrong.

    Raises InputError with all the faults found.
    """
    check_target(config)
    faults: list[Fault] = []
    inventory: Inventory | None = None
    polygons: gpd.GeoDataFrame | None = None
    nomenclature: Nomenclature | None = None
    for look in _OF_SETTINGS:
        faults.extend(look(config))
    try:
        nomenclature = load_nomenclature(config)
    except IotaError as error:
        faults.extend(error.faults)
    try:
        inventory = take_inventory(config, bad) if config.inputs else take_table_inventory(config)
        faults.extend(column_faults(config, inventory) + column_choice_faults(config, inventory))
    except IotaError as error:
        faults.extend(error.faults)
    faults.extend(_wish_faults(config, inventory, nomenclature))
    try:
        polygons = _check_reference(config, nomenclature, inventory)
    except IotaError as error:
        faults.extend(error.faults)
    if inventory is not None and nomenclature is not None and not faults:
        try:
            inventory = _with_seasons(config, inventory, nomenclature, bad)
        except IotaError as error:
            faults.extend(error.faults)
    if faults or inventory is None:
        raise InputError(*dict.fromkeys(faults))
    if config.reuse is not None:
        inventory = with_reused(config, inventory)
    inventory = with_zones(config, inventory)
    return inventory if polygons is None else replace(inventory, parts=numbers_of_parts(config, inventory.regions, polygons))


def _wish_faults(config: RunConfig, inventory: Inventory | None, nomenclature: Nomenclature | None) -> list[Fault]:
    """What is wrong with wishes that only inputs and classes can tell, as far as these were found."""
    faults = [*split_faults(config, inventory), *object_faults(config, inventory), *language_faults(config, nomenclature)]
    faults += probability_faults(config, inventory)
    for look in (model_faults, reuse_faults, drift_faults, map_faults, regularisation_faults, vector_faults, map_accuracy_faults):
        faults.extend(look(config, inventory, nomenclature))
    return faults


def _with_seasons(config: RunConfig, inventory: Inventory, nomenclature: Nomenclature, bad: Mapping[str, str] | None) -> Inventory:
    """The inventory with the other years that samples come from, whose reference is looked at too."""
    require_names(config, inventory, nomenclature)
    seasons = take_seasons(config, inventory, bad)
    for season in seasons:
        if season.learns:
            _check_reference(season.config, nomenclature, season.inventory)
    return replace(inventory, seasons=seasons)


def external_digests(config: RunConfig) -> dict[str, str]:
    """SHA-256 of the files that are not products."""
    samples = config.samples
    files: dict[str, Path | None] = {}
    files["regions"] = samples.regions.path if samples.regions else None
    files["table"] = samples.table.path if samples.table else None
    files["relabel"] = samples.relabel if samples.table and isinstance(samples.relabel, Path) else None
    files["joined"] = samples.table.join.path if samples.table and samples.table.join else None
    files |= table_files(config) | recode_files(config) | parcel_files(config) | point_files(config) | baseline_files(config)
    digests = {"nomenclature": nomenclature_digest(config), "polygons": reference_digest(config), **season_digests(config)}
    digests |= {name: sha256(path) for name, path in files.items() if path is not None}
    return {name: digest for name, digest in digests.items() if digest is not None}


def check_disk(root: Path, needed: int) -> None:
    """Raise ConfigError when the disk has less than DISK_MARGIN times what the run will write."""
    free = shutil.disk_usage(root).free
    if free < DISK_MARGIN * needed:
        text = f"{free / 1e9:.1f} GB free, about {DISK_MARGIN * needed / 1e9:.1f} GB needed"
        raise ConfigError(Fault("E-RUN-011", str(root), "output", text, "free space, or choose another output"))


def _check_output(config: RunConfig) -> list[Fault]:
    """The output must be a folder of its own, writable, and not that of another run."""
    output, faults = config.output, []
    for name, entry in config.inputs.items():
        if entry.path is not None and output.resolve() == entry.path.resolve():
            faults.append(Fault("E-RUN-012", str(output), "output", f"the output is the folder of input {name}", "choose another folder"))
    nearest = next(p for p in (output, *output.parents) if p.exists())
    if not nearest.is_dir():
        faults.append(Fault("E-RUN-013", str(output), "output", f"{nearest} is a file", "choose another folder"))
    elif not _writable(nearest):
        faults.append(Fault("E-RUN-013", str(output), "output", f"no permission to write in {nearest}", "choose another folder"))
    if (output / paths.CONFIG).exists():
        other = read_yaml(output / paths.CONFIG)
        if isinstance(other, dict) and other.get("name") != config.name:
            text = f"the folder holds run `{other.get('name')}`, this is run `{config.name}`"
            faults.append(Fault("E-RUN-014", str(output), "output", text, "choose another folder, or the same name"))
    return faults


def _writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)


def _check_table_use(config: RunConfig) -> list[Fault]:
    return table_faults(config)


def _check_trainer(config: RunConfig) -> list[Fault]:
    try:
        choose_trainer(config.model)
    except ConfigError as error:
        return list(error.faults)
    return []


def _check_reference(config: RunConfig, nomenclature: Nomenclature | None, inventory: Inventory | None) -> gpd.GeoDataFrame | None:
    """What is wrong with the reference data, raised; the usable polygons where they are known."""
    samples = config.samples
    if samples.table is not None:
        check_table(config, nomenclature)
        return None
    if not samples.places:
        return None  # all that is learnt comes from other years, looked at in their turn
    regions = load_regions(config)
    if nomenclature is None:
        for place in samples.places:
            read_vectors(place.path, place.layer, place.encoding)
        return None
    if inventory is None:
        read_sources(config, nomenclature)
        return None
    crs = crs_text(inventory.grid)
    outlines = gpd.GeoSeries([tile.geobox.extent.to_crs(crs).geom for tile in inventory.tiles], crs=crs)
    return prepare_reference(config, nomenclature, outlines, None if regions is None else regions.to_crs(crs))[1]


_OF_SETTINGS: tuple[Callable[[RunConfig], list[Fault]], ...] = (
    _check_output,
    _check_table_use,
    _check_trainer,
    member_faults,
    region_faults,
    crossval_faults,
    applicability_faults,
    importance_faults,
    check_search,
    cleaning_faults,
    delivery_faults,
    baseline_faults,
)
