"""Items that an input names: of a catalogue on disk or behind an address, or found by an API on the tiles and in the period of a run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from odc.geo.geobox import GeoBox

from iota_py.errors import ConfigError, Fault, InputError
from iota_py.io.remote import checked_address
from iota_py.products.source import Source
from iota_py.products.stac_catalogue import Item, Unreadable, item_of, items_behind, read_document, read_items
from iota_py.products.stac_dialects import Dialect, dialect_at
from iota_py.products.stac_facts import tile_of

_COMPARISONS = {
    "eq": lambda value, wanted: value == wanted,
    "neq": lambda value, wanted: value != wanted,
    "lt": lambda value, wanted: value < wanted,
    "lte": lambda value, wanted: value <= wanted,
    "gt": lambda value, wanted: value > wanted,
    "gte": lambda value, wanted: value >= wanted,
    "in": lambda value, wanted: value in wanted,
    "contains": lambda value, wanted: wanted in value,
    "startsWith": lambda value, wanted: str(value).startswith(wanted),
    "endsWith": lambda value, wanted: str(value).endswith(wanted),
}


def dialect_asked(source: Source) -> str:
    """Dialect that the configuration asks for."""
    return str((source.options.get("stac") or {}).get("dialect", "auto"))


def items_of(source: Source) -> Iterable[Item | Unreadable]:
    """Items that a source names, each once."""
    options = source.options.get("stac") or {}
    url = source.options.get("url")
    collections, query = tuple(options.get("collections") or ()), options.get("query") or {}
    if url:
        landing = read_document(checked_address(url))
        methods = _search_methods(landing)
        if methods:
            return _unique(_searched(source, url, collections, query, "POST" in methods))
    found = items_behind(url) if url else read_items(source.path)
    return _unique(i for i in found if isinstance(i, Unreadable) or ((not collections or i.collection in collections) and meets(i, query)))


def _search_methods(landing: Any) -> set[str]:
    """Methods by which an API may be searched; empty for a static catalogue."""
    links = landing.get("links") if isinstance(landing, dict) else None
    found = [link for link in (links if isinstance(links, list) else []) if isinstance(link, dict) and link.get("rel") == "search"]
    return {str(link.get("method", "GET")).upper() for link in found}


def _unique(items: Iterable[Item | Unreadable]) -> Iterator[Item | Unreadable]:
    seen = set()
    for item in items:
        key = item.place if isinstance(item, Unreadable) else (item.collection, item.id)
        if key not in seen:
            seen.add(key)
            yield item


def _searched(source: Source, url: str, collections: tuple[str, ...], query: Mapping[str, Any], post: bool) -> Iterator[Item | Unreadable]:
    """Items of an API on the tiles of the run, in its period."""
    try:
        from iota_py.io.stacapi import search_items
    except ImportError as error:
        fix = "pip install 'iota-py[stac]', or give a catalogue on disk as `path`"
        raise ConfigError(Fault("E-PRD-051", f"inputs.{source.name}", "url", "pystac-client is not installed", fix)) from error
    areas, (start, end) = _scope(source, collections)
    dialect = dialect_at(url, source.family, dialect_asked(source))
    days, conditions = _period(dialect, start, end)
    count = 0
    for area in areas:
        wanted = {**_where(area, dialect, source), **conditions, **query}
        for document in search_items(url, collections, days, wanted, post=post, bbox=area.bbox):
            try:
                item = item_of(document, url, None)
            except InputError as error:
                yield Unreadable(_id_of(document) or url, str(error))
                continue
            if by_place(source) or tile_of(item) in (area.tile, ""):
                count += 1
                yield item
    if not count:
        text = f"no item of {', '.join(collections)} on tile {', '.join(area.tile for area in areas)} from {start} to {end}"
        raise InputError(Fault("E-PRD-052", url, f"inputs.{source.name}", text, "check the collections, the period and `stac.query`"))


@dataclass(frozen=True)
class Area:
    """What a search asks for at once: a tile by its name, or all that touches a box (west, south, east, north, in degrees)."""

    tile: str
    bbox: tuple[float, float, float, float] | None = None


def by_place(source: Source) -> bool:
    """True for scenes that are not cut by tile."""
    return source.family.zone == "scene"


def _where(area: Area, dialect: Dialect, source: Source) -> dict[str, Any]:
    """Condition on the place of items; none where a box says it."""
    if not by_place(source):
        return {dialect.tile[0]: _codes(area.tile, dialect.tile[1])}
    if area.bbox is not None:
        return {}
    return {"landsat:wrs_path": {"eq": area.tile[:3]}, "landsat:wrs_row": {"eq": area.tile[3:]}}


def _scope(source: Source, collections: tuple[str, ...]) -> tuple[tuple[Area, ...], tuple[dt.date, dt.date]]:
    """Areas and days to search. Raises ConfigError with all that is missing: an API may hold the whole world."""
    tiles, (start, end) = tuple(source.options.get("tiles") or ()), source.options.get("period") or (None, None)
    areas = _areas(source, tuple(tile.removeprefix("T") for tile in tiles))
    field = f"inputs.{source.name}.stac.collections"
    what = "tiles, named by path and row (199030), or another input before it that says what they are" if by_place(source) else "tiles"
    needs = ((field, collections, "collections"), ("tiles", areas, what), ("period", start and end, "a start and an end"))
    faults = [Fault("E-PRD-052", source.name, key, f"a search in an API needs {what}") for key, there, what in needs if not there]
    if faults:
        raise ConfigError(*faults)
    return areas, (start, end)


def _areas(source: Source, tiles: tuple[str, ...]) -> tuple[Area, ...]:
    """One area for each tile: its box where its grid is known and scenes lie anywhere."""
    if not by_place(source):
        return tuple(Area(tile) for tile in tiles)
    frames = source.options.get("frames")
    if frames:
        return tuple(Area(tile, _box(frame)) for tile, frame in sorted(frames.items()) if not tiles or tile in tiles)
    return tuple(Area(tile) for tile in tiles if len(tile) == 6 and tile.isdecimal())


def _box(grid: GeoBox) -> tuple[float, float, float, float]:
    box = grid.geographic_extent.boundingbox
    return box.left, box.bottom, box.right, box.top


def _period(dialect: Dialect, start: dt.date, end: dt.date) -> tuple[str | None, dict[str, Any]]:
    """The days of a search as its `datetime`, or as a condition where that property is not the acquisition."""
    first, last = f"{start}T00:00:00Z", f"{end}T23:59:59Z"
    if dialect.time == "datetime":
        return f"{first}/{last}", {}
    return None, {dialect.time: {"gte": first, "lte": last}}


def _codes(tile: str, prefix: str) -> dict[str, Any]:
    """Condition on the code of a tile; zones below 10 are written with and without zero."""
    if tile.startswith("0"):
        return {"in": [f"{prefix}{tile}", f"{prefix}{tile[1:]}"]}
    return {"eq": f"{prefix}{tile}"}


def meets(item: Item, query: Mapping[str, Any]) -> bool:
    """True when the properties of an item meet the conditions of a query, written as for an API. Raises ConfigError for unknown ones."""
    for name, conditions in query.items():
        for operator, wanted in (conditions if isinstance(conditions, Mapping) else {"eq": conditions}).items():
            if operator not in _COMPARISONS:
                raise ConfigError(
                    Fault("E-PRD-052", "stac", f"query.{name}", f"unknown operator `{operator}`", f"operators: {', '.join(_COMPARISONS)}")
                )
            try:
                if name not in item.properties or not _COMPARISONS[operator](item.properties[name], wanted):
                    return False
            except TypeError:
                return False
    return True


def _id_of(document: Any) -> str:
    name = document.get("id") if isinstance(document, dict) else None
    return name if isinstance(name, str) else ""
