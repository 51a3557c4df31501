"""Classes as the STAC classification extension lists them (https://github.com/stac-extensions/classification, version 2)."""

from __future__ import annotations

from typing import Any

from iota_py.nomenclature.classes import Nomenclature
from iota_py.nomenclature.entry import NODATA, LandCoverClass


def stac_classes(nomenclature: Nomenclature) -> list[dict[str, Any]]:
    """Content of `classification:classes`: no data first, then the classes by code.

    Each has value, name (the alias), title (English), description (the name in every language of the file) and color_hint (RRGGBB).
    """
    empty = {"value": NODATA, "name": "no_data", "title": "no data", "description": "no data", "nodata": True}
    return [empty, *(_described(c) for c in nomenclature.classes)]


def _described(one: LandCoverClass) -> dict[str, Any]:
    others = [f"{one.names[language]} ({language})" for language in sorted(set(one.names) - {"en"})]
    return {
        "value": one.code,
        "name": one.alias,
        "title": one.label(),
        "description": "; ".join([one.label(), *others]),
        "color_hint": one.hex_colour.removeprefix("#").upper(),
    }
