"""Masks of a product in the MUSCATE layout: which ones the run's choice asks for, and what in them makes a pixel unusable."""

from __future__ import annotations

from dataclasses import dataclass

from iota_py.errors import Fault, InputError
from iota_py.products.container import Container
from iota_py.products.family import Family, Mask
from iota_py.products.product import Layer, MaskLayer
from iota_py.products.source import Choice, Source

_EVERY = 0xFFFF


@dataclass(frozen=True)
class Masks:
    """Mask layers of a product, the members that hold them, and warnings about those that are missing."""

    layers: tuple[MaskLayer, ...]
    members: tuple[str, ...]
    warnings: tuple[str, ...]


def check_choice(source: Source) -> None:
    """Raise InputError where the configuration asks for what the family does not have."""
    family, choice, faults = source.family, source.choice, []
    where, field = str(source.path), f"inputs.{source.name}"
    if not reflectance_kind(family, choice):
        text = f"{family.name} has no reflectance {choice.reflectance}"
        faults.append(Fault("E-PRD-023", where, f"{field}.reflectance", text, "leave it out"))
    if isinstance(choice.cloud, tuple) and any(mask.when == "cloud" and mask.values for mask in family.masks.values()):
        text = f"{family.name} marks clouds by a code, which has no bits"
        faults.append(Fault("E-PRD-024", where, f"{field}.valid.cloud", text, "use strict, summary or none"))
    for option in ("topographic_shadow", "snow"):
        if getattr(choice, option) and not any(mask.when == option for mask in family.masks.values()):
            faults.append(Fault("E-PRD-025", where, f"{field}.valid.{option}", f"{family.name} has no such mask", "leave it out"))
    if faults:
        raise InputError(*faults)


def reflectance_kind(family: Family, choice: Choice) -> str:
    """Kind of reflectance in the names of files; a composite (FRC) is made of flat reflectances (FRE). Empty for one that there is not."""
    kind = choice.reflectance
    if kind == "FRE" and "FRC" in family.nature:
        kind = "FRC"
    return kind if kind in family.nature else ""


def find_masks(container: Container, family: Family, choice: Choice) -> Masks:
    """Masks at the resolution of the finest band asked for, or the next coarser one, which is then looked up by nearest neighbour.

    Raises InputError where a mask is missing that a product cannot do without.
    """
    by_name = _files_by_name(container, family)
    finest = min(family.bands[band].resolution for band in choice.bands)
    groups = {name: metres for name, metres in sorted(family.options["groups"].items(), key=lambda g: g[1]) if metres >= finest}
    layers, members, warnings = [], [], []
    for (name, footprint), (bits, values) in _wanted(family, choice).items():
        group = next((group for group in groups if (name, group) in by_name), None)
        if group is None:
            warnings.append(_spared(container, family, name, next(iter(groups))))
            continue
        coarse = group != next(iter(groups))
        if coarse:
            warnings.append(f"mask {name} of {min(groups.values()):g} m is missing: that of {groups[group]:g} m is used")
        layer = Layer(container.raster(by_name[name, group]))
        layers.append(MaskLayer(layer, values=values, bits=bits, footprint=footprint, coarse=coarse))
        members.append(by_name[name, group])
    return Masks(tuple(layers), tuple(members), tuple(dict.fromkeys(warnings)))


def _spared(container: Container, family: Family, name: str, group: str) -> str:
    """Warning about a mask that is missing. Raises InputError for one that a product cannot do without."""
    spared = family.options.get("spared", {})
    if name not in spared:
        text = f"mask {name}_{group} is missing"
        fix = "download the product again"
        if name == "MG2":
            fix += ", or leave out valid.topographic_shadow and valid.snow"
        raise InputError(Fault("E-PRD-007", str(container.path), "", text, fix))
    return f"no mask {name}: {spared[name]}"


def _files_by_name(container: Container, family: Family) -> dict[tuple[str, str], str]:
    """(mask, group) -> member."""
    assert family.mask_file is not None
    matches = ((family.mask_file.search(member), member) for member in container.filled)
    return {(match["mask"], match["group"]): member for match, member in matches if match}


def _wanted(family: Family, choice: Choice) -> dict[tuple[str, bool], tuple[int, tuple[int, ...]]]:
    """(mask, marks the swath) -> bits and values in it that forbid a pixel; what is not asked for is left out."""
    wanted: dict[tuple[str, bool], tuple[int, tuple[int, ...]]] = {}
    for mask in family.masks.values():
        bits, values = _forbidden(mask, choice)
        if bits or values:
            before = wanted.get((mask.name, mask.footprint), (0, ()))
            wanted[mask.name, mask.footprint] = (before[0] | bits, (*before[1], *values))
    return wanted


def _forbidden(mask: Mask, choice: Choice) -> tuple[int, tuple[int, ...]]:
    """Bits and values of a mask that make a pixel unusable under the run's choice; none when the mask is not asked for."""
    whole = _sum(mask.bits) or (0 if mask.values else _EVERY), mask.values
    if mask.when == "cloud":
        if isinstance(choice.cloud, tuple):
            return _sum(choice.cloud), ()
        if choice.cloud == "summary" and not mask.values:
            return _sum(mask.summary_bits), ()
        return whole if choice.cloud != "none" else (0, ())
    asked = {"always": True, "saturation": choice.saturation, "topographic_shadow": choice.topographic_shadow, "snow": choice.snow}
    return whole if asked[mask.when] else (0, ())


def _sum(bits: tuple[int, ...]) -> int:
    return sum(1 << bit for bit in set(bits))
