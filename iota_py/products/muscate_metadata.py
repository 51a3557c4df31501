"""The `*_MTD_ALL.xml` of a product in the MUSCATE layout: identity, files, scale, quality and mean angles.

Tags have no namespace; texts are surrounded by line breaks in some versions of the chains.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from defusedxml import ElementTree as SafeET
from defusedxml.common import DefusedXmlException

UNREADABLE = (ET.ParseError, DefusedXmlException, ValueError, LookupError)  # what parse_document raises


@dataclass(frozen=True)
class Metadata:
    """What the metadata XML says; empty where it is silent.

    quantification: stored number per unit of reflectance. bands: (nature, band) -> name of the file. about: mean angles of sun and view in
    degrees (azimuths clockwise from north), share of snow 0–1, absolute orbit or path: those that are stated.
    """

    product_id: str = ""
    date: str = ""
    quantification: float | None = None
    nodata: float | None = None
    cloud_share: float | None = None
    bands: Mapping[tuple[str, str], str] = field(default_factory=dict)
    about: Mapping[str, float] = field(default_factory=dict)


def parse_document(content: bytes) -> Metadata:
    """Metadata of a file. Raises one of UNREADABLE for one that is cut, declares a document type, or says no number where one is needed."""
    return parse_metadata(SafeET.fromstring(content, forbid_dtd=True))


def parse_metadata(root: ET.Element) -> Metadata:
    """What the reader needs of a document. Raises ValueError where scale or nodata is no number, or the scale is not positive."""
    quantification = _number(root, ".//REFLECTANCE_QUANTIFICATION_VALUE")
    if quantification is not None and not 0 < quantification < math.inf:
        raise ValueError(f"a quantification of {quantification}")
    cloud = _quality(root, "CloudPercent")
    return Metadata(
        product_id=_text(root, "Product_Characteristics/PRODUCT_ID"),
        date=_text(root, "Product_Characteristics/ACQUISITION_DATE"),
        quantification=quantification,
        nodata=_number(root, ".//SPECIAL_VALUE[@name='nodata']"),
        cloud_share=None if cloud is None else cloud / 100,
        bands=_bands(root),
        about=_about(root),
    )


def _bands(root: ET.Element) -> dict[tuple[str, str], str]:
    """(nature, band) -> name of the file, of the images that have one file for each band."""
    bands = {}
    for image in root.iter("Image"):
        nature = _text(image, "Image_Properties/NATURE")
        for file in image.iter("IMAGE_FILE"):
            if file.get("band_id"):
                bands[(nature, str(file.get("band_id")))] = " ".join((file.text or "").split())
    return bands


def _about(root: ET.Element) -> dict[str, float]:
    """What is shown of a product. The view is the mean over bands (over detectors for VENµS)."""
    means = root.find(".//Geometric_Informations/Mean_Value_List")
    views = [] if means is None else means.findall("Mean_Viewing_Incidence_Angle_List/Mean_Viewing_Incidence_Angle")
    snow = _quality(root, "SnowPercent")
    said = {
        "sun_zenith": None if means is None else _stated(means, "Sun_Angles/ZENITH_ANGLE"),
        "sun_azimuth": None if means is None else _stated(means, "Sun_Angles/AZIMUTH_ANGLE"),
        "view_zenith": _mean(_stated(view, "ZENITH_ANGLE") for view in views),
        "view_azimuth": _mean_direction(_stated(view, "AZIMUTH_ANGLE") for view in views),
        "orbit": _stated(root, "Product_Characteristics/ORBIT_NUMBER"),
        "snow_share": None if snow is None else snow / 100,
    }
    return {name: value for name, value in said.items() if value is not None}


def _quality(root: ET.Element, name: str) -> float | None:
    """An index of quality: of the product itself, whose list has the highest level, not of what it was made from."""
    lists = sorted(root.iter("Product_Quality_List"), key=lambda part: part.get("level") or "")
    return _stated(lists[-1] if lists else root, f".//QUALITY_INDEX[@name='{name}']")


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _mean_direction(degrees: Iterable[float | None]) -> float | None:
    """Mean of directions, 0–360: that of the sum of unit vectors, so that 359 and 1 give 0."""
    known = [math.radians(value) for value in degrees if value is not None]
    if not known:
        return None
    return math.degrees(math.atan2(sum(map(math.sin, known)), sum(map(math.cos, known)))) % 360


def _text(root: ET.Element, path: str) -> str:
    return " ".join((root.findtext(path) or "").split())


def _number(root: ET.Element, path: str) -> float | None:
    """A number that is needed; None where nothing is said. Raises ValueError for a text that is none."""
    text = _text(root, path)
    return float(text) if text else None


def _stated(root: ET.Element, path: str) -> float | None:
    """A number that is only shown; None for anything but a finite one."""
    try:
        value = float(_text(root, path))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
