"""From a folder to the series of each tile: versions, duplicates, dates, grids. What is not used is set aside with its reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from odc.geo.geobox import GeoBox

from iota_py.errors import Fault, InputError
from iota_py.grid.lattice import aligned, same_grid, same_lattice
from iota_py.io.raster import RasterHeader, read_header
from iota_py.products import muscate
from iota_py.products.family import Family
from iota_py.products.product import Product, Series, SetAside, merge_passes
from iota_py.products.rasterseries import SeriesLayout, find_series


@dataclass(frozen=True)
class Source:
    """One input of a run: where it is, of what family, and what is asked of it. layout: for family raster-series only."""

    name: str
    path: Path
    family: Family
    choice: muscate.Choice
    layout: SeriesLayout | None = None
    exclude: tuple[dt.date, ...] = ()
    resampling: str = "nearest"


@dataclass(frozen=True)
class Interval:
    """Days whose acquisitions are used, both ends included; None for no bound."""

    start: dt.date | None = None
    end: dt.date | None = None

    def holds(self, day: dt.date) -> bool:
        """True when the day is inside."""
        return (self.start is None or day >= self.start) and (self.end is None or day <= self.end)


def discover(source: Source, interval: Interval, tiles: Iterable[str] | None = None) -> dict[str, Series]:
    """The series of each tile (all found, or those asked for), sorted by tile name.

    Raises InputError when the folder is missing, holds no product of the family, or lacks a tile asked for.
    """
    found = _find(source)
    if not found:
        what = source.layout.pattern if source.layout else source.family.title
        raise InputError(
            Fault("E-PRD-009", str(source.path), f"inputs.{source.name}.path", f"no acquisition found here (looked for {what})")
        )
    by_tile: dict[str, list[Product | SetAside]] = {}
    for entry in found:
        by_tile.setdefault(entry.tile, []).append(entry)
    absent = [tile for tile in tiles or () if tile not in by_tile]
    if absent:
        text = f"no acquisition of tile {', '.join(absent)} (tiles found: {', '.join(sorted(by_tile))})"
        raise InputError(Fault("E-PRD-011", str(source.path), f"inputs.{source.name}", text, "check `tiles`"))
    if tiles is not None:
        by_tile = {tile: by_tile[tile] for tile in tiles}
    return {tile: _series(source, interval, tile, entries) for tile, entries in sorted(by_tile.items())}


def _find(source: Source) -> list[Product | SetAside]:
    if not source.path.is_dir():
        raise InputError(Fault("E-PRD-002", str(source.path), f"inputs.{source.name}.path", "no such folder", "check the path"))
    if source.layout is not None:
        return find_series(source.name, source.path, source.layout)
    return [_read(container, source) for container in muscate.find_products(source.path, source.family)]


def _read(container: muscate.Container, source: Source) -> Product | SetAside:
    """The product, or why it cannot be used; its name alone says tile and time."""
    try:
        return muscate.read_product(container, source.family, source.choice)
    except InputError as error:
        match = muscate.named(container.stem, source.family)
        assert match is not None
        return SetAside(container.stem, match["tile"], muscate.sensed(match), "bad", str(error), platform=match["platform"])


def _series(source: Source, interval: Interval, tile: str, entries: list[Product | SetAside]) -> Series:
    aside = [e for e in entries if isinstance(e, SetAside)]
    products = [e for e in entries if isinstance(e, Product)]
    products = _newest(products, aside)
    products = _dated(products, interval, source.exclude, aside)
    geobox, products = _on_one_grid(products, aside)
    bands = tuple(source.layout.bands) if source.layout else source.choice.bands
    aside.sort(key=lambda s: (s.when, s.id))
    return Series(source.name, tile, geobox, bands, merge_passes(products), tuple(aside), source.resampling)


def _newest(products: list[Product], aside: list[SetAside]) -> list[Product]:
    """Of several deliveries of one acquisition, the highest version; versions compare as whole numbers (V1-10 is after V1-9)."""
    groups: dict[tuple[str, dt.datetime, str], list[Product]] = {}
    for product in products:
        groups.setdefault((product.platform, product.when, product.level), []).append(product)
    kept = []
    for group in groups.values():
        best, *others = sorted(group, key=lambda p: (tuple(-v for v in p.version), p.fingerprint[0][0]))
        kept.append(best)
        for other in others:
            reason = (
                f"older version than {best.id}" if other.version != best.version else f"delivered twice; {best.fingerprint[0][0]} is used"
            )
            aside.append(_aside(other, "duplicate", reason))
    return kept


def _dated(products: list[Product], interval: Interval, exclude: tuple[dt.date, ...], aside: list[SetAside]) -> list[Product]:
    kept = []
    for product in products:
        if product.date in exclude:
            aside.append(_aside(product, "excluded", "its date is listed under exclude_dates"))
        elif not interval.holds(product.date):
            aside.append(_aside(product, "period", f"outside the period {interval.start or '…'} to {interval.end or '…'}"))
        else:
            kept.append(product)
    return kept


def _on_one_grid(products: list[Product], aside: list[SetAside]) -> tuple[GeoBox, list[Product]]:
    """Grid of the tile, the most frequent among its products, and the products that lie on it."""
    grids: list[tuple[GeoBox, list[Product]]] = []
    for product in products:
        try:
            grid = _product_grid(product)
        except InputError as error:
            aside.append(_aside(product, "bad", str(error)))
            continue
        known = next((members for other, members in grids if same_grid(other, grid)), None)
        if known is None:
            grids.append((grid, [product]))
        else:
            known.append(product)
    if not grids:
        return GeoBox((0, 0), _IDENTITY, "EPSG:4326"), []
    common, kept = max(grids, key=lambda pair: len(pair[1]))
    for grid, members in grids:
        if grid is not common:
            reason = f"its grid {_say(grid)} is not that of the tile, {_say(common)}"
            aside.extend(_aside(product, "bad", reason) for product in members)
    return common, kept


_IDENTITY = GeoBox.from_bbox((0, 0, 1, 1), "EPSG:4326", resolution=1).transform


def _product_grid(product: Product) -> GeoBox:
    """Grid of the finest bands; the masks must lie on it and coarser bands must align with it."""
    layers = {layer.path: name for name, layer in product.bands.items()}
    layers.update({mask.layer.path: "mask" for mask in product.masks})
    headers = {path: read_header(path) for path in layers}
    _check_layers(product, headers)
    fine = min((h.geobox for h in headers.values()), key=lambda g: abs(g.transform.a))
    for path, header in headers.items():
        exact = same_lattice(header.geobox, fine)
        if exact and not same_grid(header.geobox, fine):
            raise InputError(Fault("E-PRD-010", path, "", f"expected the grid {_say(fine)}, found {_say(header.geobox)}"))
        if not exact and (layers[path] == "mask" or not aligned(fine, header.geobox)):
            raise InputError(Fault("E-PRD-010", path, "", f"grid {_say(header.geobox)} does not align with {_say(fine)}"))
    return fine


def _check_layers(product: Product, headers: Mapping[str, RasterHeader]) -> None:
    """Raise InputError where a file has not the band asked for, or a mask with bits is not of whole numbers."""
    for layer in (*product.bands.values(), *(mask.layer for mask in product.masks)):
        count = headers[layer.path].count
        if layer.index > count:
            raise InputError(Fault("E-PRD-016", layer.path, "", f"expected a band {layer.index}, the file has {count}", "check `bands`"))
    for mask in product.masks:
        dtype = headers[mask.layer.path].dtype
        if mask.bits and "int" not in dtype:
            raise InputError(
                Fault("E-PRD-016", mask.layer.path, "", f"expected whole numbers, which have bits, found {dtype}", "use `invalid`")
            )


def _aside(product: Product, kind: str, reason: str) -> SetAside:
    return SetAside(product.id, product.tile, product.when, kind, reason, product.cloud_share, product.platform)


def _say(grid: GeoBox) -> str:
    t = grid.transform
    return f"{grid.shape[0]} × {grid.shape[1]} pixels of {t.a:g} at ({t.c:g}, {t.f:g}) in {grid.crs.to_epsg() or grid.crs if grid.crs else 'no CRS'}"
