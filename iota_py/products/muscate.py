"""Reader of products in the MUSCATE layout (MAJA and the chains beside it): names, metadata XML, files.

File lists, scale and nodata come from `*_MTD_ALL.xml`; a product without it is read by its file names, with a warning.
"""

from __future__ import annotations

import datetime as dt
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from defusedxml import ElementTree as SafeET
from defusedxml.common import DefusedXmlException

from iota_py.errors import Fault, InputError
from iota_py.products.container import Container, require_folder
from iota_py.products.family import Family, Mask
from iota_py.products.product import Layer, MaskLayer, Product, SetAside
from iota_py.products.source import Choice, Source


@dataclass(frozen=True)
class Metadata:
    """What the metadata XML says; empty where it is silent."""

    product_id: str = ""
    date: str = ""
    quantification: float | None = None
    nodata: float | None = None
    cloud_share: float | None = None
    bands: Mapping[tuple[str, str], str] = field(default_factory=dict)  # (nature, band) -> file


def find_muscate(source: Source) -> list[Product | SetAside]:
    """Every product of a MUSCATE family in a folder; one that cannot be used is set aside: its name alone says tile and time."""
    require_folder(source)
    found: list[Product | SetAside] = []
    for container in find_products(source.path, source.family):
        try:
            found.append(read_product(container, source.family, source.choice))
        except InputError as error:
            match = named(container.stem, source.family)
            assert match is not None
            found.append(SetAside(container.stem, match["tile"], sensed(match), "bad", str(error), platform=match["platform"]))
    return found


def find_products(root: Path, family: Family) -> list[Container]:
    """Directories and archives under `root` (two levels deep) whose name is one of the family's, in alphabetical order."""
    found = []
    for path in sorted(p for depth in ("*", "*/*") for p in root.glob(depth)):
        if (path.is_dir() or path.suffix == ".zip") and named(path.name.removesuffix(".zip"), family):
            found.append(Container(path))
    inner = {c.path for c in found if c.path.parent in {other.path for other in found}}
    return [c for c in found if c.path not in inner]


def named(name: str, family: Family) -> re.Match[str] | None:
    """Match of a name that is one of the family's and holds a time that exists."""
    assert family.product is not None
    match = family.product.match(name)
    try:
        return match if match and sensed(match) else None
    except ValueError:
        return None


def sensed(match: re.Match[str]) -> dt.datetime:
    """Time in the name of a product, UTC."""
    return dt.datetime.strptime(f"{match['date']}{match['time']}{match['ms']}000", "%Y%m%d%H%M%S%f").replace(tzinfo=dt.UTC)


def identify(container: Container, family: Family) -> re.Match[str]:
    """Match of the most telling name: that of the directory inside an archive, else that of the container."""
    match = named(container.product_name, family) or named(container.stem, family)
    if match is None:
        raise InputError(Fault("E-PRD-003", str(container.path), "", f"not named as {family.title}"))
    return match


def read_product(container: Container, family: Family, choice: Choice) -> Product:
    """Read names and metadata, find the files. Raises InputError with what is missing or contradictory."""
    match = identify(container, family)
    metadata, listed, warnings = _metadata(container, family)
    when = sensed(match)
    if metadata.date and metadata.date[:10] != when.date().isoformat():
        fault = Fault(
            "E-PRD-004", str(container.path), "ACQUISITION_DATE", f"the metadata say {metadata.date[:10]}, the name {when.date()}"
        )
        raise InputError(fault)
    bands = _bands(container, family, choice, metadata)
    masks = _masks(container, family, choice)
    files = [member for member in container.members if any(container.raster(member) == layer.path for layer in _layers(bands, masks))]
    return Product(
        id=metadata.product_id or match.group(0),
        family=family.name,
        platform=match["platform"],
        level=match["level"],
        when=when,
        tile=match["tile"],
        version=(int(match["vmaj"] or 0), int(match["vmin"] or 0)),
        bands=bands,
        masks=masks,
        nodata=metadata.nodata if metadata.nodata is not None else family.nodata,
        valid_range=family.valid_range,
        cloud_share=metadata.cloud_share,
        fingerprint=container.fingerprint(files + listed),
        warnings=warnings,
    )


def _layers(bands: Mapping[str, Layer], masks: tuple[MaskLayer, ...]) -> list[Layer]:
    return [*bands.values(), *(m.layer for m in masks)]


def _metadata(container: Container, family: Family) -> tuple[Metadata, list[str], tuple[str, ...]]:
    """Metadata, the members that hold them, and warnings."""
    assert family.metadata is not None
    found = [m for m in container.members if family.metadata.search(m) and m.count("/") <= 2]
    if not found:
        return Metadata(), [], ("no metadata XML: scale, nodata and files are taken from the names",)
    try:
        return parse_metadata(SafeET.fromstring(container.read(found[0]), forbid_dtd=True)), [found[0]], ()
    except (ET.ParseError, DefusedXmlException, ValueError, LookupError) as error:
        reason = f"not readable as metadata ({type(error).__name__}: {error})"
        raise InputError(Fault("E-PRD-005", str(container.path), found[0], reason, "download the product again")) from error


def parse_metadata(root: ET.Element) -> Metadata:
    """What this reader needs of a MUSCATE metadata document (paths as in the products' own tags).

    Raises ValueError where a number is none, or the quantification is not positive.
    """
    bands = {}
    for image in root.iter("Image"):
        nature = _text(image, "Image_Properties/NATURE")
        for file in image.iter("IMAGE_FILE"):
            if file.get("band_id"):
                bands[(nature, str(file.get("band_id")))] = " ".join((file.text or "").split())
    cloud = _number(root, ".//QUALITY_INDEX[@name='CloudPercent']")
    quantification = _number(root, ".//REFLECTANCE_QUANTIFICATION_VALUE")
    if quantification is not None and not 0 < quantification < float("inf"):
        raise ValueError(f"a quantification of {quantification}")
    return Metadata(
        product_id=_text(root, "Product_Characteristics/PRODUCT_ID"),
        date=_text(root, "Product_Characteristics/ACQUISITION_DATE"),
        quantification=quantification,
        nodata=_number(root, ".//SPECIAL_VALUE[@name='nodata']"),
        cloud_share=None if cloud is None else cloud / 100,
        bands=bands,
    )


def _bands(container: Container, family: Family, choice: Choice, metadata: Metadata) -> dict[str, Layer]:
    """Layer of each band asked for: the file that the metadata name, or the one whose name says so."""
    assert family.band_file is not None
    by_name: dict[tuple[str, str], str] = {}
    for member in container.members:
        match = family.band_file.search(member)
        if match:
            by_name.setdefault((match["kind"], match["band"]), member)
    base_names = {posixpath.basename(m): m for m in container.members}
    nature = family.nature[choice.reflectance]
    scale = 10000.0 / (metadata.quantification or family.quantification)
    layers, missing = {}, []
    for band in choice.bands:
        stated = base_names.get(posixpath.basename(metadata.bands.get((nature, band), "")))
        member = stated or by_name.get((choice.reflectance, band))
        if member is None:
            missing.append(band)
        else:
            layers[band] = Layer(container.raster(member), scale=scale)
    if missing:
        have = f"expected bands {', '.join(choice.bands)} ({choice.reflectance}), missing {', '.join(missing)}"
        raise InputError(
            Fault("E-PRD-006", str(container.path), "", have, "download the product again, or list its date under exclude_dates")
        )
    return layers


def _masks(container: Container, family: Family, choice: Choice) -> tuple[MaskLayer, ...]:
    assert family.mask_file is not None
    by_name = {}
    for member in container.members:
        match = family.mask_file.search(member)
        if match:
            by_name[(match["mask"], match["group"])] = member
    masks = []
    for mask in family.masks.values():
        bits = _bits(mask, choice)
        if not bits:
            continue
        member = by_name.get((mask.name, mask.group))
        if member is None:
            fault = Fault("E-PRD-007", str(container.path), "", f"mask {mask.name}_{mask.group} is missing", "download the product again")
            raise InputError(fault)
        masks.append(MaskLayer(Layer(container.raster(member)), bits=bits, footprint=mask.footprint))
    return tuple(masks)


def _bits(mask: Mask, choice: Choice) -> int:
    """Bits of a mask that make a pixel unusable under the run's choice; 0 when the mask is not asked for."""
    every = 0xFFFF
    if mask.when == "always":
        return every
    if mask.when == "saturation":
        return every if choice.saturation else 0
    if isinstance(choice.cloud, tuple):
        return sum(1 << bit for bit in set(choice.cloud))
    return {"strict": every, "summary": sum(1 << bit for bit in mask.summary_bits), "none": 0}[choice.cloud]


def _text(root: ET.Element, path: str) -> str:
    return " ".join((root.findtext(path) or "").split())


def _number(root: Any, path: str) -> float | None:
    text = _text(root, path)
    return float(text) if text else None
