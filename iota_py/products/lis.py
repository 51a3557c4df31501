"""Reader of the snow products of LIS (Let-it-snow; Gascoin et al. 2019) of single dates, and what they forbid in other series.

The name of a raster says all that is needed, whether it lies in a folder of its product, in an archive, or alone.
"""

from __future__ import annotations

import calendar
import datetime as dt
import posixpath
import re
from dataclasses import dataclass, replace
from pathlib import Path

from iota_py.errors import Fault, InputError
from iota_py.products.container import Container, fingerprint, require_folder
from iota_py.products.family import Family
from iota_py.products.product import Layer, MaskLayer, Product, Series, SetAside
from iota_py.products.source import Source

MISSIONS = {"SENTINEL2": "S2", "LANDSAT8": "L8", "LANDSAT9": "L9", "MULTISAT": "S2L8"}


@dataclass(frozen=True)
class Raster:
    """A raster and what its name says. path: as GDAL names it. file: on disk, the archive where it is in one."""

    path: str
    file: Path
    said: re.Match[str]

    @property
    def id(self) -> str:
        """Name without ending."""
        return posixpath.basename(self.path).removesuffix(".tif")

    @property
    def mission(self) -> str:
        """Short name of the mission, the same for all ways of naming."""
        return MISSIONS.get(self.said["mission"], self.said["mission"])

    @property
    def version(self) -> tuple[int, ...]:
        """Numbers of the version, (0,) where the name has none."""
        return tuple(int(n) for n in re.findall(r"\d+", self.said["version"] or "0"))


def find_snow(source: Source) -> list[Product | SetAside]:
    """The dates of an L2B input; one that cannot be used is set aside.

    `snow` is 1 where `threshold` percent of a pixel (option, default: any, what LIS calls snow) or more are under snow. Of several rasters
    of one product the one on the ground is used, else that above the trees, else the mask.
    """
    require_folder(source)
    rasters, found = find_rasters(source)
    products: dict[tuple[object, ...], list[Raster]] = {}
    for raster in rasters:
        key = (raster.said["tile"], sensed(raster.said), raster.mission, raster.version, posixpath.dirname(raster.path))
        products.setdefault(key, []).append(raster)
    order = source.family.options["layers"].index
    best = [min(group, key=lambda raster: order(raster.said["layer"])) for group in products.values()]
    return [*(_product(raster, source) for raster in best), *found]


def _product(raster: Raster, source: Source) -> Product | SetAside:
    family, when, layer = source.family, sensed(raster.said), raster.said["layer"]
    if "fsc" in source.choice.bands and layer not in family.options["fractions"]:
        fault = Fault("E-PRD-006", raster.path, "fsc", "a mask of snow says no fraction", "leave `fsc` out of `bands`")
        return SetAside(raster.id, raster.said["tile"], when, "bad", fault.line(), platform=raster.mission)
    threshold = source.options.get("threshold")
    above = float(family.bands["snow"].scale or 0) if threshold is None else float(threshold) - 1  # whole percents
    layers = {"snow": Layer(raster.path, scale=above, law="above"), "fsc": Layer(raster.path)}
    return Product(
        id=raster.id,
        family=family.name,
        platform=raster.mission,
        level="L2B",
        when=when,
        tile=raster.said["tile"],
        version=raster.version,
        bands={band: layers[band] for band in source.choice.bands},
        masks=(),
        nodata=None,
        valid_range=family.valid_range,
        cloud_share=None,
        fingerprint=fingerprint([raster.file]),
        warnings=("fractions seen from above the trees",) if layer in family.options["canopy"] else (),
    )


def mask_snow(series: Series, snow: Series, least: int = 1) -> Series:
    """The same series, in which pixels that a snow product of the same day saw under snow, by `least` percent or more, are unusable.

    Where that product has no pixel, or a cloud, it forbids nothing. A date without snow product keeps its pixels, with a warning.
    """
    by_day: dict[dt.date, list[Product]] = {}
    for seen in (piece for pieces in snow.observations for piece in pieces):
        by_day.setdefault(seen.date, []).append(seen)
    masked = (tuple(_masked(piece, by_day.get(piece.date, []), least) for piece in pieces) for pieces in series.observations)
    return replace(series, observations=tuple(masked))


def _masked(product: Product, seen: list[Product], least: int) -> Product:
    if not seen:
        return replace(product, warnings=(*product.warnings, "no snow product of this day: snow is not masked"))
    snowy = tuple(range(least, 101))  # percents; masks of snow hold 100 alone
    rasters = [next(iter(one.bands.values())) for one in seen]
    masks = tuple(MaskLayer(Layer(raster.path, raster.index), snowy, coarse=True, partial=True) for raster in rasters)
    files = tuple(file for one in seen for file in one.fingerprint)
    return replace(product, masks=product.masks + masks, fingerprint=product.fingerprint + files)


def find_rasters(source: Source) -> tuple[list[Raster], list[Product | SetAside]]:
    """Rasters of a LIS family, three levels deep, in folders and archives; products that hold none, or cannot be opened, are set aside.

    The family says by `rasters` how they are named, and by `endings` what of such a name a folder or an archive lacks.
    """
    family = source.family
    paths = sorted(p for depth in ("*", "*/*", "*/*/*") for p in source.path.glob(depth))
    found = [Raster(str(path), path, said) for path in paths if path.is_file() and (said := _said(path.name, family))]
    asides: list[Product | SetAside] = []
    archives = [(p, said) for p in paths if p.suffix == ".zip" and p.is_file() and (said := _held(p.stem, family))]
    folders = [(p, said) for p in paths if p.is_dir() and (said := _held(p.name, family))]
    for path, said in (*archives, *folders):
        try:
            inside = Container(path)
            members = inside.members if path.is_file() else ()
            found.extend(Raster(inside.raster(m), path, match) for m in members if (match := _said(posixpath.basename(m), family)))
            if not any(path == raster.file or path in raster.file.parents for raster in found):
                raise InputError(Fault("E-PRD-045", str(path), "", f"holds no raster of {family.title}", "download the product again"))
        except InputError as error:
            mission = MISSIONS.get(said["mission"], said["mission"])
            asides.append(SetAside(path.name.removesuffix(".zip"), said["tile"], sensed(said), "bad", str(error), platform=mission))
    return found, asides


def sensed(said: re.Match[str]) -> dt.datetime:
    """Time in the name of a raster, UTC, midnight where it says none; of a year, its first day."""
    groups = said.groupdict()
    return _time((groups.get("date") or groups["start"]) + (groups.get("time") or "000000"))


def last_day(said: re.Match[str]) -> dt.date:
    """Last day of the year in the name of a raster; MUSCATE names say the first day alone."""
    stop, start = said.groupdict().get("stop"), sensed(said).date()
    if stop:
        return _time(stop + "000000").date()
    return start + dt.timedelta(days=364 + calendar.isleap(start.year + (start.month > 2)))


def _time(stamp: str) -> dt.datetime:
    return dt.datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=dt.UTC)


def _said(name: str, family: Family) -> re.Match[str] | None:
    """What the name of a raster says; None when it is not one of the family's, or holds a day that does not exist."""
    match = next((m for pattern in family.options["rasters"] if (m := re.match(pattern, name))), None)
    try:
        return match if match and last_day(match) >= sensed(match).date() else None
    except ValueError:
        return None


def _held(name: str, family: Family) -> re.Match[str] | None:
    """What the name of a folder or an archive says of the rasters that it should hold."""
    return next((said for ending in family.options["endings"] if (said := _said(name + ending, family))), None)
