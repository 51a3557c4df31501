"""Dialects of STAC catalogues: which asset is which band, where the masks are, and by how much numbers are shifted.

Names are in families/stac.yaml. An asset that is not named as its dialect says is known by the band that it describes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from iota_py.errors import Fault, InputError
from iota_py.io.raster import DRIVERS
from iota_py.products.family import Family
from iota_py.products.source import Choice
from iota_py.products.stac_catalogue import Item

_BAND = re.compile(r"B0?(\d{1,2}A?)", re.IGNORECASE)
_KIND = re.compile(r"_(FRE|SRE)_")
_BASELINE = re.compile(r"_N(\d{4})_")
_EVERY_BIT = 0xFFFF


@dataclass(frozen=True)
class Dialect:
    """How one service writes items. assets: band -> names, best first; tile: property for a search, and what stands before the name.

    mask: SCL of Sen2Cor, or CLM of MAJA. time: property that holds the acquisition. access: credential of its files (io/access.py).
    """

    name: str
    hosts: tuple[str, ...]
    assets: Mapping[str, tuple[str, ...]]
    mask: str
    tile: tuple[str, str]
    time: str
    access: str
    nodata: float | None
    valid_range: tuple[float, float] | None

    @property
    def maja(self) -> bool:
        """True for products of MAJA, false for those of Sen2Cor."""
        return self.mask == "CLM"


def dialects_of(family: Family) -> dict[str, Dialect]:
    """The dialects of a family by name, in its order."""
    found = {}
    entries = family.options["dialects"]
    for name, own in entries.items():
        entry = {**entries.get(own.get("like"), {}), **own}
        valid_range = entry.get("valid_range", family.valid_range)
        found[name] = Dialect(
            name=name,
            hosts=tuple(entry["hosts"]),
            assets={band: tuple(names) for band, names in entry["assets"].items()},
            mask=entry["mask"],
            tile=(entry["tile"][0], entry["tile"][1]),
            time=entry.get("time", "datetime"),
            access=entry.get("access", ""),
            nodata=entry.get("nodata", family.nodata),
            valid_range=valid_range and (float(valid_range[0]), float(valid_range[1])),
        )
    return found


def dialect_at(url: str, family: Family, wanted: str) -> Dialect:
    """Dialect of an API: the one asked for, or that of the host; else the first, whose search follows the grid extension of STAC."""
    dialects = dialects_of(family)
    host = urlsplit(url).hostname or ""
    return dialects.get(wanted) or next((d for d in dialects.values() if host in d.hosts), next(iter(dialects.values())))


def dialect_for(item: Item, family: Family, wanted: str) -> Dialect:
    """Dialect of an item: the one asked for, or the one whose mask it has; else the first."""
    dialects = dialects_of(family)
    if wanted in dialects:
        return dialects[wanted]
    exact = [d for d in dialects.values() if d.mask in item.assets]
    if exact:
        return next((d for d in exact if item.hosts & set(d.hosts)), exact[0])
    return next((d for d in dialects.values() if d.maja and mask_asset(item, d, ("R1", "R2"))), next(iter(dialects.values())))


def access_for(item: Item, dialect: Dialect, wanted: str, url: str) -> str:
    """Credential that the files of an item want: none unless the dialect was asked for, or the item comes from its service."""
    asked = wanted == dialect.name or (urlsplit(url).hostname or "") in dialect.hosts
    return dialect.access if asked or item.hosts & set(dialect.hosts) else ""


def band_asset(item: Item, dialect: Dialect, family: Family, band: str, kind: str) -> tuple[str, Mapping[str, Any]] | None:
    """Name and entry of the asset that holds a band; kind: of the reflectance (FRE or SRE) where a product of MAJA has both."""
    names = dialect.assets[band]
    rasters = {key: asset for key, asset in item.assets.items() if _stem(asset) and not (dialect.maja and _other_kind(asset, kind))}
    for name in names:
        if name in rasters:
            return name, rasters[name]
    if dialect.maja:
        for key, asset in sorted(rasters.items()):
            if any(stem.endswith(f"_{name}") for name in names for stem in (key, _stem(asset))):
                return key, asset
    resolution = family.bands[band].resolution
    told = [(key, asset) for key, asset in rasters.items() if _told(asset, family) == band]
    return min(told, key=lambda pair: (_suffix(pair[1]) == ".jp2", abs(_step(pair[1], resolution) - resolution), pair[0]), default=None)


def mask_asset(item: Item, dialect: Dialect, groups: tuple[str, ...] = (), name: str = "") -> tuple[str, Mapping[str, Any]] | None:
    """Name and entry of the asset that holds a mask: of MAJA by name and group, R1 or R2; of Sen2Cor the scene classification."""
    mask = name or dialect.mask
    rasters = {key: asset for key, asset in sorted(item.assets.items()) if _stem(asset)}
    if not dialect.maja:
        found = [(key, asset) for key, asset in rasters.items() if key.upper() == "SCL" or key.upper().startswith("SCL_")]
        return min(found, key=lambda pair: (_suffix(pair[1]) == ".jp2", abs(_step(pair[1], 20) - 20), pair[0]), default=None)
    for group in groups:
        wanted = f"{mask}_{group}"
        for key, asset in rasters.items():
            if key == wanted or key.endswith(f"_{wanted}") or _stem(asset).endswith(f"_{wanted}"):
                return key, asset
    return None


def shift_of(item: Item, dialect: Dialect, family: Family) -> float:
    """What is added to the numbers of the bands: the offset of ESA since baseline 04.00, unless the service has added it already.

    What `raster:bands` says of the offset is not believed: items of Earth Search state -0.1 where it is applied (Element84/earth-search,
    issues 66 and 71). Raises InputError where the baseline is not stated.
    """
    if dialect.maja or item.properties.get("earthsearch:boa_offset_applied") is True:
        return 0.0
    baseline = baseline_of(item)
    if baseline is None:
        text = "the processing baseline is not stated: the offset of the reflectances is not known"
        raise InputError(Fault("E-PRD-058", item.place, item.id, text, "list its date under exclude_dates"))
    return 0.0 if baseline < family.options["offset_from"] else float(family.options["offset"])


def baseline_of(item: Item) -> int | None:
    """Processing baseline in hundredths (05.09 is 509); None where it is not stated."""
    for name in ("s2:processing_baseline", "processing:version"):
        text = str(item.properties.get(name, "")).removeprefix("N")
        if re.fullmatch(r"\d{1,2}\.\d{1,2}", text):
            return round(float(text) * 100)
    match = _BASELINE.search(f"{item.properties.get('s2:product_uri', '')} {item.id}_")
    return int(match[1]) if match else None


def maja_bits(entry: Mapping[str, Any], choice: Choice) -> int:
    """Bits of a mask of MAJA that make a pixel unusable under the run's choice, as an integer; 0 when the mask is not asked for."""
    own = sum(1 << bit for bit in entry.get("bits", ())) or _EVERY_BIT
    if entry["when"] == "always":
        return own
    if entry["when"] != "cloud":
        return own if getattr(choice, entry["when"]) else 0
    if isinstance(choice.cloud, tuple):
        return sum(1 << bit for bit in set(choice.cloud))
    return {"strict": own, "summary": sum(1 << bit for bit in entry["summary"]), "none": 0}[choice.cloud]


def _other_kind(asset: Mapping[str, Any], kind: str) -> bool:
    match = _KIND.search(f"_{_stem(asset)}_")
    return match is not None and match[1] != kind


def _told(asset: Mapping[str, Any], family: Family) -> str:
    """Band that an asset of one band describes, by its name or its common name; empty when it does not say."""
    described = asset.get("eo:bands") or asset.get("bands") or []
    if not isinstance(described, list) or len(described) != 1 or not isinstance(described[0], dict):
        return ""
    said = described[0]
    match = _BAND.fullmatch(str(said.get("name", "")))
    if match and f"B{match[1].upper()}" in family.bands:
        return f"B{match[1].upper()}"
    return str(family.options["common_names"].get(str(said.get("common_name") or said.get("eo:common_name")), ""))


def _step(asset: Mapping[str, Any], default: float) -> float:
    step = asset.get("gsd")
    return float(step) if isinstance(step, (int, float)) and 0 < step < 1e6 else default


def _path(asset: Mapping[str, Any]) -> PurePosixPath:
    try:
        return PurePosixPath(urlsplit(asset["href"]).path)
    except ValueError:
        return PurePosixPath()


def _suffix(asset: Mapping[str, Any]) -> str:
    return _path(asset).suffix.lower()


def _stem(asset: Mapping[str, Any]) -> str:
    """File name of an asset without its suffix; empty where it is not a raster that can be read."""
    return _path(asset).stem if _suffix(asset) in DRIVERS else ""
