"""Metadata of Landsat Collection 2 (`*_MTL`), which the USGS delivers three times: as XML, as JSON, and as text."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from defusedxml import ElementTree as SafeET
from defusedxml.common import DefusedXmlException

# what reading a document that is cut, hostile or absurd raises
UNREADABLE = (ET.ParseError, DefusedXmlException, ValueError, LookupError, TypeError, AttributeError, RecursionError)
FORMS = ("xml", "json", "txt")  # the first there is read
_ROOT = "LANDSAT_METADATA_FILE"

Groups = dict[str, dict[str, str]]


@dataclass(frozen=True)
class SceneMetadata:
    """What the metadata of a scene say; None or empty where they are silent.

    when: time of the centre of the scene, UTC. mult, add: by file band (B1, …), reflectance = number × mult + add. cloud_share: 0–1.
    about: angles of the sun, degrees.
    """

    product_id: str = ""
    when: dt.datetime | None = None
    mult: Mapping[str, float] = field(default_factory=dict)
    add: Mapping[str, float] = field(default_factory=dict)
    cloud_share: float | None = None
    about: Mapping[str, float] = field(default_factory=dict)


def parse_scene(content: bytes, form: str) -> SceneMetadata:
    """What a reader needs of the metadata. form: one of FORMS. Raises one of UNREADABLE."""
    groups = _PARSERS[form](content)
    seen, law = groups.get("IMAGE_ATTRIBUTES", {}), groups.get("LEVEL2_SURFACE_REFLECTANCE_PARAMETERS", {})
    day, time = seen.get("DATE_ACQUIRED"), seen.get("SCENE_CENTER_TIME")
    when = dt.datetime.fromisoformat(f"{day}T{time}") if day and time else None
    cloud = float(seen.get("CLOUD_COVER", -1))
    about = {}
    if "SUN_ELEVATION" in seen:
        about["sun_zenith"] = 90 - float(seen["SUN_ELEVATION"])
    if "SUN_AZIMUTH" in seen:
        about["sun_azimuth"] = float(seen["SUN_AZIMUTH"])
    return SceneMetadata(
        product_id=groups.get("PRODUCT_CONTENTS", {}).get("LANDSAT_PRODUCT_ID", ""),
        when=when.replace(tzinfo=dt.UTC) if when and not when.tzinfo else when,
        mult=_by_band(law, "REFLECTANCE_MULT_BAND_"),
        add=_by_band(law, "REFLECTANCE_ADD_BAND_"),
        cloud_share=cloud / 100 if cloud >= 0 else None,  # -1 where it was not computed
        about=about,
    )


def _by_band(group: Mapping[str, str], prefix: str) -> dict[str, float]:
    found = {f"B{key.removeprefix(prefix)}": float(value) for key, value in group.items() if key.startswith(prefix)}
    for band, number in found.items():
        if not abs(number) < float("inf") or (number == 0 and "MULT" in prefix):
            raise ValueError(f"{prefix}{band[1:]} of {number}")
    return found


def _from_xml(content: bytes) -> Groups:
    root = SafeET.fromstring(content, forbid_dtd=True)
    return {group.tag: {e.tag: " ".join((e.text or "").split()) for e in group} for group in root}


def _from_json(content: bytes) -> Groups:
    document = json.loads(content)[_ROOT]
    return {name: {key: str(value).strip() for key, value in group.items()} for name, group in document.items()}


def _from_text(content: bytes) -> Groups:
    """Lines `KEY = VALUE` between `GROUP = NAME` and `END_GROUP = NAME`; the file ends with `END`."""
    lines = [line.strip() for line in content.decode("ascii").splitlines() if line.strip()]
    if not lines or lines[0] != f"GROUP = {_ROOT}" or lines[-1] != "END":
        raise ValueError(f"expected the lines from `GROUP = {_ROOT}` to `END`")
    groups: Groups = {}
    inside = ""
    for line in lines[:-1]:
        match = re.fullmatch(r'(\w+)\s*=\s*"?(.*?)"?', line)
        if match is None:
            raise ValueError(f"`{line[:40]}` is no line of it")
        if match[1] == "GROUP":
            inside = match[2]
        elif match[1] != "END_GROUP":
            groups.setdefault(inside, {})[match[1]] = match[2]
    return groups


_PARSERS: Mapping[str, Callable[[bytes], Groups]] = {"xml": _from_xml, "json": _from_json, "txt": _from_text}
