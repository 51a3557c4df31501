"""What an item says of an acquisition: tile, time, version, platform, clouds. Nothing of its form is trusted."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from iota_py.errors import Fault, InputError
from iota_py.products.stac_catalogue import Item
from iota_py.products.stac_dialects import Dialect, baseline_of
from iota_py.products.stac_header import number

_SQUARE = r"(\d{1,2})([C-HJ-NP-X][A-HJ-NP-Z][A-HJ-NP-V])"
_TILE = re.compile(rf"(?:MGRS-|T)?{_SQUARE}")
_TILE_IN_NAME = re.compile(rf"(?:^|_)T?{_SQUARE}(?=_|$)")
_DAY_IN_NAME = re.compile(r"_(\d{8})(?=[_T-]|$)")
_STRIP = re.compile(r"_S(\d{8}T\d{6})_N")
_MAJA_VERSION = re.compile(r"_V(\d+)-(\d+)$")
_PLATFORM = re.compile(r"(?:SENTINEL[-_ ]?2|S2)([A-D])(?![A-Z0-9])", re.IGNORECASE)


def placed(item: Item, dialect: Dialect) -> tuple[str, dt.datetime]:
    """Tile (zero-padded, without T) and time of an item, UTC. Raises InputError where they are not stated.

    The time is that of the property of the dialect, or the start of the data strip where that is the same day: it tells the pieces of
    one pass apart, and stays when a product is made again, as `datetime` need not.
    """
    tile = tile_of(item)
    when = time_from(item.properties.get(dialect.time)) or time_from(item.properties.get("datetime"))
    if not tile or when is None:
        what = "tile of the MGRS (grid:code)" if not tile else "time of acquisition"
        raise InputError(Fault("E-PRD-055", item.place, item.id, f"states no {what}", "leave the item out, or name other collections"))
    strip = _STRIP.search(str(item.properties.get("s2:datastrip_id", "")))
    start = time_from(strip[1]) if strip else None
    return tile, start if start is not None and start.date() == when.date() else when


def in_name(name: str) -> tuple[str, dt.datetime] | None:
    """Tile and day in the name of an item; None where it holds not both."""
    tile, day = _TILE_IN_NAME.search(name), _DAY_IN_NAME.search(name)
    when = time_from(day[1]) if day else None
    return (f"{tile[1]:0>2}{tile[2]}", when) if tile and when else None


def tile_of(item: Item) -> str:
    """Tile as `31TCJ`, or empty."""
    said = item.properties
    parts = (said.get("mgrs:utm_zone"), said.get("mgrs:latitude_band"), said.get("mgrs:grid_square"))
    split = "".join(map(str, parts)) if all(part is not None for part in parts) else ""
    for text in (said.get("grid:code"), said.get("s2:mgrs_tile"), split):
        match = _TILE.fullmatch(str(text))
        if match:
            return f"{match[1]:0>2}{match[2]}"
    match = _TILE_IN_NAME.search(item.id)
    return f"{match[1]:0>2}{match[2]}" if match else ""


def time_from(text: Any) -> dt.datetime | None:
    """A time written as ISO 8601, in UTC; None for anything else."""
    try:
        when = dt.datetime.fromisoformat(text)
        return when.replace(tzinfo=dt.UTC) if when.tzinfo is None else when.astimezone(dt.UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def version_of(item: Item, dialect: Dialect) -> tuple[int, ...]:
    """Baseline in hundredths (of MAJA, its version), then the sequence of the catalogue, then when the item was last changed."""
    said = item.properties
    match = _MAJA_VERSION.search(item.id)
    first = (int(match[1]), int(match[2])) if dialect.maja and match else (baseline_of(item) or 0, 0)
    changed = next((when for name in ("s2:generation_time", "updated", "created") if (when := time_from(said.get(name)))), None)
    sequence = str(said.get("s2:sequence", "0"))
    return (*first, int(sequence) if sequence.isdecimal() and len(sequence) < 9 else 0, int(f"{changed:%Y%m%d%H%M%S}") if changed else 0)


def platform_of(item: Item) -> str:
    """Satellite as in the names of MUSCATE (`SENTINEL2A`), so that passes are told apart alike; else as stated."""
    match = _PLATFORM.search(str(item.properties.get("platform", ""))) or _PLATFORM.match(item.id)
    return f"SENTINEL2{match[1].upper()}" if match else str(item.properties.get("platform", ""))[:32].upper()


def cloud_share_of(item: Item) -> float | None:
    """Share of clouds, 0–1; None where it is not stated."""
    cloud = number(item.properties.get("eo:cloud_cover"))
    return cloud / 100 if cloud is not None and 0 <= cloud <= 100 else None


def described(item: Item) -> dict[str, float]:
    """Angles of the sun in degrees, relative orbit and processing baseline, where they are stated."""
    said = item.properties
    elevation, azimuth, orbit = (number(said.get(n)) for n in ("view:sun_elevation", "view:sun_azimuth", "sat:relative_orbit"))
    baseline = baseline_of(item)
    found = {
        "sun_zenith": None if elevation is None else 90 - elevation,
        "sun_azimuth": azimuth,
        "relative_orbit": orbit,
        "processing_baseline": None if baseline is None else baseline / 100,
    }
    return {name: value for name, value in found.items() if value is not None}
