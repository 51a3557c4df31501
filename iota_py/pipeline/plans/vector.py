"""The tasks that deliver the map as polygons, zone by zone, and what is wrong with what is asked of them."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from odc.geo.geobox import GeoBox

from iota_py.config.regularisation import Regularisation
from iota_py.config.schema import RunConfig
from iota_py.config.vector import Vector, Zones
from iota_py.errors import Fault, InputError, IotaError
from iota_py.grid.form import geobox_values
from iota_py.grid.windows import crs_text
from iota_py.io.vectors import read_vectors
from iota_py.mapping.regularisation.chain import frame_of
from iota_py.mapping.vectors.attributes import FIRST, LAST
from iota_py.nomenclature import Nomenclature, label_text
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.plans.builder import Builder
from iota_py.pipeline.plans.regularisation import POLYGONAL, chain_of

SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
RESERVED = ("fid", "geom", "geometry")  # columns that the formats have of their own


@dataclass(frozen=True)
class Zone:
    """One zone. outline: in the CRS of the map."""

    name: str
    outline: shapely.Geometry

    @property
    def digest(self) -> str:
        """SHA-256 of the outline."""
        return hashlib.sha256(shapely.to_wkb(self.outline)).hexdigest()


def vector_tasks(build: Builder, config: RunConfig, inventory: Inventory, external: Mapping[str, str]) -> list[str]:
    """One task for each zone that lies on the map, and the one that puts their tables together; none where no polygons are asked for."""
    wish = config.vector
    if wish is None:
        return []
    common = {
        "settings": wish.model_dump(mode="json", include={"simplify", "smooth", "formats"}),
        "source": "classification" if config.regularisation is None else "regularised",
        "grids": [geobox_values(grid) for grid in (inventory.grid, source_grid(config, inventory.grid))],
        "nomenclature": external["nomenclature"],
        "languages": list(config.languages),
    }
    needs = ["mosaic/delivered", *(["regularise"] if config.regularisation is not None else [])]
    places = [(None, "")] if wish.zones is None else inventory.zones
    made = []
    for zone, digest in places:
        name = zone or paths.WHOLE
        styles = paths.in_languages(paths.vector(name, "qml"), config.languages)
        outputs = [*(paths.vector(name, form) for form in wish.formats), *styles, paths.vector_classes(name)]
        made.append(build.add(f"vector/{name}", outputs, {**common, "zone": zone, "outline": digest}, needs))
    zones = [zone or paths.WHOLE for zone, _ in places]
    return [*made, build.add("vector_table", [paths.VECTOR_TABLE], {"zones": zones, "nomenclature": external["nomenclature"]}, made)]


def source_grid(config: RunConfig, grid: GeoBox) -> GeoBox:
    """Grid of the map whose outlines the polygons are. grid: of the classification."""
    return grid if config.regularisation is None else frame_of(grid, config.regularisation.resolution).grid


def zone_files(config: RunConfig) -> list[Path]:
    """The file of the zones, where there is one."""
    return [config.vector.zones.path] if config.vector is not None and config.vector.zones is not None else []


def with_zones(config: RunConfig, inventory: Inventory) -> Inventory:
    """The inventory with the zones that lie on the map, and the names of those that do not. Raises InputError as `load_zones`."""
    if config.vector is None or config.vector.zones is None:
        return inventory
    zones = load_zones(config.vector.zones, inventory.grid)
    seen = _mapped(inventory)
    here = [zone for zone in zones if _overlap(zone, seen)]
    away = tuple(zone.name for zone in zones if not _overlap(zone, seen))
    return replace(inventory, zones=tuple((zone.name, zone.digest) for zone in here), zones_away=away)


def zones_sentence(inventory: Inventory) -> str:
    """Which zones lie on the map and which do not, empty where there are none."""
    if not inventory.zones:
        return ""
    text = ", ".join(name for name, _ in inventory.zones)
    away = inventory.zones_away
    if not away:
        return text
    shown = f"{', '.join(away[:8])}{', …' if len(away) > 8 else ''}"
    return f"{text}; {shown} {'lies' if len(away) == 1 else 'lie'} beside the map and {'gets' if len(away) == 1 else 'get'} no file"


def load_zones(wish: Zones, grid: GeoBox) -> list[Zone]:
    """The zones in the CRS of the map, by name: rows of one name are one zone, in the order of their names.

    Raises InputError: those of `read_vectors`, E-VEC-010 no such field, E-VEC-011 rows without a name, E-VEC-012 rows that are no polygons,
    E-VEC-013 names that cannot be those of files, E-VEC-014 names that differ by case only.
    """
    frame = read_vectors(wish.path, wish.layer)
    faults = list(_zone_faults(wish, frame))
    if faults:
        raise InputError(*faults)
    names = frame[wish.field].map(label_text)
    whole = gpd.GeoDataFrame({"name": names}, geometry=frame.geometry.make_valid(), crs=frame.crs).dissolve("name")
    outlines = whole.geometry.to_crs(crs_text(grid)).make_valid()
    return [Zone(str(name), _polygonal(outline)) for name, outline in outlines.sort_index().items()]


def vector_faults(config: RunConfig, inventory: Inventory | None, nomenclature: Nomenclature | None) -> list[Fault]:
    """E-VEC-015 no map of classes, E-VEC-016 a map that is not in metres, E-VEC-017 and 018 a minimum mapping unit that nothing makes, or
    another than that made, E-VEC-019 aliases that cannot be columns, E-VEC-020 no zone on the map; and those of `load_zones`."""
    wish = config.vector
    if wish is None:
        return []
    if config.samples.target is not None or not config.inputs:
        return [_fault(config, "E-VEC-015", "", "only a map of classes has polygons, and this run makes none", "leave it out")]
    faults = [] if nomenclature is None else list(_column_faults(config, nomenclature))
    faults += _unit_faults(config, wish, inventory, nomenclature)
    if inventory is None or not inventory.tiles:
        return faults
    crs = inventory.grid.crs
    units = [axis.unit_name for axis in crs.proj.axis_info[:2]] if crs is not None else []
    if units != ["metre", "metre"]:
        text = f"polygons need a map in metres, this one is in {units[0] if units else 'no unit'}"
        return [*faults, _fault(config, "E-VEC-016", "", text, "give the map another grid.crs")]
    return faults + _place_faults(wish, inventory)


def _column_faults(config: RunConfig, nomenclature: Nomenclature) -> Iterator[Fault]:
    """The columns of classes stand beside the others, and in a GeoPackage their case does not tell them apart."""
    count = Counter(name.lower() for name in (*FIRST, *LAST, *RESERVED, *(c.alias for c in nomenclature.classes)))
    double = [c.alias for c in nomenclature.classes if count[c.alias.lower()] > 1]
    if double:
        text = f"aliases that cannot be columns of the polygons: {', '.join(double)}"
        fix = f"give each class an alias of its own, whatever the case, and none of {', '.join((*FIRST, *LAST, *RESERVED))}"
        yield Fault("E-VEC-019", str(config.nomenclature), "classes", text, fix)


def _unit_faults(config: RunConfig, wish: Vector, inventory: Inventory | None, nomenclature: Nomenclature | None) -> list[Fault]:
    unit, made = wish.minimum_mapping_unit, config.regularisation
    if unit is None:
        return []
    if made is None:
        text = "polygons are those of the map, and nothing merges its smallest patches"
        return [_fault(config, "E-VEC-017", ".minimum_mapping_unit", text, f"add `regularisation: {{minimum_size: {unit}}}`")]
    if inventory is None or not inventory.tiles or nomenclature is None:
        return []
    asked, merged = (_square_metres(size, inventory.grid, nomenclature) for size in (unit, made.minimum_size))
    if asked == merged:
        return []
    text = f"asks for {asked:g} m², and regularisation.minimum_size makes {merged:g} m²"
    return [_fault(config, "E-VEC-018", ".minimum_mapping_unit", text, "leave it out, or give both the same")]


def _square_metres(size: int | str, grid: GeoBox, nomenclature: Nomenclature) -> float:
    return chain_of(Regularisation(minimum_size=size, by_group=False), grid, nomenclature).minimum_area


def _place_faults(wish: Vector, inventory: Inventory) -> list[Fault]:
    if wish.zones is None:
        return []
    try:
        zones = load_zones(wish.zones, inventory.grid)
    except IotaError as error:
        return list(error.faults)
    seen = _mapped(inventory)
    if any(_overlap(zone, seen) for zone in zones):
        return []
    text = f"none of its {len(zones)} zones lies on the map"
    return [Fault("E-VEC-020", str(wish.zones.path), "vector.zones", text, "give zones of the place that is mapped, or leave them out")]


def _zone_faults(wish: Zones, frame: gpd.GeoDataFrame) -> Iterator[Fault]:
    source, place = str(wish.path), "vector.zones.field"
    if wish.field not in frame.columns or wish.field == frame.geometry.name:
        fields = ", ".join(str(c) for c in frame.columns if c != frame.geometry.name) or "none"
        yield Fault("E-VEC-010", source, place, f"field `{wish.field}` is not in the file (fields: {fields})", "name one of them")
        return
    bare = frame[wish.field].isna() | (frame[wish.field].astype(str).str.strip() == "")
    if bare.any():
        yield Fault("E-VEC-011", source, place, f"{bare.sum()} rows have no name in `{wish.field}`", "name them, or remove them")
    odd = ~frame.geom_type.isin(POLYGONAL) | frame.is_empty | frame.geometry.isna()
    if odd.any():
        yield Fault("E-VEC-012", source, "vector.zones", f"{odd.sum()} of {len(frame)} rows are no polygons", "keep those that are")
    names = sorted(set(frame.loc[~bare, wish.field].map(label_text)))
    unsafe = [name for name in names if not SAFE.fullmatch(name)]
    if unsafe:
        text = f"names that cannot be those of files: {', '.join(f'`{name}`' for name in unsafe[:5])}{', …' if len(unsafe) > 5 else ''}"
        yield Fault("E-VEC-013", source, place, text, "take a field of codes: letters without accents, digits, `-` and `_`")
    count = Counter(name.lower() for name in names)
    alike = [name for name in names if count[name.lower()] > 1]
    if alike:
        yield Fault("E-VEC-014", source, place, f"names that differ by case only: {', '.join(alike)}", "give each zone a name of its own")


def _polygonal(outline: shapely.Geometry) -> shapely.Geometry:
    """The polygons of what making a geometry valid may leave beside lines and points."""
    parts = shapely.get_parts(outline)
    return shapely.union_all(parts[np.isin(shapely.get_type_id(parts), [shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON])])


def _mapped(inventory: Inventory) -> shapely.Geometry:
    """Outline of the tiles together, in the CRS of the map."""
    return shapely.union_all([tile.geobox.extent.to_crs(crs_text(inventory.grid)).geom for tile in inventory.tiles])


def _overlap(zone: Zone, seen: shapely.Geometry) -> bool:
    return bool(shapely.intersection(zone.outline, seen).area > 0)


def _fault(config: RunConfig, code: str, key: str, text: str, fix: str) -> Fault:
    return Fault(code, config.name, f"vector{key}", text, fix)
