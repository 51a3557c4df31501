"""Families of products as data: one YAML file each in `families/`."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from iota_py.errors import ConfigError, Fault
from iota_py.io.documents import parse_yaml


@dataclass(frozen=True)
class Band:
    """One band of a family. resolution in metres; wavelength in nanometres; role: what indices call it, may be empty.

    scale, shift, law: how numbers are stored, as in Layer; scale None where the metadata of a product say it. default: part of `bands: all`.
    """

    name: str
    resolution: float
    wavelength: float | None
    role: str
    scale: float | None = None
    shift: float = 0.0
    law: str = "linear"
    default: bool = True


@dataclass(frozen=True)
class Mask:
    """One mask of a family. when: the option that asks for it (`always`, `cloud`, `saturation`, `topographic_shadow`, `snow`).

    footprint: it marks the swath. bits, values: what means unusable; every bit when neither is given. summary_bits: for `cloud: summary`.
    """

    name: str
    group: str
    when: str
    footprint: bool
    summary_bits: tuple[int, ...]
    bits: tuple[int, ...] = ()
    values: tuple[int, ...] = ()


@dataclass(frozen=True)
class Family:
    """Description of a product family.

    kind: `optical`, `radar`, `snow` or `static`. zone: `tile`, products are cut by the tiles of the run and named by them; `scene`, they lie
    anywhere. quantification: stored number per unit of reflectance, when the metadata do not say. options: what only its reader knows.
    """

    name: str
    title: str
    reader: str
    product: re.Pattern[str] | None
    metadata: re.Pattern[str] | None
    band_file: re.Pattern[str] | None
    mask_file: re.Pattern[str] | None
    nature: Mapping[str, str]
    bands: Mapping[str, Band]
    masks: Mapping[str, Mask]
    quantification: float
    nodata: float | None
    valid_range: tuple[float, float] | None
    kind: str = "optical"
    zone: str = "tile"
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def default_bands(self) -> tuple[str, ...]:
        """Bands that `bands: all` means."""
        return tuple(band.name for band in self.bands.values() if band.default)

    @property
    def roles(self) -> dict[str, str]:
        """Role -> band."""
        return {band.role: band.name for band in self.bands.values() if band.role}


@functools.cache
def family_names() -> tuple[str, ...]:
    """Names of the families that can be read, in alphabetical order."""
    files = resources.files("iota_py.products").joinpath("families").iterdir()
    return tuple(sorted(f.name.removesuffix(".yaml") for f in files if f.name.endswith(".yaml")))


@functools.cache
def load_family(name: str) -> Family:
    """The description of a family. Raises ConfigError for an unknown name, listing those known."""
    if name not in family_names():
        raise ConfigError(
            Fault("E-PRD-001", "inputs", "family", f"unknown family `{name}`", f"known families: {', '.join(family_names())}")
        )
    source = resources.files("iota_py.products").joinpath("families", f"{name}.yaml")
    return _family(parse_yaml(source.read_text(encoding="utf-8"), f"{name}.yaml"))


def _family(document: dict[str, Any]) -> Family:
    def pattern(key: str) -> re.Pattern[str] | None:
        return re.compile(document[key]) if key in document else None

    bands = {name: _band(name, entry) for name, entry in document.get("bands", {}).items()}
    masks = {name: _mask(entry.get("name", name), entry) for name, entry in document.get("masks", {}).items()}
    valid_range = document.get("valid_range")
    return Family(
        name=document["name"],
        title=document["title"],
        reader=document["reader"],
        product=pattern("product"),
        metadata=pattern("metadata"),
        band_file=pattern("band_file"),
        mask_file=pattern("mask_file"),
        nature=document.get("nature", {}),
        bands=bands,
        masks=masks,
        quantification=float(document.get("quantification", 1)),
        nodata=document.get("nodata"),
        valid_range=(valid_range[0], valid_range[1]) if valid_range else None,
        kind=document.get("kind", "optical"),
        zone=document.get("zone", "tile"),
        options=document.get("options", {}),
    )


def _band(name: str, entry: Mapping[str, Any]) -> Band:
    scale = entry.get("scale")
    return Band(
        name=name,
        resolution=float(entry["resolution"]),
        wavelength=entry.get("wavelength"),
        role=entry.get("role", ""),
        scale=None if scale is None else float(scale),
        shift=float(entry.get("shift", 0)),
        law=entry.get("law", "linear"),
        default=entry.get("default", True),
    )


def _mask(name: str, entry: Mapping[str, Any]) -> Mask:
    bits, values, summary = (tuple(entry.get(key, ())) for key in ("bits", "values", "summary_bits"))
    return Mask(name, entry.get("group", ""), entry["when"], entry.get("footprint", False), summary, bits, values)
