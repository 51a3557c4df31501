"""What a legend lists: the classes under the groups of the upper level."""

from __future__ import annotations

from dataclasses import dataclass

from iota_py.nomenclature.classes import Nomenclature
from iota_py.nomenclature.entry import LandCoverClass


@dataclass(frozen=True)
class LegendGroup:
    """One group. heading: its name in the language of the legend, empty where the classes have none."""

    heading: str
    classes: tuple[LandCoverClass, ...]


def legend_groups(nomenclature: Nomenclature, language: str = "en") -> tuple[LegendGroup, ...]:
    """The groups in the order of their first classes, each with its classes by code."""
    names = dict.fromkeys(c.group for c in nomenclature.classes)
    return tuple(
        LegendGroup(nomenclature.group_label(name, language), tuple(c for c in nomenclature.classes if c.group == name)) for name in names
    )
