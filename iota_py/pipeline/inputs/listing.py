"""What lies on disk: the products of a folder or of a configuration's inputs, and what a run would set aside of them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from iota_py.config.schema import RunConfig
from iota_py.errors import Fault, InputError, IotaError
from iota_py.pipeline.inputs.sources import find_inputs
from iota_py.pipeline.inventory import Inventory
from iota_py.products.discovery import discover, expand
from iota_py.products.family import Family, family_names, load_family
from iota_py.products.product import Product, Series, SetAside
from iota_py.products.source import Choice, Interval, Source

DESCRIBED = ("raster", "raster-series")  # families whose files only a configuration can tell
_CATALOGUES = ("catalog.json", "collection.json")
_NOTHING = ("E-PRD-009", "E-PRD-040")  # a folder that holds none of a family


@dataclass(frozen=True)
class Listed:
    """One product. input: of the configuration, else the family; a radar's has its direction. when: UTC; None without a date.

    version: as the name says it, empty where it does not. cloud_share: 0–1, None when unknown. state: `used`, or the kind of what is set
    aside (`duplicate`, `excluded`, `period`, `bad`) with its reason. warnings, about: as of Product; empty for what is set aside.
    """

    family: str
    input: str
    tile: str
    platform: str
    id: str
    when: dt.datetime | None
    version: str
    cloud_share: float | None
    state: str
    reason: str
    warnings: tuple[str, ...] = ()
    about: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Total:
    """Products of one input on one tile. first, last: days of those used; None without dates."""

    family: str
    input: str
    tile: str
    used: int
    set_aside: int
    first: dt.date | None
    last: dt.date | None


def list_folder(folder: Path, families: Iterable[str] = ()) -> tuple[list[Listed], list[Fault]]:
    """Products of these families (default: of all whose names say what they are) in a folder, and what kept a family from being looked at.

    Raises ConfigError for an unknown family, InputError for one that needs a configuration.
    """
    asked = tuple(dict.fromkeys(families))
    for name in asked:
        load_family(name)
        if name in DESCRIBED:
            text = f"the files of family {name} are described in a configuration"
            raise InputError(Fault("E-PRD-065", str(folder), "--family", text, "give the configuration in the place of the folder"))
    found: list[Listed] = []
    faults: list[Fault] = []
    for name in asked or _recognisable(folder):
        try:
            found.extend(_listed_series(name, _series_in(folder, load_family(name))))
        except IotaError as error:
            faults.extend(fault for fault in error.faults if fault.code not in _NOTHING)
    return _sorted(found), faults


def list_inputs(config: RunConfig, bad: Mapping[str, str], families: Iterable[str] = ()) -> list[Listed]:
    """Products of a configuration's inputs (of these families, else of all), with its period. bad: found unreadable earlier (id -> reason).

    Raises InputError with every fault of the inputs, as a run would.
    """
    asked = set(families)
    for name in asked:
        load_family(name)
    found: list[Listed] = []
    for name, one in find_inputs(config, bad).items():
        if not asked or one.family.name in asked:
            found.extend(_listed_series(one.family.name, ((name, series) for series in one.by_tile.values())))
    return _sorted(found)


def describe_inputs(inventory: Inventory) -> str:
    """What each tile has, on one line; series are named where there are several."""
    tiles = []
    for tile in inventory.tiles:
        alone = len(tile.series) == 1
        said = [_count(series) if alone else f"{name} {_count(series)}" for name, series in tile.series.items()]
        tiles.append(f"{tile.name} {said[0]}" if alone else f"{tile.name}: {', '.join(said)}")
    return "   ".join(tiles) or inventory.described


_ASIDE = {"duplicate": "duplicate", "excluded": "excluded", "period": "outside the period", "bad": "unusable"}


def _count(series: Series) -> str:
    """Dates of a series, or its layers where it has none, and what is to be known of them."""
    static = series.kind == "static"
    count = len(series.bands) if static else len(series.observations)
    kinds = [s.kind for s in series.set_aside]
    aside = ", ".join(f"{kinds.count(kind)} {word}" for kind, word in _ASIDE.items() if kinds.count(kind))
    merged = 0 if static else sum(len(pieces) > 1 for pieces in series.observations)
    notes = [*([f"{aside} set aside"] if aside else []), *([f"{merged} merged from pieces"] if merged else [])]
    return f"{count} {'layer' if static else 'date'}{'' if count == 1 else 's'}" + (f" ({'; '.join(notes)})" if notes else "")


def remarks(inventory: Inventory, most: int = 8) -> list[str]:
    """What is to be known of the products before they are used, a sentence each: acquisitions that are lost and why, and what was missing of
    those that are used. most: of each of both; how many more there are is said."""
    series = [one for tile in inventory.tiles for one in tile.series.values()]
    lost = [f"set aside: {aside.reason}" for one in series for aside in one.lost]
    used = [text for one in series for pieces in one.observations for piece in pieces for text in piece.warnings]
    odd = [f"{used.count(text)} acquisition{'s' if used.count(text) > 1 else ''}: {text}" for text in dict.fromkeys(used)]
    return [*_some(lost, most), *_some(odd, most)]


def _some(lines: list[str], most: int) -> list[str]:
    more = len(lines) - most
    return lines[:most] + ([f"and {more} more: iota-py products CONFIG --details lists them"] if more > 0 else [])


def totals(listed: Iterable[Listed]) -> list[Total]:
    """Counts by input and tile, in the order of the list."""
    groups: dict[tuple[str, str, str], list[Listed]] = {}
    for one in listed:
        groups.setdefault((one.family, one.input, one.tile), []).append(one)
    result = []
    for key, group in groups.items():
        days = [one.when.date() for one in group if one.state == "used" and one.when]
        used = sum(one.state == "used" for one in group)
        result.append(Total(*key, used, len(group) - used, min(days, default=None), max(days, default=None)))
    return result


def version_text(family: Family, identifier: str, version: tuple[int, ...] = ()) -> str:
    """Version of a product as its name says it; else the numbers, unless they are all 0; else nothing."""
    patterns = [family.product] if family.product else []
    patterns += [re.compile(pattern) for pattern in family.options.get("rasters", ())]
    for match in (pattern.match(identifier + ending) for pattern in patterns for ending in ("", ".tif")):
        said = match.groupdict() if match else {}
        if said.get("vmaj"):
            return f"{said['vmaj']}.{said['vmin']}"
        if said.get("baseline"):
            return f"{said['baseline'][:2]}.{said['baseline'][2:]} {said['processed']}"
        if said.get("processed") or said.get("version"):
            return str(said.get("processed") or said["version"])
    return ".".join(map(str, version)) if any(version) else ""


def _recognisable(folder: Path) -> list[str]:
    """Families to look for in a folder. A catalogue is read where the folder is one: its items may lie on the network."""
    catalogue = any((folder / name).is_file() for name in _CATALOGUES)
    return [name for name in family_names() if name not in DESCRIBED and (name != "stac" or catalogue)]


def _series_in(folder: Path, family: Family) -> Iterator[tuple[str, Series]]:
    choice = Choice(family.default_bands, next(iter(family.nature), "FRE"))
    source = Source(family.name, folder, family, choice, options={"period": (None, None), "season": None})
    for one in expand(source):
        for series in discover(one, Interval()).values():
            yield one.name, series


def _listed_series(family: str, found: Iterable[tuple[str, Series]]) -> Iterator[Listed]:
    described = load_family(family)
    for name, series in found:
        for product in (piece for pieces in series.observations for piece in pieces):
            yield _listed(described, (name, series), product, "used", "")
        for aside in series.set_aside:
            yield _listed(described, (name, series), aside, aside.kind, aside.reason)


def _listed(family: Family, place: tuple[str, Series], entry: Product | SetAside, state: str, reason: str) -> Listed:
    name, series = place
    return Listed(
        family=family.name,
        input=name,
        tile=series.tile,
        platform=entry.platform,
        id=entry.id,
        when=None if series.kind == "static" else entry.when,
        version=version_text(family, entry.id, entry.version if isinstance(entry, Product) else ()),
        cloud_share=entry.cloud_share,
        state=state,
        reason=reason,
        warnings=entry.warnings if isinstance(entry, Product) else (),
        about=dict(entry.about) if isinstance(entry, Product) else {},
    )


def _sorted(found: Iterable[Listed]) -> list[Listed]:
    early = dt.datetime.min.replace(tzinfo=dt.UTC)
    return sorted(found, key=lambda one: (one.family, one.input, one.tile, one.when or early, one.id, one.state))
