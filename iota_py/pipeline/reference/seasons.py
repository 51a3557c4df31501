"""Other years than that of the map: the same inputs and features on target dates moved by whole years, columns aligned by rank.

A season has its folder under `seasons/` in that of the run, with a configuration and an inventory of its own, so that every step works on
it as it does on a run.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iota_py.config.features import Features
from iota_py.config.inputs import Input
from iota_py.config.schema import RunConfig
from iota_py.config.seasons import SeasonInput
from iota_py.errors import ConfigError, Fault, InputError
from iota_py.grid.lattice import same_grid
from iota_py.io.publish import sha256
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory, Layer, take_inventory
from iota_py.pipeline.reference.polygons import reference_digest

ANNUAL = "annual"
POLYGONS = "polygons of "  # before the name of a season, the name of the digest of its reference
MAP, VALIDITY = "map of annual classes", "validity of annual classes"  # names of digests


@dataclass(frozen=True)
class Season:
    """Another year. name: of its folder. learns: it has reference polygons and learning samples of its own."""

    name: str
    config: RunConfig
    inventory: Inventory
    learns: bool


def season_name(year: int) -> str:
    """Name of a year that is learnt from."""
    return f"year_{year}"


def annual_year(config: RunConfig) -> int | None:
    """Year of the labels of annual classes; None without such classes. The period has an end, as `season_configs` makes sure of."""
    annual, end = config.samples.annual, config.period.end
    if annual is None or end is None:
        return None
    return annual.year or end.year - 1


def annual_season(config: RunConfig) -> str | None:
    """Name of the season whose products annual classes are read from: none when they are those of the run."""
    year = annual_year(config)
    return None if year is None or config.period.end is None or year == config.period.end.year else ANNUAL


def season_digests(config: RunConfig) -> dict[str, str | None]:
    """Digests of the files of other years that are no products, by name."""
    digests = {POLYGONS + name: reference_digest(own) for name, own in season_configs(config).items() if name != ANNUAL}
    annual = config.samples.annual
    given = {} if annual is None else {MAP: annual.map, VALIDITY: annual.validity}
    return digests | {name: sha256(path) for name, path in given.items() if path is not None}


def season_configs(config: RunConfig) -> dict[str, RunConfig]:
    """Configuration of each season. Raises ConfigError: E-ANN-001 the period has no start or end, E-ANN-002 an input that is not there,
    E-ANN-003 masks that lie elsewhere than their bands."""
    samples = config.samples
    if not samples.years and samples.annual is None:
        return {}
    if config.period.start is None or config.period.end is None:
        field = "samples.years" if samples.years else "samples.annual"
        fix = "give period.start and period.end"
        raise ConfigError(Fault("E-ANN-001", config.name, field, "target dates of another year need a period with start and end", fix))
    faults: list[Fault] = []
    found = {}
    for place, year in enumerate(samples.years):
        faults.extend(_input_faults(config, f"samples.years.{place}.inputs", year.inputs))
        own = {"sources": (), "polygons": year.polygons, "layer": year.layer, "label": year.label or samples.label}
        found[season_name(year.year)] = _moved(config, season_name(year.year), year.year, year.inputs, own | {"tiles": year.tiles})
    if samples.annual is not None and annual_season(config):
        faults.extend(_input_faults(config, "samples.annual.inputs", samples.annual.inputs))
        found[ANNUAL] = _moved(config, ANNUAL, annual_year(config) or 0, samples.annual.inputs, {})
    if faults:
        raise ConfigError(*faults)
    return found


def take_seasons(config: RunConfig, inventory: Inventory, bad: Mapping[str, str] | None = None) -> tuple[Season, ...]:
    """The other years of a configuration, found on disk.

    Raises ConfigError or InputError: as `season_configs` and `take_inventory`; E-ANN-004 columns that do not match those of the run,
    E-ANN-005 (annual classes) a tile that is missing or lies on another grid.
    """
    found: list[Season] = []
    faults: list[Fault] = []
    for name, own in season_configs(config).items():
        season = Season(name, own, take_inventory(own, bad), name != ANNUAL)
        faults.extend(_column_faults(season, inventory))
        if not season.learns:
            faults.extend(_grid_faults(season, inventory))
        found.append(season)
    if faults:
        raise InputError(*faults)
    return tuple(found)


def moved(day: dt.date, start: dt.date, years: int) -> dt.date:
    """A day as far from the moved start of the period as from the start itself; 29 February moves to 28 February where there is none."""
    try:
        first = start.replace(year=start.year + years)
    except ValueError:
        first = start.replace(year=start.year + years, day=28)
    return first + (day - start)


def _moved(config: RunConfig, name: str, year: int, inputs: Mapping[str, SeasonInput], own: Mapping[str, Any]) -> RunConfig:
    """The configuration of another year. own: settings of its samples, and its tiles."""
    period = config.period
    assert period.start is not None
    assert period.end is not None
    start, years = period.start, year - period.end.year

    def move(day: dt.date) -> dt.date:
        return moved(day, start, years)

    settings = {key: value for key, value in own.items() if key != "tiles"}
    cleared: dict[str, Any] = {"copies": (), "augmentation": None, "annual": None, "years": (), "cleaning": None}
    if name != ANNUAL:  # what a year lacks another may have
        regions = config.samples.regions
        cleared |= {"allow_lost_classes": True, "regions": regions and regions.model_copy(update={"borrow": "auto"})}
    update: dict[str, Any] = {
        "name": f"{config.name}-{name}"[:64],
        "output": config.output / paths.season(name),
        "period": period.model_copy(update={"start": move(start), "end": move(period.end)}),
        "inputs": {key: _moved_input(entry, inputs.get(key), years) for key, entry in config.inputs.items()},
        "features": {key: _moved_features(options, move) for key, options in config.features.items()},
        "samples": config.samples.model_copy(update=settings | cleared),
        "reuse": None,  # models of elsewhere are scored on its samples all the same
        "tiles": own.get("tiles") or config.tiles,
    }
    return config.model_copy(update=update)


def _moved_input(entry: Input, elsewhere: SeasonInput | None, years: int) -> Input:
    update: dict[str, Any] = {} if entry.season is None else {"season": entry.season + years}
    if elsewhere is not None:
        update |= {"path": elsewhere.path, "url": None, "exclude_dates": elsewhere.exclude_dates}
    return entry.model_copy(update=update)


def _moved_features(options: Features, move: Any) -> Features:
    """Days that the options name, moved as the target dates are."""
    update: dict[str, Any] = {}
    if options.keep_dates != "all":
        update["keep_dates"] = tuple(move(day) for day in options.keep_dates)
    if options.texture is not None:
        update["texture"] = options.texture.model_copy(update={"date": move(options.texture.date)})
    if options.snow_year is not None:
        snow = options.snow_year
        update["snow_year"] = snow.model_copy(update={"start": move(snow.start), "end": move(snow.end)})
    return options.model_copy(update=update)


def _input_faults(config: RunConfig, where: str, inputs: Mapping[str, SeasonInput]) -> Iterator[Fault]:
    for name in inputs:
        entry = config.inputs.get(name)
        if entry is None:
            text = f"no input has that name; inputs are {', '.join(config.inputs)}"
            yield Fault("E-ANN-002", config.name, f"{where}.{name}", text, "name an input of the run")
        elif entry.series is not None and any(mask.path is not None for mask in entry.series.masks):
            text = "masks in a folder of their own cannot be found for another year"
            yield Fault("E-ANN-003", config.name, f"{where}.{name}", text, "put them beside the bands")


def _column_faults(season: Season, inventory: Inventory) -> Iterator[Fault]:
    """Columns of the season that are not those of the run with other dates."""
    own, theirs = _by_rank(inventory), _by_rank(season.inventory)
    if own == theirs:
        return
    different = [(a, b) for a, b in zip(own, theirs) if a != b]
    where = f"; the first that differ are {different[0][0]} and {different[0][1]}" if different else ""
    text = f"its {len(theirs)} columns are not the {len(own)} of the run, date for date{where}"
    fix = "give both years the same inputs, bands and features, on dates of the grid"
    yield Fault("E-ANN-004", str(season.config.output.name), "inputs", text, fix)


def _by_rank(inventory: Inventory) -> list[str]:
    """Names of the columns with the rank of the date in place of the date."""
    names = [_undated(name, layer) for layer in inventory.layers for name in layer.names]
    return [*names, *(name for call in inventory.user for name in call.names)]


def _undated(name: str, layer: Layer) -> str:
    ranks = {day.strftime("%Y%m%d"): rank for rank, day in enumerate(layer.dates, start=1)}
    return re.sub(r"_(\d{8})$", lambda found: f"_date_{ranks.get(found[1], found[1])}", name)


def _grid_faults(season: Season, inventory: Inventory) -> Iterator[Fault]:
    grids = {tile.name: tile.geobox for tile in season.inventory.tiles}
    absent = [tile.name for tile in inventory.tiles if tile.name not in grids]
    odd = [tile.name for tile in inventory.tiles if tile.name in grids and not same_grid(tile.geobox, grids[tile.name])]
    for names, text in ((absent, "no products of that year"), (odd, "its products of that year lie on another grid")):
        if names:
            yield Fault(
                "E-ANN-005", season.name, "samples.annual.inputs", f"tile {', '.join(names)}: {text}", "give products of both years"
            )


def renamed(table: Any, names: Sequence[str], own: Sequence[str]) -> Any:
    """A table of samples of a season (columns `names`) with the columns of the run (`own`) in their place, by rank."""
    return table.rename(columns=dict(zip(names, own)))
