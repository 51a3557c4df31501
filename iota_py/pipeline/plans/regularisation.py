"""The task that regularises the map, and what is wrong with what is asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
from odc.geo.geobox import GeoBox

from iota_py.config.regularisation import Recode, Regularisation
from iota_py.config.schema import RunConfig, dump
from iota_py.errors import Fault, InputError, IotaError
from iota_py.grid.form import geobox_values
from iota_py.grid.windows import crs_text
from iota_py.io.vectors import read_vectors
from iota_py.mapping.regularisation.chain import Chain, frame_of
from iota_py.mapping.regularisation.recode import ClassChange
from iota_py.nomenclature import NODATA, LandCoverClass, Nomenclature
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.plans.builder import Builder, without_paths

POLYGONAL = ("Polygon", "MultiPolygon")


def regularisation_tasks(build: Builder, config: RunConfig, inventory: Inventory, external: Mapping[str, str]) -> list[str]:
    """The task that regularises the delivered map, none where that is not asked for."""
    if config.regularisation is None:
        return []
    params = {
        "settings": without_paths(dump(config)["regularisation"]),
        "recode": [external[name] for name in recode_files(config)],
        "grid": geobox_values(inventory.grid),
        "nomenclature": external["nomenclature"],
        "languages": list(config.languages),
    }
    outputs = [*paths.class_map(paths.REGULARISED, config.languages), paths.REGULARISATION]
    return [build.add("regularise", outputs, params, ["mosaic/delivered"])]


def recode_files(config: RunConfig) -> dict[str, Path]:
    """Files of polygons of `regularisation.recode`, by a name of each."""
    wish = config.regularisation
    return {} if wish is None else {f"recode_{number}": one.polygons for number, one in enumerate(wish.recode)}


def chain_of(wish: Regularisation, grid: GeoBox, nomenclature: Nomenclature) -> Chain:
    """What is done, from the section and the grid of the map."""
    area, pixel = wish.square_metres, abs(grid.transform.a * grid.transform.e)
    smallest = float(wish.minimum_size) * pixel if area is None else area
    groups = {c.code: c.group for c in nomenclature.classes} if wish.by_group else None
    return Chain(smallest, groups, wish.connectivity, wish.sieves)


def changes_of(wish: Regularisation, grid: GeoBox, nomenclature: Nomenclature) -> list[ClassChange]:
    """The recodings, in order. Raises InputError when one cannot be done."""
    return [_change(one, number, grid, nomenclature) for number, one in enumerate(wish.recode)]


def regularisation_faults(config: RunConfig, inventory: Inventory | None, nomenclature: Nomenclature | None) -> list[Fault]:
    """E-SIV-001 pixels that are no multiple of the map's, E-SIV-002 an area on a grid that is not in metres, E-SIV-003 classes without a group,
    E-SIV-004 to 006 recodings that cannot be done, E-SIV-007 no map of classes."""
    wish = config.regularisation
    if wish is None:
        return []
    if config.samples.target is not None or not config.inputs:
        text = "only a map of classes can be regularised, and this run makes none"
        return [Fault("E-SIV-007", config.name, "regularisation", text, "leave it out")]
    faults = [] if nomenclature is None else _group_faults(config, wish, nomenclature)
    if inventory is None or not inventory.tiles:
        return faults
    faults += _grid_faults(config.name, wish, inventory.grid)
    return faults if nomenclature is None else faults + _recode_faults(wish, inventory.grid, nomenclature)


def _group_faults(config: RunConfig, wish: Regularisation, nomenclature: Nomenclature) -> list[Fault]:
    bare = [c.alias for c in nomenclature.classes if not c.group]
    if not wish.by_group or not bare:
        return []
    text = f"classes without a group: {', '.join(bare[:8])}{', …' if len(bare) > 8 else ''}"
    return [
        Fault("E-SIV-003", str(config.nomenclature), "regularisation.by_group", text, "give each class its `group`, or set by_group: false")
    ]


def _grid_faults(name: str, wish: Regularisation, grid: GeoBox) -> list[Fault]:
    faults = []
    try:
        frame_of(grid, wish.resolution)
    except ValueError as error:
        fix = "give a multiple, or leave it out"
        faults.append(Fault("E-SIV-001", name, "regularisation.resolution", str(error), fix))
    units = [axis.unit_name for axis in grid.crs.proj.axis_info[:2]] if grid.crs is not None else []
    if wish.square_metres is not None and units != ["metre", "metre"]:
        text = f"an area needs a map in metres, this one is in {units[0] if units else 'no unit'}"
        faults.append(Fault("E-SIV-002", name, "regularisation.minimum_size", text, "give a number of pixels, or the map another grid.crs"))
    return faults


def _recode_faults(wish: Regularisation, grid: GeoBox, nomenclature: Nomenclature) -> list[Fault]:
    faults: list[Fault] = []
    for number, one in enumerate(wish.recode):
        try:
            _change(one, number, grid, nomenclature)
        except IotaError as error:
            faults.extend(error.faults)
    return faults


def _change(one: Recode, number: int, grid: GeoBox, nomenclature: Nomenclature) -> ClassChange:
    place = f"regularisation.recode.{number}"
    source, to = (_code(value, f"{place}.{key}", nomenclature) for key, value in (("from", one.source), ("to", one.to)))
    if source in (to, NODATA):
        text = f"from `{one.source}` to `{one.to}` is no change of a class"
        raise InputError(Fault("E-SIV-005", str(one.polygons), place, text, "name two classes; only `to` may be 0, no data"))
    return ClassChange(_polygons(one, place, grid), source, to, one.where == "inside")


def _code(value: int | str, place: str, nomenclature: Nomenclature) -> int:
    code = NODATA if str(value) == "0" else nomenclature.code_of(value)
    if code is None:
        known = ", ".join(_named(c) for c in nomenclature.classes[:6])
        text = f"no class `{value}` in {nomenclature.name}"
        raise InputError(Fault("E-SIV-004", nomenclature.name, place, text, f"name a class, such as {known}"))
    return code


def _named(one: LandCoverClass) -> str:
    return f"{one.code} {one.alias}"


def _polygons(one: Recode, place: str, grid: GeoBox) -> gpd.GeoDataFrame:
    """The polygons that lie on the map, in its CRS."""
    frame = read_vectors(one.polygons, one.layer).to_crs(crs_text(grid))
    frame = frame[frame.geom_type.isin(POLYGONAL) & ~frame.is_empty]
    near = frame[frame.intersects(grid.extent.geom)]
    if near.empty:
        text = f"none of its {len(frame)} polygons lies on the map"
        raise InputError(
            Fault("E-SIV-006", str(one.polygons), f"{place}.polygons", text, "give the outline of the land or of the sea there")
        )
    return near
