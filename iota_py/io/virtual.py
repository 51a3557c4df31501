"""Mosaics as VRT files: read as plain lists of local rasters, anything else refused.

A VRT can name an address, an archive, a formula or another VRT, and GDAL would follow it. So GDAL never sees the file: it is parsed here,
and a document with what is known and nothing else is handed on, its sources by their full paths, each one of them what its name says.
"""

from __future__ import annotations

import os
from pathlib import Path
from xml.etree import ElementTree as ET

from defusedxml import ElementTree as SafeET
from defusedxml.common import DefusedXmlException

from iota_py.errors import Fault, InputError
from iota_py.io.archives import read_member

MOSAIC = "mosaic:"
_SIGNATURES = {
    ".tif": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    ".tiff": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    ".jp2": (b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51"),
}
_LEAVES = {
    "VRTDataset": ("SRS", "GeoTransform"),
    "VRTRasterBand": ("NoDataValue",),
    "SimpleSource": ("SourceBand", "SourceProperties", "SrcRect", "DstRect"),
    "ComplexSource": ("SourceBand", "SourceProperties", "SrcRect", "DstRect", "NODATA", "ScaleOffset", "ScaleRatio"),
}
_INNER = {"VRTDataset": ("VRTRasterBand",), "VRTRasterBand": ("SimpleSource", "ComplexSource"), "SimpleSource": (), "ComplexSource": ()}
_DROPPED = (  # says nothing of the numbers at full resolution
    "Metadata", "OverviewList", "ColorInterp", "ColorTable", "CategoryNames", "Description", "UnitType", "Offset", "Scale", "Histograms",
    "HideNoDataValue",
)  # fmt: skip
_FIX = "make it with gdalbuildvrt from GeoTIFF files on this machine"


def mosaic_path(file: str | Path) -> str:
    """Name under which io.raster opens a raster that covers many tiles: it may be a VRT, and larger than a tile."""
    return f"{MOSAIC}{file}"


def plain_name(name: str) -> str:
    """The file of a mosaic's name, as messages give it; any other name as it is."""
    return name.removeprefix(MOSAIC)


def mosaic_sources(file: str | Path) -> tuple[Path, ...]:
    """Rasters that a mosaic is made of, in alphabetical order; none where it is no VRT. Raises InputError as mosaic_document does."""
    if Path(file).suffix.lower() != ".vrt":
        return ()
    return tuple(sorted({Path(str(name.text)) for name in _plain(Path(file)).iter("SourceFilename")}))


def mosaic_document(file: str | Path) -> str:
    """A VRT as text that holds only a grid, bands and local rasters by their full paths.

    Raises InputError (E-PRD-061) where it holds anything else, or a source is missing or is not what its name says.
    """
    return ET.tostring(_plain(Path(file)), encoding="unicode")


def _plain(file: Path) -> ET.Element:
    try:
        root = SafeET.fromstring(read_member(file), forbid_dtd=True)
    except (ET.ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise _refused(file, f"not readable as a VRT ({type(error).__name__}: {error})") from error
    if root.tag != "VRTDataset":
        raise _refused(file, f"expected a VRTDataset, found {root.tag}")
    return _copied(root, file)


def _copied(element: ET.Element, file: Path) -> ET.Element:
    """The element with what is known of it. Raises InputError at the first thing that is not."""
    kind = element.get("subClass")
    if kind is not None:
        raise _refused(file, f"{element.tag} is a {kind}, expected a plain mosaic")
    copy = ET.Element(element.tag, dict(element.attrib))
    for child in element:
        if child.tag in _INNER[element.tag]:
            copy.append(_copied(child, file))
        elif child.tag == "SourceFilename" and not _INNER[element.tag]:
            ET.SubElement(copy, "SourceFilename", {"relativeToVRT": "0", "shared": "0"}).text = str(_source(child, file))
        elif child.tag in _LEAVES[element.tag] and not len(child):
            ET.SubElement(copy, child.tag, dict(child.attrib)).text = child.text
        elif child.tag not in _DROPPED:
            raise _refused(file, f"{element.tag} holds {child.tag}, which a plain mosaic does not need")
    return copy


def _source(name: ET.Element, file: Path) -> Path:
    """Full path of a source: a raster below the folder of the VRT, or a local one named by its full path."""
    text = (name.text or "").strip()
    path = Path(text)
    full = Path(os.path.abspath(file.parent / path))
    inside = name.get("relativeToVRT") == "1" and ".." not in path.parts
    if "://" in text or str(full).startswith("/vsi") or not (inside or path.is_absolute()):
        raise _refused(file, f"source `{text}` is neither below the folder of the VRT nor the full path of a local file")
    signatures = _SIGNATURES.get(full.suffix.lower())
    if signatures is None:
        raise _refused(file, f"source `{text}` is not named {', '.join(_SIGNATURES)}")
    try:
        with open(full, "rb") as stream:
            begin = stream.read(8)
    except OSError as error:
        raise _refused(file, f"source `{text}` cannot be read ({error.strerror})", "check that every source is there") from error
    if not begin.startswith(signatures):
        raise _refused(file, f"source `{text}` is not what its name says")
    return full


def _refused(file: Path, text: str, fix: str = _FIX) -> InputError:
    return InputError(Fault("E-PRD-061", str(file), "", text, fix))
