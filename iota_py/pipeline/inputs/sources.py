"""The inputs of a configuration, found on disk: which series they hold, on the grid of which tiles."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from odc.geo.geobox import GeoBox

from iota_py.config.inputs import Input, SeriesFiles
from iota_py.config.schema import RunConfig
from iota_py.errors import ConfigError, Fault, InputError, IotaError
from iota_py.pipeline.task import code_digest
from iota_py.products.discovery import discover, expand
from iota_py.products.family import Family, load_family
from iota_py.products.lis import mask_snow
from iota_py.products.product import Series
from iota_py.products.rasterseries import MaskFiles, SeriesLayout
from iota_py.products.source import Choice, Interval, Source
from iota_py.products.terrain import metres


@dataclass(frozen=True)
class FoundInput:
    """One series of an input: of most inputs there is one. input: its name in the configuration. place: where it was looked for."""

    input: str
    family: Family
    place: str
    by_tile: Mapping[str, Series]


def find_inputs(config: RunConfig, bad: Mapping[str, str] | None = None) -> dict[str, FoundInput]:
    """The series of every input, in the order of the configuration, by the name that their columns have.

    The first input with dates says what the tiles are and their grids; every other one is read onto these. bad: products found unreadable
    by earlier work (as of Source). Raises InputError with every fault found.
    """
    faults: list[Fault] = []
    found: dict[str, FoundInput] = {}
    frames: dict[str, GeoBox] | None = None
    for name in _by_weight(config):
        entry = config.inputs[name]
        try:
            for source in expand(replace(source_of(name, entry, config), bad=bad or {})):
                by_tile = discover(source, _interval(config), config.tiles, frames)
                if entry.raster is not None and entry.raster.terrain:
                    for series in by_tile.values():
                        metres(series.geobox)
                found[source.name] = FoundInput(name, source.family, str(entry.path or entry.url), by_tile)
                if frames is None:
                    frames = {tile: series.geobox for tile, series in by_tile.items()}
        except IotaError as error:
            faults.extend(error.faults)
            if frames is None:
                break  # without its tiles nothing can be said of the others
    faults.extend(_mask_snow(config, found))
    if faults:
        raise InputError(*faults)
    order = list(config.inputs)
    return dict(sorted(found.items(), key=lambda item: (order.index(item[1].input), item[0])))


def reading_code() -> str:
    """Digest of the code that decides how acquisitions are read: what the store holds was made by it."""
    return code_digest(("grid", "io", "products"))


def _mask_snow(config: RunConfig, found: dict[str, FoundInput]) -> list[Fault]:
    """Take snow out of the series whose input asks for it by `valid.snow_from`; what is wrong with these names."""
    faults = []
    for name, entry in config.inputs.items():
        snow = entry.valid.snow_from
        if snow is None:
            continue
        if snow == name or snow not in config.inputs or config.inputs[snow].family != "lis-l2b":
            snowy = [other for other, one in config.inputs.items() if one.family == "lis-l2b" and other != name]
            fix = f"such inputs: {', '.join(snowy) or 'none'}"
            text = f"expected another input, of family lis-l2b, found `{snow}`"
            faults.append(Fault("E-CFG-020", "config", f"inputs.{name}.valid.snow_from", text, fix))
        elif snow in found:
            by_tile = found[snow].by_tile
            for key in [key for key, one in found.items() if one.input == name]:
                least = config.inputs[snow].threshold or 1
                masked = {
                    tile: mask_snow(one, by_tile[tile], least) if tile in by_tile else one for tile, one in found[key].by_tile.items()
                }
                found[key] = replace(found[key], by_tile=masked)
    return faults


def counting(found: Iterable[FoundInput]) -> list[bool]:
    """Whose usable observations validity counts: of the optical sensors; without any, of all that have dates; else of all."""
    kinds = [one.family.kind for one in found]
    for counted in (("optical",), ("optical", "radar", "snow")):
        if any(kind in counted for kind in kinds):
            return [kind in counted for kind in kinds]
    return [True] * len(kinds)


def source_of(name: str, entry: Input, config: RunConfig) -> Source:
    """What to look for. Raises ConfigError for a family or a band that does not exist."""
    family = load_family(entry.family)
    options = _options(entry, config)
    bands = family.default_bands if entry.bands == "all" else entry.bands
    if entry.series is not None:
        bands = tuple(entry.series.bands)
    elif entry.raster is not None:
        bands = (*(entry.raster.bands or ()), *entry.raster.terrain) if isinstance(entry.raster.bands, dict) else ()  # named by the files
    elif family.bands and not set(bands) <= set(family.bands):
        unknown, known = ", ".join(b for b in bands if b not in family.bands), ", ".join(family.bands)
        raise ConfigError(Fault("E-CFG-014", name, f"inputs.{name}.bands", f"{family.name} has no band {unknown}", f"its bands: {known}"))
    valid = entry.valid
    return Source(
        name=name,
        path=entry.path or Path(),
        family=family,
        choice=Choice(bands, entry.reflectance, valid.cloud, valid.saturation, valid.topographic_shadow, valid.snow),
        exclude=entry.exclude_dates,
        resampling=entry.resampling or family.options.get("resampling", "nearest"),
        resolution=entry.resolution,
        options=options,
        share=valid.share,
    )


def _by_weight(config: RunConfig) -> list[str]:
    """Names of the inputs, those with dates first: only these can say what the tiles are."""
    return sorted(config.inputs, key=lambda name: load_family(config.inputs[name].family).kind == "static")


def _options(entry: Input, config: RunConfig) -> dict[str, Any]:
    """What only the reader of a family knows."""
    options: dict[str, Any] = {}
    if entry.series is not None:
        options["layout"] = _layout(entry.series, entry.path or Path())
    for key in ("raster", "radar", "stac"):
        section = getattr(entry, key)
        if section is not None:
            options[key] = section.model_dump()
    if entry.url is not None:
        options["url"] = entry.url
    interval = _interval(config)
    options["period"], options["tiles"] = (interval.start, interval.end), config.tiles
    options["threshold"] = entry.threshold
    options["season"] = entry.season or (config.period.end.year if config.period.end else None)
    return options


def _layout(files: SeriesFiles, folder: Path) -> SeriesLayout:
    masks = tuple(
        MaskFiles(m.path or folder, m.pattern, m.band, m.invalid or (), sum(1 << bit for bit in set(m.bits or ()))) for m in files.masks
    )
    valid_range = None
    if files.minimum is not None or files.maximum is not None:
        low = float("-inf") if files.minimum is None else files.minimum
        valid_range = (low, float("inf") if files.maximum is None else files.maximum)
    return SeriesLayout(files.pattern, files.tile, files.bands, files.scale, files.nodata, valid_range, masks)


def _interval(config: RunConfig) -> Interval:
    margin = dt.timedelta(days=config.period.margin)
    start, end = config.period.start, config.period.end
    return Interval(start - margin if start else None, end + margin if end else None)
