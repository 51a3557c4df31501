"""Reader of series of rasters already on disk, as the configuration describes them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from iota_py.errors import Fault, InputError
from iota_py.products.container import fingerprint, require_folder
from iota_py.products.product import Layer, MaskLayer, Product, SetAside
from iota_py.products.source import Source

_PLACEHOLDERS = {
    "{date}": r"(?P<date>\d{8}|\d{4}-\d{2}-\d{2})",
    "{time}": r"(?P<time>\d{6})",
    "{tile}": r"(?P<tile>[A-Za-z0-9]+)",
    "{band}": r"(?P<band>[A-Za-z0-9]+)",
    "*": r".*",
}


@dataclass(frozen=True)
class MaskFiles:
    """Files of a mask: folder, name pattern, band number, and the values or bits (as an integer) that mean unusable."""

    folder: Path
    pattern: str
    band: int
    values: tuple[int, ...]
    bits: int


@dataclass(frozen=True)
class SeriesLayout:
    """How a series is laid out; see the configuration's SeriesFiles. bands: name -> band number."""

    pattern: str
    tile: str
    bands: Mapping[str, int]
    scale: float
    nodata: float | None
    valid_range: tuple[float, float] | None
    masks: tuple[MaskFiles, ...]


def name_pattern(pattern: str) -> re.Pattern[str]:
    """A file-name pattern with placeholders as a regular expression of the whole name."""
    pieces = re.split(r"(\{date\}|\{time\}|\{tile\}|\{band\}|\*)", pattern)
    return re.compile("".join(_PLACEHOLDERS.get(piece, re.escape(piece)) for piece in pieces) + "$")


def find_series(source: Source) -> list[Product | SetAside]:
    """The acquisitions in a folder, one for each date, time and tile, in order of time; set aside when a band or a mask is missing.

    The layout is `source.options["layout"]`.
    """
    require_folder(source)
    layout, name, folder = source.options["layout"], source.name, source.path
    files = _by_acquisition(folder, layout.pattern, layout.tile)
    masks = [(m, _by_acquisition(m.folder, m.pattern, layout.tile)) for m in layout.masks]
    found: list[Product | SetAside] = []
    for (when, tile), named in sorted(files.items()):
        try:
            found.append(_product(name, (when, tile), named, layout, masks))
        except InputError as error:
            found.append(SetAside(f"{name}_{tile}_{when:%Y%m%dT%H%M%S}", tile, when, "bad", str(error), platform=name))
    return found


_Key = tuple[dt.datetime, str]
_LARGEST = 3.4028234663852886e38  # the largest float32: no number of a file is beyond it


def _finite(valid_range: tuple[float, float] | None) -> tuple[float, float] | None:
    """An open end becomes the largest number, since a series travels as JSON, which has no infinity."""
    return valid_range and (max(valid_range[0], -_LARGEST), min(valid_range[1], _LARGEST))


def _by_acquisition(folder: Path, pattern: str, tile: str) -> dict[_Key, dict[str, Path]]:
    """(time, tile) -> band (or empty) -> file."""
    if not folder.is_dir():
        raise InputError(Fault("E-PRD-002", str(folder), pattern, "no such folder", "check the path"))
    expression = name_pattern(pattern)
    found: dict[_Key, dict[str, Path]] = {}
    for path in sorted(folder.iterdir()):
        match = expression.match(path.name)
        if match is None or not path.is_file():
            continue
        groups = match.groupdict()
        stamp = groups["date"].replace("-", "") + (groups.get("time") or "000000")
        try:
            when = dt.datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=dt.UTC)
        except ValueError:
            continue
        files = found.setdefault((when, groups.get("tile") or tile), {})
        other = files.setdefault(groups.get("band") or "", path)
        if other != path:
            text = f"{other.name} and {path.name} are of one date and band"
            raise InputError(Fault("E-PRD-008", str(folder), pattern, text, "make the pattern say more: {time}, {tile}, {band}"))
    return found


def _product(
    name: str, key: _Key, files: dict[str, Path], layout: SeriesLayout, masks: list[tuple[MaskFiles, dict[_Key, dict[str, Path]]]]
) -> Product:
    when, tile = key
    by_band = "" not in files
    layers, used = {}, []
    for band, index in layout.bands.items():
        path = files.get(band if by_band else "")
        if path is None:
            fault = Fault("E-PRD-006", str(next(iter(files.values()))), "", f"band {band} of {when:%Y-%m-%d} has no file")
            raise InputError(fault)
        layers[band] = Layer(str(path), index, layout.scale)
        used.append(path)
    mask_layers = []
    for mask, found in masks:
        path = next(iter(found.get(key, {}).values()), None)
        if path is None:
            raise InputError(Fault("E-PRD-007", str(mask.folder), mask.pattern, f"no mask for {when:%Y-%m-%dT%H:%M:%S} of tile {tile}"))
        mask_layers.append(MaskLayer(Layer(str(path), mask.band), mask.values, mask.bits))
        used.append(path)
    return Product(
        id=f"{name}_{tile}_{when:%Y%m%dT%H%M%S}",
        family="raster-series",
        platform=name,
        level="",
        when=when,
        tile=tile,
        version=(0, 0),
        bands=layers,
        masks=tuple(mask_layers),
        nodata=layout.nodata,
        valid_range=_finite(layout.valid_range),
        cloud_share=None,
        fingerprint=fingerprint(used),
    )
