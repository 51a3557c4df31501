"""Reader of Sentinel-2 L2A behind STAC catalogues: from items to products whose files are read by window, where they are.

A static catalogue needs no network; an API is searched with pystac-client. Names of assets and the rule of the offset: stac_dialects.py.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from iota_py.errors import ConfigError, Fault, InputError
from iota_py.io.buckets import bucket_name, is_bucket_address
from iota_py.io.raster import RasterHeader
from iota_py.io.remote import is_address, is_remote, remote_name
from iota_py.products.container import fingerprint
from iota_py.products.product import Layer, MaskLayer, Product, SetAside
from iota_py.products.safe import forbidden_classes
from iota_py.products.source import Source
from iota_py.products.stac_catalogue import Item, Unreadable
from iota_py.products.stac_dialects import Dialect, access_for, band_asset, dialect_for, maja_bits, mask_asset, shift_of
from iota_py.products.stac_facts import cloud_share_of, described, in_name, placed, platform_of, version_of
from iota_py.products.stac_header import first_band, number, stated_header
from iota_py.products.stac_offset import TRUSTED, taken_off_already
from iota_py.products.stac_search import dialect_asked, items_of


def find_stac(source: Source) -> list[Product | SetAside]:
    """Every acquisition that a catalogue lists, in order of time; one that cannot be used is set aside.

    Of an API the items of the run's tiles and period; of a catalogue on disk those of the collections asked for that meet the query.
    Raises InputError when there is none, TaskError when the network fails, ConfigError when something is missing to ask.
    """
    return sorted(find_items(source, _placed, read_item), key=lambda entry: (entry.when, entry.id))


Place = tuple[str, dt.datetime, str]  # tile, time (UTC) and satellite of an item


def find_items(
    source: Source, place_of: Callable[[Item, Source], Place], read: Callable[[Item, Source, Place], Product]
) -> list[Product | SetAside]:
    """What a catalogue lists, each item read, or set aside where it cannot be. Raises as find_stac."""
    known, asked = (*source.family.options["dialects"], "auto"), dialect_asked(source)
    if asked not in known:
        text = f"{source.family.name} has no dialect {asked}"
        raise ConfigError(Fault("E-PRD-067", source.name, f"inputs.{source.name}.stac.dialect", text, f"one of {', '.join(known)}"))
    found: list[Product | SetAside] = []
    for item in items_of(source):
        if isinstance(item, Unreadable):
            found.append(_unreadable(item))
            continue
        place = place_of(item, source)
        try:
            found.append(read(item, source, place))
        except InputError as error:
            found.append(SetAside(item.id, place[0], place[1], "bad", str(error), cloud_share_of(item), place[2]))
    return found


def _placed(item: Item, source: Source) -> Place:
    return *placed(item, dialect_for(item, source.family, dialect_asked(source))), platform_of(item)


def read_item(item: Item, source: Source, place: Place) -> Product:
    """The product that an item describes. Raises InputError with what is missing or refused."""
    family, dialect = source.family, dialect_for(item, source.family, dialect_asked(source))
    access = access_for(item, dialect, dialect_asked(source), source.options.get("url") or "")
    used: dict[str, Mapping[str, Any]] = {}

    def layer(asset: Mapping[str, Any], shift: float = 0.0) -> Layer:
        name = asset_name(item, asset, access)
        used[name] = asset
        return Layer(name, shift=shift)

    shift, doubts = _shift(item, source, dialect, access)
    bands = {band: layer(asset, shift) for band, asset in _band_assets(item, source, dialect).items()}
    masks, warnings = _masks(item, source, dialect, layer)
    return Product(
        id=item.id,
        family=family.name,
        platform=place[2],
        level="L2A",
        when=place[1],
        tile=place[0],
        version=version_of(item, dialect),
        bands=bands,
        masks=masks,
        nodata=dialect.nodata,
        valid_range=dialect.valid_range,
        cloud_share=cloud_share_of(item),
        fingerprint=tuple(asset_stamp(item, name, asset) for name, asset in sorted(used.items())),
        warnings=(*doubts, *warnings),
        about=described(item),
        headers=stated_headers(item, used, masks),
    )


def _shift(item: Item, source: Source, dialect: Dialect, access: str) -> tuple[float, tuple[str, ...]]:
    """What is added to the numbers of the bands, and a warning where the pixels of an item of Earth Search contradict what it says."""
    shift = shift_of(item, dialect, source.family)
    infrared, classes = band_asset(item, dialect, source.family, "B8", source.choice.reflectance), mask_asset(item, dialect)
    doubtful = dialect.name == "earth-search" and item.collection != TRUSTED
    if not shift or not doubtful or infrared is None or classes is None:
        return shift, ()
    names = [asset_name(item, asset, access) for _, asset in (infrared, classes)]
    stamp = str([asset_stamp(item, name, asset) for name, (_, asset) in zip(names, (infrared, classes))])
    if not taken_off_already(*names, stamp, shift):
        return shift, ()
    return 0.0, ("the darkest land pixels would be below 0: the offset, said not to be applied, is taken to be",)


def _band_assets(item: Item, source: Source, dialect: Dialect) -> dict[str, Mapping[str, Any]]:
    """Asset of each band asked for. Raises InputError for missing bands, or a scale that is not that of Sentinel-2."""
    family, choice = source.family, source.choice
    found: dict[str, Mapping[str, Any]] = {}
    missing = []
    for band in choice.bands:
        named = band_asset(item, dialect, family, band, choice.reflectance)
        if named is None:
            missing.append(band)
            continue
        scale = number(first_band(named[1], "scale"))
        if scale not in (None, 1.0) and abs(scale * family.quantification - 1) > 1e-9:
            text = f"asset {named[0]} states a scale of {scale:g}, expected {1 / family.quantification:g}"
            raise InputError(Fault("E-PRD-056", item.place, item.id, text))
        found[band] = named[1]
    if missing:
        text = f"no asset of band {', '.join(missing)} ({dialect.name}; assets: {', '.join(sorted(item.assets))[:300]})"
        raise InputError(Fault("E-PRD-056", item.place, item.id, text, "set `stac.dialect`, or list its date under exclude_dates"))
    return found


def _masks(item: Item, source: Source, dialect: Dialect, layer: Callable[..., Layer]) -> tuple[tuple[MaskLayer, ...], tuple[str, ...]]:
    """Masks that the run asks for, and warnings: the mask of clouds must be there, those of the edge and of saturation may lack."""
    missing = Fault("E-PRD-056", item.place, item.id, f"no asset of the mask {dialect.mask} ({dialect.name})", "set `stac.dialect`")
    if not dialect.maja:
        named = mask_asset(item, dialect)
        if named is None:
            raise InputError(missing)
        classes = layer(named[1])
        forbidden = forbidden_classes(source.family, source.choice)
        return (MaskLayer(classes, values=(0,), footprint=True, coarse=True), MaskLayer(classes, values=forbidden, coarse=True)), ()
    masks, warnings = [], []
    for entry in source.family.options["maja"]:
        bits = maja_bits(entry, source.choice)
        fine, coarse = (mask_asset(item, dialect, (group,), entry["name"]) for group in ("R1", "R2"))
        named = fine or coarse
        if bits and named is not None:
            masks.append(MaskLayer(layer(named[1]), bits=bits, footprint=entry.get("footprint", False), coarse=fine is None))
        elif bits and entry["name"] not in ("EDG", "SAT"):
            raise InputError(
                missing if entry["name"] == dialect.mask else Fault("E-PRD-056", item.place, item.id, f"no mask {entry['name']}")
            )
        elif bits:
            warnings.append(f"no asset of the mask {entry['name']}: it is not looked at")
    return tuple(masks), tuple(warnings)


def asset_name(item: Item, asset: Mapping[str, Any], access: str) -> str:
    """What GDAL calls the file of an asset. Raises InputError for one that may not be read."""
    where = item.locate(asset["href"])
    if is_bucket_address(where):
        return bucket_name(where)
    return remote_name(where, access) if is_address(where) else where


def asset_stamp(item: Item, name: str, asset: Mapping[str, Any]) -> tuple[str, int, int]:
    """Size and time of a file on disk; of a remote one the size that is stated (or 0) and a digest of what changes when it does."""
    if not is_remote(name):
        return fingerprint([Path(name)])[0]
    state = [item.id, item.properties.get("updated") or item.properties, asset.get("file:checksum")]
    digest = hashlib.sha256(json.dumps(state, sort_keys=True, default=str).encode()).hexdigest()
    size = asset.get("file:size")
    return name, size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else 0, int(digest[:15], 16)


def stated_headers(item: Item, used: Mapping[str, Mapping[str, Any]], masks: tuple[MaskLayer, ...]) -> dict[str, RasterHeader]:
    """Headers of the remote files that the item states well enough: of a mask with bits the type of pixel too, since planning checks it."""
    bits = {mask.layer.path for mask in masks if mask.bits}
    stated = {name: stated_header(asset, item.properties) for name, asset in used.items() if is_remote(name)}
    return {name: header for name, header in stated.items() if header is not None and (header.dtype or name not in bits)}


def _unreadable(item: Unreadable) -> SetAside:
    """A document that is no item, listed with the tile and day in its name. Raises InputError where the name says none."""
    name = Path(item.place).name.removesuffix(".json")
    place = in_name(name)
    if place is None:
        raise InputError(Fault("E-PRD-055", item.place, "", f"cannot be used: {item.reason}", "mend the document, or take it away"))
    return SetAside(name, place[0], place[1], "bad", item.reason)
