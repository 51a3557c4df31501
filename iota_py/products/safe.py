"""Reader of Sentinel-2 L2A products of Sen2Cor in the SAFE layout of ESA: names, metadata, files.

The metadata are believed on scale and offset: `reflectance = (number + offset of the band) / quantification` (Sentinel-2 Products
Specification Document, `BOA_ADD_OFFSET`), a number of 0 being no data.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from iota_py.errors import Fault, InputError
from iota_py.products.container import Container, require_folder
from iota_py.products.deliveries import find_deliveries, judged, newest, superseded
from iota_py.products.family import Family
from iota_py.products.product import Layer, MaskLayer, Product, SetAside
from iota_py.products.safe_metadata import UNREADABLE, SafeMetadata, parse_granule, parse_safe
from iota_py.products.source import Choice, Source

TOOLBOX = 9999  # baseline that Sen2Cor writes when a user runs it
_GRANULE = re.compile(r"(?:^|/)GRANULE/(?P<granule>[^/]+)/")
_LONGEST = dt.timedelta(hours=1)  # from the start of a datatake to a tile of it
_AGAIN = "download the product again, or list its date under exclude_dates"


@dataclass(frozen=True)
class Sensed:
    """When a tile was seen, UTC, and what else its granule says; members: the file that says it."""

    when: dt.datetime
    about: Mapping[str, float]
    members: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Law:
    """stored = number × scale + shift of the band."""

    scale: float
    shifts: Mapping[str, float]
    warnings: tuple[str, ...] = ()


def find_safe(source: Source) -> list[Product | SetAside]:
    """Every SAFE product in a folder. Of one datatake and tile the highest baseline is kept, of each granule the latest processing.

    One that cannot be used is set aside: its name alone says tile and time.
    """
    require_folder(source)
    groups: dict[tuple[str, ...], tuple[list[tuple[str, Product]], list[SetAside]]] = {}
    for container, match in find_deliveries(source.path, source.family, _times):
        products, asides = groups.setdefault(match.group("platform", "datatake", "tile"), ([], []))
        try:
            entry = judged(read_safe(container, match, source.family, source.choice), source.bad)
        except InputError as error:
            entry = SetAside(_name(match), match["tile"], _times(match)[0], "bad", str(error), platform=match["platform"])
        if isinstance(entry, SetAside):
            asides.append(entry)
        else:
            products.append((_granule(container), entry))
    return [entry for products, asides in groups.values() for entry in (*_chosen(products), *_timed(asides, products))]


def _timed(asides: list[SetAside], products: list[tuple[str, Product]]) -> list[SetAside]:
    """Those that cannot be read, with the time at which their tile was seen where the datatake has one granule: their names do not say it."""
    if len({granule for granule, _ in products}) != 1:
        return asides
    return [replace(one, when=products[0][1].when) for one in asides]


def _times(match: re.Match[str]) -> tuple[dt.datetime, dt.datetime]:
    """Start of the datatake and time of processing in a name, UTC. Raises ValueError for times that do not exist."""
    datatake, processed = (dt.datetime.strptime(match[key], "%Y%m%dT%H%M%S").replace(tzinfo=dt.UTC) for key in ("datatake", "processed"))
    return datatake, processed


def _name(match: re.Match[str]) -> str:
    return match.group(0).removesuffix(".SAFE")


def _granule(container: Container) -> str:
    """Name of the granule, which holds the start of its data strip; empty where there is none."""
    return next((match["granule"] for match in map(_GRANULE.search, container.members) if match), "")


def _chosen(group: list[tuple[str, Product]]) -> list[Product | SetAside]:
    """What is used of the products of one datatake and tile: each granule of the highest baseline, in its latest processing."""
    if not group:
        return []
    best = max((product for _, product in group), key=lambda p: p.version)
    aside = [superseded(product, best) for _, product in group if product.version[0] < best.version[0]]
    granules: dict[str, list[Product]] = {}
    for granule, product in group:
        if product.version[0] == best.version[0]:
            granules.setdefault(granule, []).append(product)
    kept: list[Product] = []
    for _, products in sorted(granules.items()):
        product, others = newest(products)
        # granules of one pass are pieces of it; with equal times one would be taken for a copy of the other
        while any(product.when == other.when for other in kept):
            product = replace(product, when=product.when + dt.timedelta(microseconds=1))
        kept.append(product)
        aside += others
    return [*kept, *aside]


def read_safe(container: Container, match: re.Match[str], family: Family, choice: Choice) -> Product:
    """Read the metadata, find the files. Raises InputError with what is missing or contradictory."""
    metadata, described = _metadata(container, family)
    _check_uri(container, match, metadata, family)
    sensed = _sensed(container, match)
    stated = int(match["baseline"])
    baseline = stated if metadata.baseline is None else metadata.baseline
    doubt = () if baseline == stated else (f"baseline {stated:04d} in the name, {baseline:04d} in the metadata, which are believed",)
    law = _law(container, metadata, baseline, family)
    files = _band_files(container, family, choice)
    classes = _classes_file(container, family)
    layer = Layer(container.raster(classes))
    return Product(
        id=_name(match),
        family=family.name,
        platform=match["platform"],
        level=match["level"],
        when=sensed.when,
        tile=match["tile"],
        version=(baseline, int(match["processed"].replace("T", ""))),
        bands={band: Layer(container.raster(file), scale=law.scale, shift=law.shifts[band]) for band, file in files.items()},
        masks=(
            MaskLayer(layer, values=(0,), footprint=True, coarse=True),
            MaskLayer(layer, values=forbidden_classes(family, choice), coarse=True),
        ),
        nodata=family.nodata,
        valid_range=family.valid_range,
        cloud_share=metadata.cloud_share,
        fingerprint=container.fingerprint([*files.values(), classes, described, *sensed.members]),
        warnings=(*doubt, *sensed.warnings, *law.warnings),
        about={
            **sensed.about,
            **({} if metadata.orbit is None else {"relative_orbit": float(metadata.orbit)}),
            "processing_baseline": baseline / 100,
        },
    )


def _metadata(container: Container, family: Family) -> tuple[SafeMetadata, str]:
    """Metadata of the product and their member. Raises InputError where they are missing: the offsets are nowhere else."""
    assert family.metadata is not None
    found = [m for m in container.members if family.metadata.search(m) and m.count("/") <= 2]
    if not found:
        raise InputError(Fault("E-PRD-030", str(container.path), "MTD_MSIL2A.xml", "is missing: scale and offset are not known", _AGAIN))
    try:
        return parse_safe(container.read(found[0])), found[0]
    except UNREADABLE as error:
        reason = f"not readable as metadata ({type(error).__name__}: {error})"
        raise InputError(Fault("E-PRD-031", str(container.path), found[0], reason, _AGAIN)) from error


def _check_uri(container: Container, match: re.Match[str], metadata: SafeMetadata, family: Family) -> None:
    """Raise InputError where the metadata are those of another datatake, or of another tile."""
    assert family.product is not None
    stated = family.product.match(metadata.uri)
    keys = ("platform", "datatake", "tile")
    if stated and stated.group(*keys) != match.group(*keys):
        text = f"the metadata are those of {metadata.uri}"
        raise InputError(Fault("E-PRD-032", str(container.path), "PRODUCT_URI", text, "give the folder its own name, or download it again"))


def _sensed(container: Container, match: re.Match[str]) -> Sensed:
    """What the granule says; where it cannot be read, the start of the datatake stands for the time of the tile."""
    datatake = _times(match)[0]
    member = next((m for m in container.members if _GRANULE.search(m) and m.endswith("/MTD_TL.xml")), None)
    instead = "the start of the datatake stands for the time of the tile"
    if member is None:
        return Sensed(datatake, {}, (), (f"no metadata of the granule: {instead}",))
    try:
        when, angles = parse_granule(container.read(member))
    except (*UNREADABLE, InputError) as error:
        return Sensed(datatake, {}, (member,), (f"metadata of the granule not readable ({type(error).__name__}): {instead}",))
    if abs(when - datatake) > _LONGEST:
        text = f"the granule was seen at {when:%Y-%m-%dT%H:%M:%S}, the datatake began at {datatake:%Y-%m-%dT%H:%M:%S}"
        raise InputError(Fault("E-PRD-032", str(container.path), "SENSING_TIME", text, _AGAIN))
    return Sensed(when, angles, (member,))


def _law(container: Container, metadata: SafeMetadata, baseline: int, family: Family) -> Law:
    """How numbers are stored. A product without a list of offsets has none.

    Raises InputError where ESA lists them (since baseline 04.00) and a band has none: without them reflectances would be 0.1 too high.
    """
    numbers, known = family.options["numbers"], metadata.offsets
    warnings = []
    if metadata.quantification is None:
        warnings.append(f"no quantification in the metadata: {family.quantification:g} is assumed")
    missing = [band for band, number in numbers.items() if number not in known]
    if missing and (known or family.options["offset_from"] <= baseline < TOOLBOX):
        text = f"expected an offset for each band (baseline {baseline / 100:05.2f}), missing {', '.join(missing)}"
        raise InputError(Fault("E-PRD-033", str(container.path), "BOA_ADD_OFFSET", text, _AGAIN))
    if not known and baseline >= TOOLBOX:
        warnings.append("Sen2Cor was run by a user and lists no offsets: none is applied")
    scale = 10000.0 / (metadata.quantification or family.quantification)
    return Law(scale, {band: known.get(number, 0.0) * scale for band, number in numbers.items()}, tuple(warnings))


def _band_files(container: Container, family: Family, choice: Choice) -> dict[str, str]:
    """Member of each band asked for, at its own resolution."""
    assert family.band_file is not None
    members = {}
    for member in container.members:
        match = family.band_file.search(member)
        if match:
            members.setdefault((f"B{match['band']}", float(match["resolution"])), member)
    wanted = {band: members.get((band, family.bands[band].resolution)) for band in choice.bands}
    missing = [f"{band} at {family.bands[band].resolution:g} m" for band, member in wanted.items() if member is None]
    if missing:
        text = f"expected bands {', '.join(choice.bands)}, missing {', '.join(missing)}"
        raise InputError(Fault("E-PRD-034", str(container.path), "", text, _AGAIN))
    return {band: member for band, member in wanted.items() if member is not None}


def _classes_file(container: Container, family: Family) -> str:
    """Member that holds the scene classification at 20 m."""
    assert family.mask_file is not None
    member = next((m for m in container.members if family.mask_file.search(m)), None)
    if member is None:
        raise InputError(Fault("E-PRD-035", str(container.path), "", "the scene classification SCL_20m is missing", _AGAIN))
    return member


def forbidden_classes(family: Family, choice: Choice) -> tuple[int, ...]:
    """Classes of the scene classification that make a pixel unusable under the run's choice; `cloud` as a list is a list of classes."""
    codes: set[int] = set()
    for mask in family.masks.values():
        if mask.when == "cloud":
            policies = {"strict": mask.values, "summary": family.options["summary"], "none": ()}
            codes.update(choice.cloud if isinstance(choice.cloud, tuple) else policies[choice.cloud])
        elif mask.when == "always" or getattr(choice, mask.when):
            codes.update(mask.values)
    return tuple(sorted(codes))
