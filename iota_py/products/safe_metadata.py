"""Metadata of the SAFE layout of ESA: `MTD_MSIL2A.xml` of a product, `MTD_TL.xml` of its granule.

Tags are looked up by local name, since the number in the namespace changes with the version of the format.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from defusedxml import ElementTree as SafeET
from defusedxml.common import DefusedXmlException

# what reading a document that is cut, hostile or absurd raises
UNREADABLE = (ET.ParseError, DefusedXmlException, ValueError, LookupError, OverflowError)


@dataclass(frozen=True)
class SafeMetadata:
    """What `MTD_MSIL2A.xml` says; None or empty where it is silent.

    uri: name of the product. baseline: processing baseline in hundredths (05.09 is 509). offsets: to add to the numbers, by `band_id`.
    cloud_share: 0–1. orbit: relative orbit.
    """

    uri: str = ""
    baseline: int | None = None
    quantification: float | None = None
    offsets: Mapping[int, float] = field(default_factory=dict)
    cloud_share: float | None = None
    orbit: int | None = None


def parse_safe(document: bytes | str) -> SafeMetadata:
    """What a reader needs of the metadata of a product. Raises one of UNREADABLE, ValueError also for a quantification that is not positive."""
    root = SafeET.fromstring(document, forbid_dtd=True)
    baseline, cloud, orbit = (_text(root, tag) for tag in ("PROCESSING_BASELINE", "Cloud_Coverage_Assessment", "SENSING_ORBIT_NUMBER"))
    # products until 2018 write L2A_ before the name
    quantification = _text(root, "BOA_QUANTIFICATION_VALUE") or _text(root, "L2A_BOA_QUANTIFICATION_VALUE")
    if quantification and not 0 < float(quantification) < float("inf"):
        raise ValueError(f"a quantification of {quantification}")
    return SafeMetadata(
        uri=_text(root, "PRODUCT_URI"),
        baseline=round(float(baseline) * 100) if baseline else None,
        quantification=float(quantification) if quantification else None,
        offsets={int(e.get("band_id", "")): _finite(e.text) for e in root.iterfind(".//{*}BOA_ADD_OFFSET")},
        cloud_share=float(cloud) / 100 if cloud else None,
        orbit=int(orbit) if orbit else None,
    )


def parse_granule(document: bytes | str) -> tuple[dt.datetime, dict[str, float]]:
    """Time at which a tile was seen, UTC, and mean angles of the sun in degrees where they are numbers.

    Raises one of UNREADABLE, ValueError also where there is no time.
    """
    root = SafeET.fromstring(document, forbid_dtd=True)
    when = dt.datetime.fromisoformat(_text(root, "SENSING_TIME"))
    angles = {}
    for name, tag in (("sun_zenith", "ZENITH_ANGLE"), ("sun_azimuth", "AZIMUTH_ANGLE")):
        angle = float(_text(root, f"Mean_Sun_Angle/{{*}}{tag}") or "nan")
        if angle == angle:  # means may be NaN
            angles[name] = angle
    return when if when.tzinfo else when.replace(tzinfo=dt.UTC), angles


def _text(root: ET.Element, path: str) -> str:
    return " ".join((root.findtext(f".//{{*}}{path}") or "").split())


def _finite(text: str | None) -> float:
    number = float(text or "")
    if not abs(number) < float("inf"):
        raise ValueError(f"an offset of {number}")
    return number
