"""Reader of Landsat Collection 2 Level 2 behind STAC catalogues: Earth Search, the Planetary Computer, and the server of the USGS.

Items say path and row, tier and the law of the numbers; a scene lies where it lies. Earth Search and the USGS keep the files in a bucket
where the reader pays (`s3://usgs-landsat`), the Planetary Computer behind signed addresses.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from iota_py.errors import Fault, InputError
from iota_py.products.deliveries import judged
from iota_py.products.family import Family
from iota_py.products.landsat import best_scene, forbidden_bits
from iota_py.products.product import Layer, MaskLayer, Product, SetAside
from iota_py.products.source import Source
from iota_py.products.stac import asset_name, asset_stamp, find_items, stated_headers
from iota_py.products.stac_catalogue import Item
from iota_py.products.stac_dialects import Dialect, access_for, band_asset, dialect_for
from iota_py.products.stac_facts import cloud_share_of, described, time_from
from iota_py.products.stac_header import first_band, number
from iota_py.products.stac_search import dialect_asked

_PLATFORM = re.compile(r"landsat[-_ ]?(\d)(?!\d)", re.IGNORECASE)
_PAYING = "landsatlook.usgs.gov"  # asks for a login; the same files are in the bucket that its items name beside


@dataclass
class _Assets:
    """Assets of an item that are read, by GDAL's name of their files."""

    item: Item
    access: str
    used: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def path(self, asset: Mapping[str, Any]) -> str:
        """GDAL's name of the file of an asset, which is noted."""
        name = asset_name(self.item, {**asset, "href": _href(asset)}, self.access)
        self.used[name] = asset
        return name


def find_stac_landsat(source: Source) -> list[Product | SetAside]:
    """Every scene that a catalogue lists; of several of one place and day the best tier, then the latest processing.

    Raises as stac.find_stac.
    """
    groups: dict[tuple[object, ...], list[Product | SetAside]] = {}
    for entry in find_items(source, placed, read_scene_item):
        groups.setdefault((entry.platform, entry.tile, entry.when.date()), []).append(judged(entry, source.bad))
    found = [entry for entries in groups.values() for entry in best_scene(entries)]
    return sorted(found, key=lambda entry: (entry.when, entry.id))


def placed(item: Item, source: Source) -> tuple[str, dt.datetime, str]:
    """Path and row as six digits, time (UTC) and satellite of an item. Raises InputError where they are not stated."""
    said, match = item.properties, _named(item, source.family)
    path, row = (str(said.get(f"landsat:wrs_{part}", "")) for part in ("path", "row"))
    place = f"{path:0>3}{row:0>3}" if path.isdecimal() and row.isdecimal() else match["tile"] if match else ""
    when = time_from(said.get("datetime"))
    if not re.fullmatch(r"\d{6}", place) or when is None:
        what = "path and row" if when else "time of acquisition"
        raise InputError(Fault("E-PRD-055", item.place, item.id, f"states no {what}", "leave the item out, or name other collections"))
    platform = _PLATFORM.search(str(said.get("platform", "")))
    return place, when, f"LANDSAT{platform[1] if platform else int(match['satellite']) if match else ''}"


def read_scene_item(item: Item, source: Source, place: tuple[str, dt.datetime, str]) -> Product:
    """The scene that an item describes; place: as of placed. Raises InputError with what is missing or refused."""
    family, dialect = source.family, dialect_for(item, source.family, dialect_asked(source))
    assets = _Assets(item, access_for(item, dialect, dialect_asked(source), source.options.get("url") or ""))
    bands = _bands(item, source, dialect, assets)
    masks, warnings = _masks(item, source, dialect, assets)
    match = _named(item, family)
    return Product(
        id=item.id,
        family=family.name,
        platform=place[2],
        level=str(item.properties.get("landsat:correction") or (match["level"] if match else "")),
        when=place[1],
        tile=place[0],
        version=_version(item, family),
        bands=bands,
        masks=masks,
        nodata=family.nodata,
        valid_range=family.valid_range,
        cloud_share=cloud_share_of(item),
        fingerprint=tuple(asset_stamp(item, name, asset) for name, asset in sorted(assets.used.items())),
        warnings=warnings,
        about=described(item),
        headers=stated_headers(item, assets.used, masks),
    )


def _bands(item: Item, source: Source, dialect: Dialect, assets: _Assets) -> dict[str, Layer]:
    """Layer of each band asked for, by the law that its asset states, else that of Collection 2. Raises InputError for missing bands."""
    family, found, missing = source.family, {}, []
    for band in source.choice.bands:
        named = band_asset(item, dialect, family, band, source.choice.reflectance)
        if named is None:
            missing.append(band)
            continue
        mult, add = (number(first_band(named[1], name)) for name in ("scale", "offset"))
        if mult is not None and mult <= 0:
            raise InputError(Fault("E-PRD-056", item.place, item.id, f"asset {named[0]} states a scale of {mult:g}"))
        mult, add = family.options["mult"] if mult is None else mult, family.options["add"] if add is None else add
        found[band] = Layer(assets.path(named[1]), scale=round(10000 * mult, 12), shift=round(10000 * add, 9))
    if missing:
        text = f"no asset of band {', '.join(missing)} ({dialect.name}; assets: {', '.join(sorted(item.assets))[:300]})"
        raise InputError(Fault("E-PRD-056", item.place, item.id, text, "list its date under exclude_dates"))
    return found


def _masks(item: Item, source: Source, dialect: Dialect, assets: _Assets) -> tuple[tuple[MaskLayer, ...], tuple[str, ...]]:
    """Masks that the run asks for, and warnings. Raises InputError where QA_PIXEL is missing; QA_RADSAT may be."""
    masks, warnings = [], []
    for (name, footprint), bits in forbidden_bits(source.family, source.choice).items():
        asset = item.assets.get(name.lower())
        if asset is not None:
            masks.append(MaskLayer(Layer(assets.path(asset)), bits=bits, footprint=footprint))
        elif name == "QA_RADSAT":
            warnings.append("no QA_RADSAT: saturated pixels are not known")
        else:
            raise InputError(Fault("E-PRD-056", item.place, item.id, f"no asset of the mask {name.lower()} ({dialect.name})"))
    return tuple(masks), tuple(warnings)


def _version(item: Item, family: Family) -> tuple[int, ...]:
    """Rank of the tier, then the day of processing, which the names of the files say, then when the item was last changed."""
    match = _named(item, family)
    tier = str(item.properties.get("landsat:collection_category") or (match["tier"] if match else ""))
    tiers: list[str] = family.options["tiers"]
    changed = next((when for name in ("updated", "created") if (when := time_from(item.properties.get(name)))), None)
    processed = int(match["processed"] or 0) if match else 0
    return tiers.index(tier) if tier in tiers else -1, processed, int(f"{changed:%Y%m%d%H%M%S}") if changed else 0


def _named(item: Item, family: Family) -> re.Match[str] | None:
    """What the name of a file of the item says of the scene, else that of the item, which has no day of processing."""
    assert family.product is not None
    names = [PurePosixPath(urlsplit(_href(asset)).path).name for _, asset in sorted(item.assets.items())]
    matches = (family.product.match(name) for name in (*names, item.id))
    found = [match for match in matches if match]
    return next((match for match in found if match["processed"]), found[0] if found else None)


def _href(asset: Mapping[str, Any]) -> str:
    """Where a file is; in its bucket where its own address wants a login."""
    href, others = str(asset["href"]), asset.get("alternate")
    bucket = others.get("s3") if isinstance(others, dict) else None
    if isinstance(bucket, dict) and isinstance(bucket.get("href"), str) and f"//{_PAYING}/" in href:
        return str(bucket["href"])
    return href
