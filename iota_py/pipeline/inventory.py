"""What a configuration finds on disk: the series of each tile, the grids, the dates, the features, the regions."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import geopandas as gpd
from odc.geo.geobox import GeoBox

from iota_py.config.features import Features
from iota_py.config.schema import RunConfig, UserFeatures
from iota_py.errors import ConfigError, Fault, InputError
from iota_py.features.indices import INDICES, IndexPlan, resolve
from iota_py.features.names import checked, optical_names, static_names
from iota_py.features.roles import roles_by_wavelength
from iota_py.grid.lattice import same_lattice
from iota_py.grid.ownership import above, priority
from iota_py.grid.windows import Window, split, window_size
from iota_py.io.documents import read_yaml
from iota_py.io.raster import RasterHeader, read_header
from iota_py.io.vectors import read_vectors
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline.inputs.reading import feature_source
from iota_py.pipeline.inputs.recipe import Ground, Recipe, check_names, helpers, make_recipe
from iota_py.pipeline.inputs.sources import FoundInput, counting, find_inputs, reading_code
from iota_py.pipeline.inputs.usercode import UserCall, user_features
from iota_py.pipeline.map_grid import map_grid
from iota_py.pipeline.models.kept import read_kept
from iota_py.pipeline.reference.target import target_nomenclature
from iota_py.products.product import Series
from iota_py.products.store import BLOCK, unstored
from iota_py.timeseries.dates import automatic_grid, regular_grid

if TYPE_CHECKING:
    from iota_py.pipeline.reference.seasons import Season

REGION_OVERLAP_M2 = 100.0
PROBE = 8  # pixels on a side of the window on which functions of users say their names
STEP = 10  # days between target dates, for families that say nothing else
DEFAULT_INDICES = ("NDVI", "NDWI", "BRIGHTNESS")


@dataclass(frozen=True)
class Tile:
    """One tile of a run. series: by input. above: tiles of higher priority that overlap it. regions: those that touch it.

    unstored: (input, number of the observation) of those that the store asked for lacks.
    """

    name: str
    geobox: GeoBox
    series: Mapping[str, Series]
    above: tuple[str, ...]
    regions: tuple[int, ...]
    windows: tuple[Window, ...]
    unstored: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Layer:
    """Features of one series: target dates (none where it has no dates), bands, indices; roles: what the indices call the bands.

    counts: its usable observations are those that validity counts. place: where the products are. wavelengths: of bands, in nanometres.
    recipe: its columns, where they are not every band and index on every target date. speckle: as in FeatureSource. source: the input of
    the configuration that the series is of.
    """

    input: str
    dates: tuple[dt.date, ...]
    bands: tuple[str, ...]
    indices: IndexPlan
    roles: Mapping[str, str]
    counts: bool = True
    place: str = ""
    wavelengths: Mapping[str, float | None] = field(default_factory=dict)
    recipe: Recipe | None = None
    speckle: tuple[str, int] | None = None
    source: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Columns, in order."""
        if self.recipe is not None:
            return self.recipe.names(self.input, self.indices, self.dates)
        if not self.dates:
            return static_names(self.input, (*self.bands, *self.indices.names))
        return optical_names(self.input, self.bands, self.indices.names, self.dates)


@dataclass(frozen=True)
class Inventory:
    """All that planning needs to know. tiles: in order of priority. regions: (index from 1, name). lattice: grid of the map. user: functions of users.

    kept: the columns that models learn from, None: all. parts: (region, number of parts) of those with too much reference data for a model.
    reused: region, run, folder and digests of the files of models of another run; model_names: columns as these were fitted on, where their dates
    are of another year; profiles: region, file and digest of the profiles beside them.
    A run of a table without inputs has no tiles and no grid. ready: its columns, where they are features. described: its samples, in words.
    seasons: other years that samples come from. zones: (name, digest of the outline) of those that polygons are delivered for. zones_away: names
    of zones that miss the map. version: of the registered model that its models are from (`name`, `version`, `run`, `alias`).
    """

    tiles: tuple[Tile, ...]
    layers: tuple[Layer, ...]
    regions: tuple[tuple[int, str], ...]
    lattice: GeoBox | None
    one_lattice: bool
    user: tuple[UserCall, ...] = ()
    kept: tuple[str, ...] | None = None
    parts: tuple[tuple[int, int], ...] = ()
    reused: tuple[tuple[int, int, str, Mapping[str, str]], ...] = ()
    model_names: tuple[str, ...] = ()
    profiles: tuple[tuple[int, str, str], ...] = ()
    ready: tuple[str, ...] = ()
    described: str = ""
    seasons: tuple[Season, ...] = ()
    zones: tuple[tuple[str, str], ...] = ()
    zones_away: tuple[str, ...] = ()
    version: Mapping[str, str] | None = None

    @property
    def grid(self) -> GeoBox:
        """Grid of the map, for runs that make one."""
        assert self.lattice is not None
        return self.lattice

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Columns of the feature matrix."""
        inputs, user = (name for layer in self.layers for name in layer.names), (name for call in self.user for name in call.names)
        return checked([*inputs, *user, *self.ready])

    def tile(self, name: str) -> Tile:
        """A tile by name."""
        return next(tile for tile in self.tiles if tile.name == name)


def load_nomenclature(config: RunConfig) -> Nomenclature:
    """The classes of a run; the strata of its target where it has one."""
    if config.samples.target is not None:
        return target_nomenclature(config.samples)
    assert config.nomenclature is not None
    found = Nomenclature.from_document(read_yaml(config.nomenclature), str(config.nomenclature))
    return found.upper(str(config.nomenclature)) if config.samples.level == "upper" else found


def load_regions(config: RunConfig) -> gpd.GeoDataFrame | None:
    """Regions dissolved by name, with `region` (index from 1 in alphabetical order) and `name`; None when there is one region.

    Raises InputError when the field is missing or regions overlap.
    """
    regions = config.samples.regions
    if regions is None:
        return None
    frame = read_vectors(regions.path, regions.layer)
    if regions.field not in frame.columns:
        fields = ", ".join(c for c in frame.columns if c != "geometry")
        raise InputError(
            Fault("E-REG-001", str(regions.path), "samples.regions.field", f"field `{regions.field}` is not in the file (fields: {fields})")
        )
    frame = frame[[regions.field, "geometry"]].rename(columns={regions.field: "name"})
    frame["name"] = frame.name.astype(str)
    frame = frame.dissolve("name", as_index=False).sort_values("name").reset_index(drop=True)
    frame["region"] = range(1, len(frame) + 1)
    _refuse_overlap(frame, str(regions.path))
    return frame


def _refuse_overlap(frame: gpd.GeoDataFrame, source: str) -> None:
    flat = frame if frame.crs.is_projected else frame.to_crs("EPSG:6933")
    for i in range(len(flat)):
        for j in range(i + 1, len(flat)):
            shared = flat.geometry.iloc[i].intersection(flat.geometry.iloc[j]).area
            if shared > REGION_OVERLAP_M2:
                text = f"regions {flat.name.iloc[i]} and {flat.name.iloc[j]} overlap by {shared / 10_000:.2f} ha"
                raise InputError(Fault("E-REG-002", source, "geometry", text, "a place can be in one region only"))


def take_inventory(config: RunConfig, bad: Mapping[str, str] | None = None) -> Inventory:
    """Look at everything that the configuration names. bad: products found unreadable earlier, with the reason.

    Raises ConfigError or InputError with every fault found.
    """
    found = find_inputs(config, bad)
    names = config.tiles or tuple(sorted({tile for one in found.values() for tile in one.by_tile}))
    faults = _missing(config, names, found)
    if faults:
        raise InputError(*faults)
    layers = tuple(_layer(config, name, one, counts) for (name, one), counts in zip(found.items(), counting(found.values())))
    regions = load_regions(config)
    tiles = _tiles(config, names, found, regions)
    grid, one_lattice = map_grid(config, {tile.name: tile.geobox for tile in tiles})
    listed = tuple(sorted({index for tile in tiles for index in tile.regions}))
    labels = {1: "all"} if regions is None else dict(zip(regions.region, regions.name))
    user = tuple(_user_call(one, tiles[0], layers) for one in config.user_features)
    every = Inventory(tiles, layers, tuple((index, str(labels[index])) for index in listed), grid, one_lattice, user)
    return replace(every, kept=read_kept(config.keep_columns, every.feature_names))


def _user_call(one: UserFeatures, tile: Tile, layers: tuple[Layer, ...]) -> UserCall:
    """A function of a user with the names of its features, which it gives on a few pixels in the middle of a tile."""
    call = UserCall(one.file, one.function, one.margin, one.options)
    sources = {x.input: feature_source(tile.series[x.input], x.dates, x.indices, x.counts, x.recipe, x.speckle) for x in layers}
    rows, cols = (int(side) for side in tile.geobox.shape)
    middle = Window(rows // 2, cols // 2, min(PROBE, rows - rows // 2), min(PROBE, cols - cols // 2))
    return replace(call, names=user_features(call, (tile.name, tile.geobox), middle, sources)[1])


def _missing(config: RunConfig, names: tuple[str, ...], found: Mapping[str, FoundInput]) -> list[Fault]:
    """Tiles without acquisitions, or with more bad ones than allowed; one fault for the tiles that lack the same thing."""
    faults = []
    for one in found.values():
        where, path = f"inputs.{one.input}", one.place
        absent = [tile for tile in names if tile not in one.by_tile]
        if absent:
            text = f"no acquisition of tile {', '.join(absent)}, which another input has"
            faults.append(Fault("E-PRD-011", path, where, text, "name under `tiles` those that every input has"))
        present = [one.by_tile[tile] for tile in names if tile in one.by_tile]
        faults.extend(fault for series in present for fault in _too_many_bad(series, config.limits.max_bad_dates, path, where))
        least = 1 if one.family.kind == "static" else config.limits.min_dates
        poor = [series for series in present if len(series.observations) < least]
        if poor:
            have = ", ".join(f"{s.tile} {len(s.observations)}" for s in poor)
            aside = [s for series in poor for s in series.set_aside]
            because = f"; {len(aside)} set aside, the first because {aside[0].reason}" if aside else ""
            text = f"fewer than {least} usable acquisitions (tile {have}){because}"
            faults.append(Fault("E-PRD-013", path, where, text, "check `period` and the products"))
    return faults


def _too_many_bad(series: Series, limit: float, path: str, where: str) -> list[Fault]:
    bad = series.lost
    total = sum(len(pieces) for pieces in series.observations) + len(bad)
    if len(bad) <= limit * total:
        return []
    text = f"{len(bad)} of {total} acquisitions of tile {series.tile} cannot be used; first: {bad[0].reason}"
    return [Fault("E-PRD-012", path, where, text, "repair them, or raise limits.max_bad_dates")]


def _layer(config: RunConfig, name: str, found: FoundInput, counts: bool) -> Layer:
    options, family, where = config.features_of(found.input), found.family, f"features.{found.input}"
    series = tuple(found.by_tile.values())
    entry = config.inputs[found.input]
    wavelengths = {band.name: band.wavelength for band in family.bands.values()}
    given = {str(role): band for role, band in entry.series.roles.items()} if entry.series else family.roles
    roles = roles_by_wavelength(given, wavelengths)
    dates = () if family.kind == "static" else _dates(config, options, found)
    table = config.samples.table is not None
    ground = Ground(series[0].bands, dates, _clouds_known(series) and not table, not table, where)
    check_names(options, ground)
    wanted = _wanted_indices(options, found, roles, "decibel" if entry.radar is None else entry.radar.unit)
    plan = resolve((*wanted, *helpers(options, ground.bands, wanted)), roles, ground.bands, where, wavelengths)
    recipe = make_recipe(options, plan, len(wanted), ground)
    speckle = (entry.radar.unit, entry.radar.speckle) if entry.radar and entry.radar.speckle else None
    return Layer(name, dates, ground.bands, plan, roles, counts, found.place, wavelengths, recipe, speckle, found.input)


def _dates(config: RunConfig, options: Features, found: FoundInput) -> tuple[dt.date, ...]:
    """Target dates: those of the grid, or all that any tile has."""
    period = config.period
    every = sorted({day for series in found.by_tile.values() for day in series.dates})
    if (options.dates or found.family.options.get("dates", "grid")) == "own":
        if options.step is not None:
            text = "the target dates are the input's own, which have no step"
            raise ConfigError(Fault("E-PRD-066", f"features.{found.input}", "step", text, "leave it out, or set dates to grid"))
        return tuple(every)
    step = options.step or period.step or int(found.family.options.get("step", STEP))
    if period.start and period.end:
        return regular_grid(period.start, period.end, step)
    return automatic_grid({"all": [period.start or every[0], period.end or every[-1]]}, step)


def _wanted_indices(options: Features, found: FoundInput, roles: Mapping[str, str], unit: str) -> tuple[str, ...]:
    """Indices asked for; else those of the family; else those of an optical sensor whose bands have roles.

    unit: of a radar; what is a difference of decibels says nothing of powers, so it is no default there, and a fault when asked for.
    """
    wanted = options.indices
    if wanted is None:
        wanted = tuple(found.family.options.get("indices", DEFAULT_INDICES if found.family.kind == "optical" and roles else ()))
    differences = [name for name in wanted if name.upper() in INDICES and INDICES[name.upper()].kind == "difference"]
    if unit == "decibel" or not differences:
        return wanted
    if options.indices is not None:
        text = f"{', '.join(differences)} is a difference of decibels, and the unit of this radar is linear"
        raise ConfigError(Fault("E-FEA-020", f"features.{found.input}", "indices", text, "leave it out, or set radar.unit to decibel"))
    return tuple(name for name in wanted if name not in differences)


def _clouds_known(series: tuple[Series, ...]) -> bool:
    return any(piece.cloud_share is not None for one in series for pieces in one.observations for piece in pieces)


def _tiles(
    config: RunConfig, names: tuple[str, ...], found: Mapping[str, FoundInput], regions: gpd.GeoDataFrame | None
) -> tuple[Tile, ...]:
    by_tile = {tile: {name: one.by_tile[tile] for name, one in found.items()} for tile in names}
    boxes = {tile: next(iter(series.values())).geobox for tile, series in by_tile.items()}
    tiles = []
    for tile in priority(boxes):
        windows = tuple(split(boxes[tile].shape, _window(config, boxes[tile], by_tile[tile])))
        regions_here = _regions_of(boxes[tile], regions)
        tiles.append(Tile(tile, boxes[tile], by_tile[tile], above(tile, boxes), regions_here, windows, _unstored(config, by_tile[tile])))
    return tuple(tiles)


def _regions_of(geobox: GeoBox, regions: gpd.GeoDataFrame | None) -> tuple[int, ...]:
    if regions is None:
        return (1,)
    outline = geobox.extent.to_crs(regions.crs).geom
    return tuple(int(r) for r in regions.region[regions.intersects(outline)])


def _unstored(config: RunConfig, series: Mapping[str, Series]) -> tuple[tuple[str, int], ...]:
    folder = config.engine.store
    if folder is None:
        return ()
    return tuple((name, index) for name, one in series.items() for index in unstored(one, folder, reading_code()))


def _window(config: RunConfig, geobox: GeoBox, series: Mapping[str, Series]) -> tuple[int, int]:
    """Size of windows: along the blocks of the series that has most to read, if its files lie on the grid of the tile."""
    if config.engine.window is not None:
        return config.engine.window, config.engine.window
    if config.engine.store is not None:
        return window_size(geobox.shape, (BLOCK, BLOCK), config.engine.window_pixels)
    largest = max(series.values(), key=lambda s: len(s.observations) * len(s.bands))
    header = _header(next(iter(largest.observations[0][0].bands.values())).path)
    block = header.block if same_lattice(header.geobox, geobox) else (1, geobox.shape[1])
    return window_size(geobox.shape, block, config.engine.window_pixels)


@functools.lru_cache(maxsize=1024)
def _header(path: str) -> RasterHeader:
    return read_header(path)
