"""Reader of the snow years of LIS (L3B): layers without a date, of which each tile has one year."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from iota_py.errors import Fault
from iota_py.products.container import fingerprint, require_folder
from iota_py.products.deliveries import judged
from iota_py.products.lis import Raster, find_rasters, last_day, sensed
from iota_py.products.product import Layer, MaskLayer, Product, SetAside
from iota_py.products.source import Source

_SEASON_END = (8, 31)


@dataclass(frozen=True)
class SnowYear:
    """A hydrological year on a tile, both days included. mission: `S2` or, with Landsat, `S2L8`."""

    tile: str
    start: dt.date
    stop: dt.date
    mission: str
    version: tuple[int, ...]

    @property
    def id(self) -> str:
        """Short name."""
        return f"LIS_{self.mission}-SNOW_T{self.tile}_{self.start:%Y%m%d}_{self.stop:%Y%m%d}_{'.'.join(map(str, self.version))}"

    @property
    def days(self) -> tuple[str, dt.date, dt.date]:
        """Tile and days, whatever the mission and the version."""
        return self.tile, self.start, self.stop

    @property
    def rank(self) -> tuple[object, ...]:
        """The higher the better."""
        return (self.stop.month, self.stop.day) == _SEASON_END, self.stop, self.start, self.mission == "S2L8", self.version


def find_snow_years(source: Source) -> list[Product | SetAside]:
    """One snow year of each tile: the one that ends in the year `season` (option), on 31 August where several do; without it the newest.

    Of one year given twice, that with Landsat, then the higher version. The others are set aside. Pixels without any clear observation
    are unusable where the product has NOBS.
    """
    require_folder(source)
    rasters, found = find_rasters(source)
    years: dict[SnowYear, dict[str, Raster]] = {}
    for raster in rasters:
        year, layer = _year(raster), source.family.options["synonyms"].get(raster.said["layer"], raster.said["layer"])
        first = years.setdefault(year, {}).setdefault(layer, raster)
        if first is not raster:
            found.append(_aside(year, "duplicate", f"layer {layer} delivered twice; {first.path} is used"))
    season = source.options.get("season")
    found += _unreadable(years, source)
    chosen = _chosen(years, season)
    for year, layers in years.items():
        best = chosen.get(year.tile)
        if year == best:
            found.append(_product(year, layers, source))
        elif season is not None and year.stop.year != season:
            reason = f"its year, {year.start} to {year.stop}, does not end in {season}: see inputs.{source.name}.season"
            found.append(_aside(year, "excluded", reason))
        else:
            found.append(_aside(year, "duplicate", f"{best.id if best else ''} is used"))
    return found


def _unreadable(years: dict[SnowYear, dict[str, Raster]], source: Source) -> list[SetAside]:
    """Take out the years that were found unreadable, where the same year was delivered otherwise too."""
    bad = []
    for year, layers in list(years.items()) if source.bad else ():
        entry = judged(_product(year, layers, source), source.bad)
        if isinstance(entry, SetAside) and any(other != year and other.days == year.days for other in years):
            bad.append(entry)
            del years[year]
    return bad


def _year(raster: Raster) -> SnowYear:
    return SnowYear(raster.said["tile"], sensed(raster.said).date(), last_day(raster.said), raster.mission, raster.version)


def _chosen(years: Iterable[SnowYear], season: int | None) -> dict[str, SnowYear]:
    """The year of each tile; a tile that has none of that season is left out."""
    wanted = (year for year in years if season is None or year.stop.year == season)
    return {year.tile: year for year in sorted(wanted, key=lambda year: year.rank)}


def _product(year: SnowYear, layers: Mapping[str, Raster], source: Source) -> Product | SetAside:
    family = source.family
    made_of = {band: family.options["sources"].get(band, band) for band in source.choice.bands}
    missing = [layer for layer in dict.fromkeys(made_of.values()) if layer not in layers]
    if missing:
        where, text = str(next(iter(layers.values())).file), f"has the layers {', '.join(sorted(layers))}, not {', '.join(missing)}"
        return _aside(year, "bad", Fault("E-PRD-006", where, year.id, text, "name under `bands` those that it has").line())
    seen = layers.get("NOBS")
    return Product(
        id=year.id,
        family=family.name,
        platform=year.mission,
        level="L3B",
        when=_midnight(year.start),
        tile=year.tile,
        version=year.version,
        bands={band: _layer(layers[layer], band, source) for band, layer in made_of.items()},
        masks=(MaskLayer(Layer(seen.path), values=(0,)),) if seen else (),
        nodata=None,
        valid_range=(0.0, float((year.stop - year.start).days + 1)),
        cloud_share=None,
        fingerprint=fingerprint([*(layers[layer].file for layer in made_of.values()), *([seen.file] if seen else [])]),
        warnings=() if seen else ("no layer NOBS: pixels never seen look like pixels without snow",),
    )


def _layer(raster: Raster, band: str, source: Source) -> Layer:
    known = source.family.bands[band]
    return Layer(raster.path, law=known.law, scale=1.0 if known.scale is None else known.scale)


def _aside(year: SnowYear, kind: str, reason: str) -> SetAside:
    return SetAside(year.id, year.tile, _midnight(year.start), kind, reason, platform=year.mission)


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)
