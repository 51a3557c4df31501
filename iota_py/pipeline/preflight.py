"""Everything that can be found wrong before any work starts; all faults at once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd

from iota_py.config.schema import RunConfig
from iota_py.errors import ConfigError, Fault, InputError, IotaError
from iota_py.grid.windows import crs_text
from iota_py.io.documents import read_yaml
from iota_py.io.publish import sha256
from iota_py.io.tables import read_table
from iota_py.io.vectors import read_vectors
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory, load_nomenclature, load_regions, take_inventory
from iota_py.samples.polygons import clean_polygons, read_labels
from iota_py.samples.series import SeriesColumns, check_columns, labels_of
from iota_py.training.trainers import choose_trainer

DISK_MARGIN = 1.5


def examine(config: RunConfig, bad: Mapping[str, str] | None = None) -> Inventory:
    """Look at every input of a configuration; the inventory when nothing is wrong.

    Raises InputError with all the faults found.
    """
    faults: list[Fault] = []
    inventory: Inventory | None = None
    nomenclature: Nomenclature | None = None
    for look in (_check_output, _check_table_use, _check_trainer):
        faults.extend(look(config))
    try:
        nomenclature = load_nomenclature(config)
    except IotaError as error:
        faults.extend(error.faults)
    try:
        inventory = take_inventory(config, bad)
    except IotaError as error:
        faults.extend(error.faults)
    try:
        _check_reference(config, nomenclature, inventory)
    except IotaError as error:
        faults.extend(error.faults)
    if faults or inventory is None:
        raise InputError(*dict.fromkeys(faults))
    return inventory


def external_digests(config: RunConfig) -> dict[str, str]:
    """SHA-256 of the files that are not products."""
    samples = config.samples
    files = {"nomenclature": config.nomenclature, "polygons": samples.polygons}
    files["regions"] = samples.regions.path if samples.regions else None
    files["table"] = samples.table.path if samples.table else None
    return {name: sha256(path) for name, path in files.items() if path is not None}


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
        if output == entry.path:
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
    if config.samples.table is not None and len(config.inputs) != 1:
        return [Fault("E-CFG-017", config.name, "samples.table", f"a table of series goes with one input, found {len(config.inputs)}")]
    return []


def _check_trainer(config: RunConfig) -> list[Fault]:
    try:
        choose_trainer(config.model)
    except ConfigError as error:
        return list(error.faults)
    return []


def _check_reference(config: RunConfig, nomenclature: Nomenclature | None, inventory: Inventory | None) -> None:
    samples = config.samples
    if samples.table is not None:
        columns = SeriesColumns(samples.table.series, samples.table.date, samples.table.label, samples.table.bands)
        table = read_table(samples.table.path)
        check_columns(table, columns, str(samples.table.path))
        if nomenclature is not None:
            labels = labels_of(table, columns, str(samples.table.path))
            read_labels(labels.rename(columns.label).reset_index(), columns.label, nomenclature, samples.ignore, str(samples.table.path))
        return
    assert samples.polygons is not None
    frame = read_vectors(samples.polygons, samples.layer)
    regions = load_regions(config)
    if nomenclature is None:
        return
    codes = read_labels(frame, samples.label, nomenclature, samples.ignore, str(samples.polygons))
    if inventory is not None:
        crs = crs_text(inventory.grid)
        outlines = gpd.GeoSeries([tile.geobox.extent.to_crs(crs).geom for tile in inventory.tiles], crs=crs)
        clean_polygons(frame, codes, outlines, None if regions is None else regions.to_crs(crs), str(samples.polygons))
