"""Reader of rasters without a date: one for each tile, or one for all; elevation may give slope and orientation as well."""

from __future__ import annotations

import datetime as dt
import glob
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from iota_py.errors import Fault, InputError
from iota_py.io.raster import read_header
from iota_py.io.virtual import mosaic_path, mosaic_sources
from iota_py.products.container import fingerprint
from iota_py.products.product import Layer, Product, SetAside
from iota_py.products.source import Source
from iota_py.products.terrain import TERRAIN

ANY_TILE = "tile"  # what one raster for all is named until it is known which tiles it touches
_NO_DAY = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_HOLDER = "{tile}"
_NAME = "[A-Za-z0-9][A-Za-z0-9_-]*"
_LARGEST = 3.4028234663852886e38  # the largest float32: a series travels as JSON, which has no infinity


def numbered_bands(numbers: Iterable[int]) -> dict[str, int]:
    """Columns of bands that have no names of their own, counted from 0 (`band_0` is the first of a file), with their numbers from 1."""
    return {f"band_{number - 1}": number for number in numbers}


def name_bands(source: Source) -> tuple[Source, ...]:
    """The source with the names of its bands, where the configuration gives numbers alone, or nothing: then all those of the first file.

    Raises InputError where no file has the name, or it cannot be opened.
    """
    files = source.options["raster"]
    bands = files["bands"]
    if isinstance(bands, Mapping):
        return (source,)
    named = numbered_bands(bands or range(1, read_header(mosaic_path(next(iter(_files(source).values())))).count + 1))
    options = {**source.options, "raster": {**files, "bands": named}}
    return (replace(source, choice=replace(source.choice, bands=(*named, *files["terrain"])), options=options),)


def find_raster(source: Source) -> list[Product | SetAside]:
    """The raster of each tile, where the path has `{tile}`, else the one for all, which goes by its place.

    What it holds is `source.options["raster"]`, the configuration's RasterFiles as plain values. Raises InputError where no file has the
    name, or where a band and a derived layer share theirs.
    """
    files = source.options["raster"]
    shared = [name for name in files["terrain"] if name in files["bands"]]
    if shared:
        text = f"{shared[0]} is both a band of the file and derived from its elevation"
        raise InputError(Fault("E-PRD-063", str(source.path), f"inputs.{source.name}.raster", text, "rename the band, or leave one out"))
    found: list[Product | SetAside] = []
    for tile, path in _files(source).items():
        try:
            found.append(_product(source, tile, path, files))
        except InputError as error:
            found.append(SetAside(path.name, tile, _NO_DAY, "bad", str(error), platform=source.name))
    return found


def named_by_tile(source: Source) -> bool:
    """True when each tile has a file of its own."""
    return _HOLDER in str(source.path)


def _files(source: Source) -> dict[str, Path]:
    """Tile -> file, in alphabetical order."""
    path = source.path
    found = _by_tile(path) if named_by_tile(source) else {ANY_TILE: path} if path.is_file() else {}
    if not found:
        text = "expected a file, found a folder" if path.is_dir() else "no such file"
        fix = "give the file itself, or its name with {tile} in the place of the tile"
        raise InputError(Fault("E-PRD-060", str(path), f"inputs.{source.name}.path", text, fix))
    return found


def _by_tile(pattern: Path) -> dict[str, Path]:
    """Files whose path is the pattern with the name of a tile, the same each time, in the place of `{tile}`."""
    parts = pattern.parts
    first = next(i for i, part in enumerate(parts) if _HOLDER in part)
    root, rest = Path(*parts[:first]), parts[first:]
    begin, *more = "/".join(rest).split(_HOLDER)
    expression = f"{re.escape(begin)}(?P<tile>{_NAME})" + "(?P=tile)".join(re.escape(piece) for piece in more)
    found = {}
    for path in sorted(root.glob("/".join(glob.escape(part).replace(_HOLDER, "*") for part in rest))):
        match = re.fullmatch(expression, path.relative_to(root).as_posix())
        if match and path.is_file():
            found[match["tile"]] = path
    return dict(sorted(found.items()))


def _product(source: Source, tile: str, path: Path, files: Mapping[str, Any]) -> Product:
    name = mosaic_path(path)
    bands = {band: Layer(name, index, files["scale"]) for band, index in files["bands"].items()}
    elevation = next(iter(files["bands"].values()))
    for law in files["terrain"]:
        bands[law] = Layer(name, elevation, TERRAIN[law], law=law)
    return Product(
        id=path.name if tile == ANY_TILE else f"{tile}/{path.name}",
        family=source.family.name,
        platform=source.name,
        level="",
        when=_NO_DAY,
        tile=tile,
        version=(0, 0),
        bands=bands,
        masks=(),
        nodata=files["nodata"],
        valid_range=_range(files["minimum"], files["maximum"]),
        cloud_share=None,
        fingerprint=fingerprint([path, *mosaic_sources(path)]),
    )


def _range(low: float | None, high: float | None) -> tuple[float, float] | None:
    if low is None and high is None:
        return None
    return (-_LARGEST if low is None else low, _LARGEST if high is None else high)
