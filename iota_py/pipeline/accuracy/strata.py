"""Strata of a sample: the classes of a map, zones, zones crossed with classes, or what became of each class between two maps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from iota_py.nomenclature import Nomenclature
from iota_py.pipeline.accuracy.population import NEAR, Population

OTHER_CHANGE, NEAR_CHANGE = "other change", "no change, near one"


@dataclass(frozen=True)
class Stratum:
    """One stratum. values: of the pixels that are in it, as `population.opened` gives them. pixels: how many. code: class of the map that all its
    pixels have, 0 where they have several. code_b: the same of the second map, 0 where there is none. changes: None where one map is sampled."""

    name: str
    values: tuple[int, ...]
    pixels: int
    code: int = 0
    code_b: int = 0
    changes: bool | None = None


def strata_of(population: Population, counts: Mapping[int, int], share: float) -> tuple[Stratum, ...]:
    """The strata of a population, those without pixels left out. counts: pixels of each value. share: of the pixels, from which a change has a
    stratum of its own."""
    if population.change:
        return _change_strata(population.nomenclature, counts, share)
    if population.zones is None:
        return tuple(Stratum(population.nomenclature[v].alias, (v,), n, v) for v, n in counts.items())
    names, classes = population.zones.names, population.nomenclature
    if population.zones.crossed:
        return tuple(Stratum(f"{names[v >> 8]} / {classes[v & 255].alias}", (v,), n, v & 255) for v, n in counts.items())
    zones = sorted({value >> 8 for value in counts})
    return tuple(_merged(names[zone], {v: n for v, n in counts.items() if v >> 8 == zone}) for zone in zones)


def _change_strata(classes: Nomenclature, counts: Mapping[int, int], share: float) -> tuple[Stratum, ...]:
    total = sum(counts.values())
    stable, changes, near, other = [], [], {}, {}
    for value, pixels in counts.items():
        a, b = value >> 8 & 255, value & 255
        if value & NEAR:
            near[value] = pixels
        elif a == b:
            stable.append(Stratum(f"{classes[a].alias} > {classes[a].alias}", (value,), pixels, a, a, False))
        elif pixels >= share * total:
            changes.append(Stratum(f"{classes[a].alias} > {classes[b].alias}", (value,), pixels, a, b, True))
        else:
            other[value] = pixels
    last = [_merged(OTHER_CHANGE, other, True)] if other else []
    last += [_merged(NEAR_CHANGE, near, False)] if near else []
    return (*stable, *changes, *last)


def _merged(name: str, counts: Mapping[int, int], changes: bool | None = None) -> Stratum:
    single = next(iter(counts)) if len(counts) == 1 else 0
    code, code_b = (single & 255, 0) if changes is None else (single >> 8 & 255, single & 255)
    return Stratum(name, tuple(counts), sum(counts.values()), code, code_b, changes)
