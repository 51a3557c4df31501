"""Families of products as data: one YAML file each in `families/`."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from iota_py.errors import ConfigError, Fault
from iota_py.io.documents import parse_yaml


@dataclass(frozen=True)
class Band:
    """One band of a family. resolution in metres; wavelength in nanometres; role: what indices call it, may be empty."""

    name: str
    resolution: float
    wavelength: float | None
    role: str


@dataclass(frozen=True)
class Mask:
    """One mask of a family. when: the option that asks for it (`always`, `cloud`, `saturation`). footprint: it marks the swath."""

    name: str
    group: str
    when: str
    footprint: bool
    summary_bits: tuple[int, ...]


@dataclass(frozen=True)
class Family:
    """Description of a product family. quantification: stored number per unit of reflectance, when the metadata do not say."""

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

    bands = {
        name: Band(name, float(entry["resolution"]), entry.get("wavelength"), entry.get("role", ""))
        for name, entry in document.get("bands", {}).items()
    }  # fmt: skip
    masks = {
        name: Mask(name, entry["group"], entry["when"], entry.get("footprint", False), tuple(entry.get("summary_bits", ())))
        for name, entry in document.get("masks", {}).items()
    }
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
    )
