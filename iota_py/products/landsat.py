"""Reader of Landsat 4 to 9 surface reflectance, Collection 2 Level 2 of the USGS: names, metadata, files.

reflectance = number × mult + add, as the metadata say (0.0000275 and -0.2 in all of Collection 2), a number of 0 being no data. Quality
is in bits: QA_PIXEL (fill, clouds, snow) and QA_RADSAT (saturation). Scenes lie anywhere: their name says path and row, not a tile.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from iota_py.errors import Fault, InputError
from iota_py.products.container import Container, require_folder
from iota_py.products.deliveries import find_deliveries, judged, newest
from iota_py.products.family import Family, Mask
from iota_py.products.landsat_metadata import FORMS, UNREADABLE, SceneMetadata, parse_scene
from iota_py.products.product import Layer, MaskLayer, Product, SetAside
from iota_py.products.source import Choice, Source

_EVERY = 0xFFFF
_AGAIN = "download the scene again, or list its date under exclude_dates"


@dataclass(frozen=True)
class Masks:
    """Mask layers of a scene, their members, and warnings about those that are missing."""

    layers: tuple[MaskLayer, ...]
    members: tuple[str, ...]
    warnings: tuple[str, ...]


def find_landsat(source: Source) -> list[Product | SetAside]:
    """Every scene in a folder. Of several of one place and day, tier 1 is preferred to tier 2 and to real time, then the latest processing.

    One that cannot be used is set aside: its name alone says place and day.
    """
    require_folder(source)
    groups: dict[tuple[str, ...], list[Product | SetAside]] = {}
    for container, match in find_deliveries(source.path, source.family, _days):
        entries = groups.setdefault(match.group("satellite", "tile", "date"), [])
        try:
            entries.append(judged(read_scene(container, match, source.family, source.choice), source.bad))
        except InputError as error:
            entries.append(SetAside(match.group(0), match["tile"], _days(match)[0], "bad", str(error), platform=_platform(match)))
    return [entry for entries in groups.values() for entry in best_scene(entries)]


def best_scene(entries: list[Product | SetAside]) -> list[Product | SetAside]:
    """What is used of the deliveries of one scene; those that cannot be read are given its time, which their names do not say."""
    products = [entry for entry in entries if isinstance(entry, Product)]
    asides = [entry for entry in entries if isinstance(entry, SetAside)]
    if not products:
        return [*asides]
    best, others = newest(products)
    return [best, *others, *(replace(one, when=best.when) for one in asides)]


def _days(match: re.Match[str]) -> tuple[dt.datetime, dt.datetime]:
    """Days of acquisition and of processing in a name, midnight UTC. Raises ValueError for days that do not exist."""
    seen, processed = (dt.datetime.strptime(match[key], "%Y%m%d").replace(tzinfo=dt.UTC) for key in ("date", "processed"))
    return seen, processed


def _platform(match: re.Match[str]) -> str:
    return f"LANDSAT{int(match['satellite'])}"


def read_scene(container: Container, match: re.Match[str], family: Family, choice: Choice) -> Product:
    """Read the metadata, find the files. Raises InputError with what is missing or contradictory."""
    metadata, described, notes = _metadata(container, family)
    _check(container, match, metadata, family)
    files = _band_files(container, family, choice, match["satellite"])
    masks = _masks(container, family, choice)
    if described and not {number for number, _ in files.values()} <= set(metadata.mult) & set(metadata.add):
        notes = (*notes, "no scale in the metadata: that of Collection 2 is assumed")
    return Product(
        id=match.group(0),
        family=family.name,
        platform=_platform(match),
        level=match["level"],
        when=metadata.when or _along_orbit(match),
        tile=match["tile"],
        version=(family.options["tiers"].index(match["tier"]), int(match["processed"])),
        bands={band: _layer(container, member, number, metadata, family) for band, (number, member) in files.items()},
        masks=masks.layers,
        nodata=family.nodata,
        valid_range=family.valid_range,
        cloud_share=metadata.cloud_share,
        fingerprint=container.fingerprint([*(member for _, member in files.values()), *masks.members, *described]),
        warnings=(*notes, *masks.warnings),
        about=metadata.about,
    )


def _along_orbit(match: re.Match[str]) -> dt.datetime:
    """A time for a scene whose metadata say none: right to the day, and in the order in which the scenes of the day were seen.

    The rows of a path follow each other by 24 s; no two scenes of a day have the same time, or one would be taken for a copy of the other.
    """
    path, row = int(match["tile"][:3]), int(match["tile"][3:])
    return _days(match)[0] + dt.timedelta(seconds=24 * row, microseconds=path)


def _metadata(container: Container, family: Family) -> tuple[SceneMetadata, tuple[str, ...], tuple[str, ...]]:
    """Metadata in the first form that is there, the member that holds them, and warnings."""
    assert family.metadata is not None
    found = {match["form"]: member for member in container.members if (match := family.metadata.search(member))}
    form = next((form for form in FORMS if form in found), None)
    if form is None:
        return SceneMetadata(), (), ("no metadata: the scale is that of Collection 2, the time of day is not known",)
    try:
        return parse_scene(container.read(found[form]), form), (found[form],), ()
    except UNREADABLE as error:
        reason = f"not readable as metadata ({type(error).__name__}: {error})"
        raise InputError(Fault("E-PRD-036", str(container.path), found[form], reason, _AGAIN)) from error


def _check(container: Container, match: re.Match[str], metadata: SceneMetadata, family: Family) -> None:
    """Raise InputError where the metadata are those of another scene."""
    assert family.product is not None
    keys = ("satellite", "level", "tile", "date")
    stated = family.product.match(metadata.product_id)
    if stated and stated.group(*keys) != match.group(*keys):
        text = f"the metadata are those of {metadata.product_id}"
        raise InputError(Fault("E-PRD-037", str(container.path), "LANDSAT_PRODUCT_ID", text, _AGAIN))
    day = _days(match)[0].date()
    if metadata.when and metadata.when.date() != day:
        text = f"the metadata say {metadata.when.date()}, the name {day}"
        raise InputError(Fault("E-PRD-037", str(container.path), "DATE_ACQUIRED", text, _AGAIN))


def _numbers(family: Family, satellite: str) -> Mapping[str, str]:
    """Band -> its number in the files of a satellite."""
    numbers: Mapping[str, str] = family.options["files"][family.options["sensors"][satellite]]
    return numbers


def _band_files(container: Container, family: Family, choice: Choice, satellite: str) -> dict[str, tuple[str, str]]:
    """Number and member of each band asked for."""
    assert family.band_file is not None
    members = {match["band"]: member for member in container.members if (match := family.band_file.search(member))}
    numbers = _numbers(family, satellite)
    files, missing = {}, []
    for band in choice.bands:
        number = numbers.get(band, "")
        if number in members:
            files[band] = (number, members[number])
        else:
            missing.append(f"{band} (SR_{number})" if number else f"{band}, which its sensor does not have")
    if missing:
        text = f"expected bands {', '.join(choice.bands)}, missing {', '.join(missing)}"
        raise InputError(Fault("E-PRD-038", str(container.path), "", text, _AGAIN))
    return files


def _layer(container: Container, member: str, number: str, metadata: SceneMetadata, family: Family) -> Layer:
    mult, add = metadata.mult.get(number, family.options["mult"]), metadata.add.get(number, family.options["add"])
    return Layer(container.raster(member), scale=round(10000 * mult, 12), shift=round(10000 * add, 9))


def _masks(container: Container, family: Family, choice: Choice) -> Masks:
    """Mask layers that the choice asks for. A scene without QA_RADSAT is read without it, with a warning."""
    assert family.mask_file is not None
    members = {match["mask"]: member for member in container.members if (match := family.mask_file.search(member))}
    layers: list[MaskLayer] = []
    used: dict[str, None] = {}
    warnings = []
    for (name, footprint), bits in forbidden_bits(family, choice).items():
        if name in members:
            layers.append(MaskLayer(Layer(container.raster(members[name])), bits=bits, footprint=footprint))
            used[members[name]] = None
        elif name == "QA_RADSAT":
            warnings.append("no QA_RADSAT: saturated pixels are not known")
        else:
            raise InputError(Fault("E-PRD-039", str(container.path), "", f"{name} is missing", _AGAIN))
    return Masks(tuple(layers), tuple(used), tuple(warnings))


def forbidden_bits(family: Family, choice: Choice) -> dict[tuple[str, bool], int]:
    """Bits that make a pixel unusable under the run's choice, as one integer by mask and by whether it marks the swath."""
    found: dict[tuple[str, bool], int] = {}
    for mask in family.masks.values():
        bits = _asked(mask, choice)
        if bits:
            key = (mask.name, mask.footprint)
            found[key] = found.get(key, 0) | bits
    return found


def _asked(mask: Mask, choice: Choice) -> int:
    if mask.when == "cloud":
        policies = {"strict": mask.bits, "summary": mask.summary_bits, "none": ()}
        return _integer(choice.cloud if isinstance(choice.cloud, tuple) else policies[choice.cloud])
    if mask.when != "always" and not getattr(choice, mask.when):
        return 0
    return _integer(mask.bits) if mask.bits else _EVERY


def _integer(bits: tuple[int, ...]) -> int:
    return sum(1 << bit for bit in set(bits))
