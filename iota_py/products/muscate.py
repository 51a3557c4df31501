"""Reader of products in the MUSCATE layout (MAJA, WASP and the chains beside them): names and files. The metadata are read next door.

File lists, scale and nodata come from `*_MTD_ALL.xml`; a product without it is read by its file names, with a warning, where its family
has always had one scale.
"""

from __future__ import annotations

import datetime as dt
import posixpath
import re
from dataclasses import dataclass, replace

from iota_py.errors import Fault, InputError
from iota_py.products.container import Container, require_folder
from iota_py.products.deliveries import find_deliveries
from iota_py.products.family import Family
from iota_py.products.muscate_masks import check_choice, find_masks, reflectance_kind
from iota_py.products.muscate_metadata import UNREADABLE, Metadata, parse_document
from iota_py.products.product import Layer, Product, SetAside
from iota_py.products.source import Choice, Source

_STORED = 10000.0  # stored number per unit of reflectance in this package
_AGAIN = "download the product again, or list its date under exclude_dates"


@dataclass(frozen=True)
class Described:
    """Metadata of a product, the members that hold them, stored number per unit of reflectance, and warnings."""

    metadata: Metadata
    members: tuple[str, ...]
    quantification: float
    warnings: tuple[str, ...]


def find_muscate(source: Source) -> list[Product | SetAside]:
    """Every product of a MUSCATE family in a folder; one that cannot be used is set aside: its name alone says tile and time.

    Raises InputError where the folder is missing, or the family cannot do what the configuration asks for.
    """
    require_folder(source)
    check_choice(source)
    found: list[Product | SetAside] = [*_obsolete(source)]
    for container, match in find_deliveries(source.path, source.family, sensed):
        try:
            found.append(read_product(container, source.family, source.choice))
        except InputError as error:
            found.append(SetAside(match.group(0), match["tile"], sensed(match), "bad", str(error), platform=match["platform"]))
    return found


def _obsolete(source: Source) -> list[SetAside]:
    """Products in the older formats of a family, which are not read."""
    aside, old = [], source.family.options.get("obsolete", {})
    for pattern in old.get("patterns", ()):
        family = replace(source.family, product=re.compile(pattern))
        for container, match in find_deliveries(source.path, family, sensed):
            fault = Fault("E-PRD-022", str(container.path), "", old["said"], old["fix"])
            aside.append(SetAside(match.group(0), match["tile"], sensed(match), "bad", fault.line(), platform=match["platform"]))
    return aside


def named(name: str, family: Family) -> re.Match[str] | None:
    """Match of a name that is one of the family's and holds a time that exists."""
    assert family.product is not None
    match = family.product.match(name)
    try:
        return match if match and sensed(match) else None
    except ValueError:
        return None


def sensed(match: re.Match[str]) -> dt.datetime:
    """Time in the name of a product, UTC; midnight where it says the day alone. Raises ValueError for one that does not exist."""
    said = {"time": "000000", "ms": "000", **match.groupdict()}
    return dt.datetime.strptime(f"{said['date']}{said['time']}{said['ms']}000", "%Y%m%d%H%M%S%f").replace(tzinfo=dt.UTC)


def identify(container: Container, family: Family) -> re.Match[str]:
    """Match of the most telling name: that of the directory inside an archive, else that of the container."""
    match = named(container.product_name, family) or named(container.stem, family)
    if match is None:
        raise InputError(Fault("E-PRD-003", str(container.path), "", f"not named as {family.title}"))
    return match


def read_product(container: Container, family: Family, choice: Choice) -> Product:
    """Read names and metadata, find the files. Raises InputError with what is missing or contradictory."""
    match = identify(container, family)
    described = _described(container, family)
    metadata, when = described.metadata, sensed(match)
    if metadata.date and metadata.date[:10] != when.date().isoformat():
        text = f"the metadata say {metadata.date[:10]}, the name {when.date()}"
        raise InputError(Fault("E-PRD-004", str(container.path), "ACQUISITION_DATE", text))
    files = _band_files(container, family, choice, metadata)
    masks = find_masks(container, family, choice)
    slow = ("a compressed tar is unpacked from its beginning at every reading, which is slow: unpack it to a folder",)
    return Product(
        id=metadata.product_id or match.group(0),
        family=family.name,
        platform=match["platform"],
        level=match["level"],
        when=when,
        tile=match["tile"],
        version=(int(match["vmaj"] or 0), int(match["vmin"] or 0)),
        bands={band: _layer(container.raster(file), family, band, described.quantification) for band, file in files.items()},
        masks=masks.layers,
        nodata=metadata.nodata if metadata.nodata is not None else family.nodata,
        valid_range=_valid_range(family, described.quantification),
        cloud_share=metadata.cloud_share,
        fingerprint=container.fingerprint([*files.values(), *masks.members, *described.members]),
        warnings=(*described.warnings, *masks.warnings, *(slow if container.slow else ())),
        about=metadata.about,
    )


def _layer(path: str, family: Family, band: str, quantification: float) -> Layer:
    own = family.bands[band]
    return Layer(path, scale=_STORED / quantification if own.scale is None else own.scale, shift=own.shift, law=own.law)


def _valid_range(family: Family, quantification: float) -> tuple[float, float] | None:
    """Range of the family, which is in stored numbers, in those of the files."""
    if family.valid_range is None:
        return None
    low, high = (bound * quantification / _STORED for bound in family.valid_range)
    return low, high


def _described(container: Container, family: Family) -> Described:
    """Metadata. Raises InputError where they cannot be read, or where they alone could say the scale and do not."""
    member = _metadata_member(container, family)
    metadata, warnings = Metadata(), ("no metadata XML: scale, nodata and files are taken from the names",)
    if member:
        try:
            metadata, warnings = parse_document(container.read(member)), ()
        except UNREADABLE as error:
            reason = f"not readable as metadata ({type(error).__name__}: {error})"
            raise InputError(Fault("E-PRD-005", str(container.path), member, reason, "download the product again")) from error
    members = (member,) if member else ()
    if metadata.quantification is not None:
        return Described(metadata, members, metadata.quantification, warnings)
    doubt = family.options.get("stated_scale")
    if doubt:
        text = f"the metadata do not say the scale, which is {doubt}" if member else f"no metadata XML, and the scale is {doubt}"
        raise InputError(Fault("E-PRD-021", str(container.path), "REFLECTANCE_QUANTIFICATION_VALUE", text, "download the product again"))
    if member:
        warnings = (f"the metadata do not say the scale: {family.quantification:g} is assumed",)
    return Described(metadata, members, family.quantification, warnings)


def _metadata_member(container: Container, family: Family) -> str:
    """The member that holds the metadata, the one nearest to the top; empty where there is none. Raises InputError where it is not one."""
    assert family.metadata is not None
    found = [m for m in container.filled if family.metadata.search(m) and m.count("/") <= 2]
    nearest = [m for m in found if m.count("/") == min(m.count("/") for m in found)]
    if len(nearest) > 1:
        text = f"holds several products ({', '.join(map(posixpath.basename, nearest))})"
        raise InputError(Fault("E-PRD-020", str(container.path), "", text, "give each a folder or archive of its own"))
    return nearest[0] if nearest else ""


def _band_files(container: Container, family: Family, choice: Choice, metadata: Metadata) -> dict[str, str]:
    """Member of each band asked for: the file that the metadata name, or the one whose name says so."""
    by_name = _files_by_name(container, family)
    base_names = {posixpath.basename(m): m for m in container.filled}
    kind = reflectance_kind(family, choice)
    files = {}
    for band in choice.bands:
        stated = base_names.get(posixpath.basename(metadata.bands.get((family.nature[kind], band), "")))
        member = stated or by_name.get((kind, band)) or by_name.get(("", band))
        if member is not None:
            files[band] = member
    missing = [band for band in choice.bands if band not in files]
    if missing:
        have = f"expected bands {', '.join(choice.bands)} ({kind}), missing {', '.join(missing)}"
        other = next((k for k in family.nature if k != kind and all((k, band) in by_name for band in choice.bands)), "")
        fix = f"set `reflectance: {other}`, which this product has" if other else _AGAIN
        raise InputError(Fault("E-PRD-006", str(container.path), "", have, fix))
    return files


def _files_by_name(container: Container, family: Family) -> dict[tuple[str, str], str]:
    """(kind, band) -> member; kind is empty for bands that are no reflectance."""
    assert family.band_file is not None
    found: dict[tuple[str, str], str] = {}
    for member in container.filled:
        match = family.band_file.search(member)
        if match:
            found.setdefault((match["kind"] or "", match["band"]), member)
    return found
