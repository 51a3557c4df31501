"""The maps and zones that `iota-py accuracy design` is given, as a population."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from iota_py.errors import ConfigError, Fault, InputError
from iota_py.grid.lattice import same_grid
from iota_py.grid.windows import crs_text, whole
from iota_py.io.raster import count_values
from iota_py.io.vectors import read_vectors
from iota_py.pipeline.accuracy.population import Population, Zones
from iota_py.pipeline.class_maps import ClassMap, open_class_map
from iota_py.pipeline.comparison import find_pair

RASTERS = (".tif", ".tiff", ".jp2")
MOST_ZONES = 255


def population_of(
    place: Path, nomenclature: Path | None = None, zones: Path | None = None, field: str | None = None, crossed: bool = True
) -> Population:
    """A map, and the strata that it is sampled by: its classes, or a raster or polygons of zones, crossed with the classes or alone.

    Raises InputError or ConfigError: those of `open_class_map`, E-ACC-011 zones that cannot be used.
    """
    one = open_class_map(place, nomenclature)
    known = one.known()
    found = None if zones is None else _zones(zones, field, crossed, one)
    return Population((one,), (whole(one.grid.shape),), known, found)


def pair_population(places: tuple[Path, Path], nomenclature: Path | None = None, buffer: int = 0) -> Population:
    """Two maps on the pixels that they share. buffer: pixels around changes that are a stratum of their own. Raises InputError or ConfigError:
    those of `find_pair`, E-ACC-014 a buffer that is negative or wider than 100 pixels."""
    if not 0 <= buffer <= 100:
        raise ConfigError(Fault("E-ACC-014", str(places[1]), "--buffer", f"{buffer} pixels: expected 0 to 100", "give 1 to 3"))
    pair = find_pair(places, nomenclature)
    return Population(pair.maps, pair.parts, pair.nomenclature, None, buffer)


def _zones(path: Path, field: str | None, crossed: bool, one: ClassMap) -> Zones:
    if path.suffix.lower() in RASTERS:
        raster = open_class_map(path)
        if not same_grid(raster.grid, one.grid):
            text = f"its pixels are not those of {one.path}"
            raise InputError(Fault("E-ACC-011", str(path), "--strata", text, "warp it to that grid, by nearest neighbour"))
        values = np.flatnonzero(count_values(str(path))).tolist()
        return Zones({value: str(value) for value in values if value}, crossed, str(path), raster=raster)
    frame = read_vectors(path).to_crs(crs_text(one.grid))
    if field is None or field not in frame:
        columns = ", ".join(str(name) for name in frame.columns if name != frame.geometry.name)
        text = f"no field `{field}`" if field else "no field was given for the names of the strata"
        raise InputError(Fault("E-ACC-011", str(path), "--field", text, f"one of {columns}"))
    near = frame[frame.intersects(one.grid.extent.geom) & frame[field].notna()]
    names = sorted({str(name) for name in near[field]})
    if not 1 <= len(names) <= MOST_ZONES:
        text = f"{len(names)} zones on the map: expected 1 to {MOST_ZONES}"
        raise InputError(Fault("E-ACC-011", str(path), field, text, "give polygons of that place, or a field with fewer names"))
    numbers = {name: number for number, name in enumerate(names, 1)}
    placed = near.assign(zone=[numbers[str(name)] for name in near[field]])[["zone", near.geometry.name]]
    return Zones({number: name for name, number in numbers.items()}, crossed, str(path), frame=placed.reset_index(drop=True))


def refuse_mixed(against: Path | None, strata: Path | None, buffer: int, alone: bool) -> None:
    """Raise ConfigError E-ACC-014 for options that exclude or need each other."""
    faults = []
    if against is not None and strata is not None:
        faults.append(
            Fault("E-ACC-014", str(strata), "--strata", "not with --against, whose strata are the changes", "leave one of them out")
        )
    if buffer and against is None:
        faults.append(Fault("E-ACC-014", str(buffer), "--buffer", "pixels around changes need --against", "leave it out"))
    if alone and strata is None:
        faults.append(Fault("E-ACC-014", "--alone", "", "no strata to take alone", "give --strata FILE"))
    if faults:
        raise ConfigError(*faults)
