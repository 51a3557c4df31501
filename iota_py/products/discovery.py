"""From a folder to the series of each tile: versions, duplicates, dates, grids. What is not used is set aside with its reason."""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from odc.geo.geobox import GeoBox

from iota_py.errors import Fault, InputError
from iota_py.grid.lattice import aligned, at_resolution, overlap, same_grid, same_lattice, union
from iota_py.io.raster import RasterHeader, read_header
from iota_py.io.virtual import plain_name
from iota_py.products import deliveries, landsat, lis, muscate, rasters, rasterseries, s1tiling, safe, snowyear, stac, stac_landsat
from iota_py.products.product import Product, Series, SetAside, merge_passes, stands_for
from iota_py.products.soundness import check_numbers, check_sizes, check_written, remarked
from iota_py.products.source import Interval, Source

READERS: Mapping[str, Callable[[Source], list[Product | SetAside]]] = {
    "muscate": muscate.find_muscate,
    "safe": safe.find_safe,
    "landsat": landsat.find_landsat,
    "series": rasterseries.find_series,
    "raster": rasters.find_raster,
    "s1tiling": s1tiling.find_s1tiling,
    "lis-l2b": lis.find_snow,
    "lis-l3b": snowyear.find_snow_years,
    "stac": stac.find_stac,
    "stac-landsat": stac_landsat.find_stac_landsat,
}
_EXPANSIONS: Mapping[str, Callable[[Source], tuple[Source, ...]]] = {
    "s1tiling": s1tiling.split_tracks,
    "raster": rasters.name_bands,
}

_MGRS = re.compile(r"\d{2}[C-X][A-Z]{2}$")


def expand(source: Source) -> tuple[Source, ...]:
    """The series that an input holds, each with its own dates and bands: one, but for a radar, which has one for each orbit."""
    split = _EXPANSIONS.get(source.family.reader)
    return split(source) if split else (source,)


def find(source: Source) -> list[Product | SetAside]:
    """Every product of a source, and those that cannot be used with the reason. Raises InputError when its folder is missing."""
    return [deliveries.judged(entry, source.bad) for entry in READERS[source.family.reader](source)]


def discover(
    source: Source, interval: Interval, tiles: Iterable[str] | None = None, frames: Mapping[str, GeoBox] | None = None
) -> dict[str, Series]:
    """The series of each tile (all found, or those asked for), sorted by tile name.

    frames: the grid that each tile has already; every product is read onto it, whatever its own grid. Without them the products say what
    the tiles are. Where the best delivery of an acquisition cannot be opened, or lies on another grid, the next best one is used.
    Raises InputError when the folder is missing, holds no product of the family, or lacks a tile asked for.
    """
    source = replace(source, options={**source.options, "frames": frames})
    while True:
        found = _discover(source, interval, tiles, frames)
        broken = {key: reason for series in found.values() for key, reason in _replaceable(series).items() if key not in source.bad}
        if not broken:
            return found
        source = replace(source, bad={**source.bad, **broken})


def _replaceable(series: Series) -> dict[str, str]:
    """Products that cannot be used (key -> reason), of whose day another delivery was set aside for a better one."""
    days = {s.when.date() for s in series.set_aside if s.kind == "duplicate"}
    return {s.key: s.reason for s in series.set_aside if s.kind == "bad" and s.key and s.when.date() in days}


def _discover(source: Source, interval: Interval, tiles: Iterable[str] | None, frames: Mapping[str, GeoBox] | None) -> dict[str, Series]:
    found = find(source)
    if not found:
        layout = source.options.get("layout")
        what = layout.pattern if layout else source.family.title
        raise InputError(
            Fault("E-PRD-009", str(source.path), f"inputs.{source.name}.path", f"no acquisition found here (looked for {what})")
        )
    by_tile = _by_place(found, frames) if frames is not None and placed_anywhere(source) else _by_name(found)
    if frames is not None and source.family.kind == "static":  # layers may be there for more tiles than the run has
        by_tile = {tile: entries for tile, entries in by_tile.items() if tile in frames}
    absent = [tile for tile in tiles or () if tile not in by_tile]
    if absent:
        text = f"no acquisition of tile {', '.join(absent)} (tiles found: {', '.join(sorted(by_tile))})"
        raise InputError(Fault("E-PRD-011", str(source.path), f"inputs.{source.name}", text, "check `tiles`"))
    if tiles is not None:
        by_tile = {tile: by_tile[tile] for tile in tiles}
    return {tile: _series(source, interval, (tile, (frames or {}).get(tile)), entries) for tile, entries in sorted(by_tile.items())}


def placed_anywhere(source: Source) -> bool:
    """True when products are not named by tile: they belong to every tile that they touch."""
    if source.family.reader == "series":
        return "{tile}" not in source.options["layout"].pattern
    if source.family.reader == "raster":
        return not rasters.named_by_tile(source)
    return source.family.zone == "scene"


def _anywhere(source: Source, frame: GeoBox | None) -> bool:
    """True when the products of one tile may lie on different grids."""
    if source.family.zone == "scene" or source.family.kind == "static":
        return True
    return frame is not None and (placed_anywhere(source) or source.family.kind == "snow")  # of Sentinel-2 at 20 m, of Landsat at 30 m


def _by_name(found: list[Product | SetAside]) -> dict[str, list[Product | SetAside]]:
    by_tile: dict[str, list[Product | SetAside]] = {}
    for entry in found:
        by_tile.setdefault(entry.tile, []).append(entry)
    return {tile: _newest(entries) for tile, entries in by_tile.items()}


def _by_place(found: list[Product | SetAside], frames: Mapping[str, GeoBox]) -> dict[str, list[Product | SetAside]]:
    """Products by the tiles that they touch; those whose place is not known are listed with every tile."""
    touching: dict[tuple[str, str], list[Product | SetAside]] = {}
    for entry in found:
        known, grid = _placed(entry)
        for tile, frame in frames.items():
            if not _of_another(entry.tile, tile) and (grid is None or overlap(grid, frame)):
                touching.setdefault((tile, entry.tile), []).append(replace(known, tile=tile))
    by_tile: dict[str, list[Product | SetAside]] = {}
    for (tile, _), entries in touching.items():  # two sites seen at one time are no copies of each other
        by_tile.setdefault(tile, []).extend(_newest(entries))
    return by_tile


def _of_another(cut: str, tile: str) -> bool:
    """True when a product is cut by one MGRS tile and this is another: neighbours overlap, and each has products of its own."""
    return cut != tile and bool(_MGRS.match(cut) and _MGRS.match(tile))


def _placed(entry: Product | SetAside) -> tuple[Product | SetAside, GeoBox | None]:
    """A product with its grid; None when that cannot be known."""
    if isinstance(entry, SetAside):
        return entry, None
    try:
        return entry, finest_grid(entry)
    except InputError as error:
        return deliveries.aside(entry, "bad", str(error)), None


def _series(source: Source, interval: Interval, place: tuple[str, GeoBox | None], entries: list[Product | SetAside]) -> Series:
    """place: name of the tile, and its grid when that is known already."""
    tile, frame = place
    aside = [e for e in entries if isinstance(e, SetAside)]
    products = [e for e in entries if isinstance(e, Product)]
    products = _dated(products, interval, source, aside)
    geobox, products = _on_one_grid(products, aside, _anywhere(source, frame))
    aside.sort(key=lambda s: (s.when, s.id))
    return Series(
        input=source.name,
        tile=tile,
        geobox=frame or at_resolution(geobox, source.resolution),
        bands=source.choice.bands,
        observations=merge_passes(products),
        set_aside=tuple(_instead(s, products, source.family.kind) for s in aside),
        resampling=source.resampling,
        kind=source.family.kind,
        share=source.share,
    )


def _instead(one: SetAside, products: list[Product], kind: str) -> SetAside:
    """What is set aside as bad, with the delivery of the same acquisition that stands for it. kind: of the series."""
    other = next((p for p in products if stands_for(p, one, kind)), None)
    if one.kind != "bad" or other is None:
        return one
    name = other.id if other.id != one.id else other.fingerprint[0][0]
    return replace(one, reason=f"{one.reason}; {name} is used in its place")


def _newest(entries: list[Product | SetAside]) -> list[Product | SetAside]:
    """Of several deliveries of one acquisition, the highest version; versions compare as whole numbers (V1-10 is after V1-9)."""
    groups: dict[tuple[str, dt.datetime, str], list[Product]] = {}
    for entry in entries:
        if isinstance(entry, Product):
            groups.setdefault((entry.platform, entry.when, entry.level), []).append(entry)
    kept = [entry for entry in entries if isinstance(entry, SetAside)]
    chosen: list[Product | SetAside] = []
    for group in groups.values():
        best, *others = sorted(group, key=lambda p: (tuple(-v for v in p.version), p.fingerprint[0][0]))
        chosen.append(best)
        for other in others:
            reason = (
                f"older version than {best.id}" if other.version != best.version else f"delivered twice; {best.fingerprint[0][0]} is used"
            )
            kept.append(deliveries.aside(other, "duplicate", reason))
    return [*chosen, *kept]


def _dated(products: list[Product], interval: Interval, source: Source, aside: list[SetAside]) -> list[Product]:
    if source.family.kind == "static":
        return products
    kept = []
    for product in products:
        if product.date in source.exclude:
            aside.append(deliveries.aside(product, "excluded", "its date is listed under exclude_dates"))
        elif not interval.holds(product.date):
            aside.append(deliveries.aside(product, "period", f"outside the period {interval.start or '…'} to {interval.end or '…'}"))
        else:
            kept.append(product)
    return kept


def _on_one_grid(products: list[Product], aside: list[SetAside], anywhere: bool) -> tuple[GeoBox, list[Product]]:
    """Grid of the tile, the most frequent among its products, and the products that lie on it.

    anywhere: products may lie anywhere; the grid is what all those on the most frequent lattice cover, and all are kept.
    """
    grids: list[tuple[GeoBox, list[Product]]] = []
    for product in products:
        try:
            grid = finest_grid(product)
        except InputError as error:
            aside.append(deliveries.aside(product, "bad", str(error)))
            continue
        kept = remarked(product, _headers(product))
        known = next((members for other, members in grids if same_grid(other, grid)), None)
        if known is None:
            grids.append((grid, [kept]))
        else:
            known.append(kept)
    if not grids:
        return GeoBox((0, 0), _IDENTITY, "EPSG:4326"), []
    common, kept = max(grids, key=lambda pair: len(pair[1]))
    if anywhere:
        return union([grid for grid, _ in grids if same_lattice(grid, common)]), [p for _, members in grids for p in members]
    for grid, members in grids:
        if grid is not common:
            text = f"its grid {_say(grid)} is not that of the tile, {_say(common)}"
            aside.extend(deliveries.aside(p, "bad", Fault("E-PRD-070", p.id, "grid", text, "download it again").line()) for p in members)
    return common, kept


_IDENTITY = GeoBox.from_bbox((0, 0, 1, 1), "EPSG:4326", resolution=1).transform


def finest_grid(product: Product) -> GeoBox:
    """Grid of the finest bands of a product. Files of the same pixel size must lie on it, and coarser ones align with it.

    Raises InputError where they do not, a file cannot be opened, or lacks what is asked of it.
    """
    headers = _headers(product)
    on_fine = {mask.layer.path for mask in product.masks if not mask.coarse}
    _check_layers(product, headers)
    check_written(headers)
    check_sizes(product, headers)
    fine = min((headers[layer.path].geobox for layer in product.bands.values()), key=lambda g: abs(g.transform.a))
    for path, header in headers.items():
        exact = same_lattice(header.geobox, fine)
        if exact and not same_grid(header.geobox, fine):
            raise InputError(Fault("E-PRD-010", path, "", f"expected the grid {_say(fine)}, found {_say(header.geobox)}"))
        if not exact and (path in on_fine or not aligned(fine, header.geobox)):
            raise InputError(Fault("E-PRD-010", path, "", f"grid {_say(header.geobox)} does not align with {_say(fine)}"))
    check_numbers(product, headers)
    return fine


def _headers(product: Product) -> dict[str, RasterHeader]:
    """Headers of the files of a product, by path."""
    paths = dict.fromkeys([*(layer.path for layer in product.bands.values()), *(mask.layer.path for mask in product.masks)])
    return {path: product.headers.get(path) or _header(path, product.stamp) for path in paths}


@functools.lru_cache(maxsize=65536)
def _header(path: str, stamp: str) -> RasterHeader:
    """Header of a file, read once for each state of its product."""
    return read_header(path)


def _check_layers(product: Product, headers: Mapping[str, RasterHeader]) -> None:
    """Raise InputError where a file has not the band asked for, or a mask with bits is not of whole numbers."""
    for layer in (*product.bands.values(), *(mask.layer for mask in product.masks)):
        count = headers[layer.path].count
        if layer.index > count:
            text = f"expected a band {layer.index}, the file has {count}"
            raise InputError(Fault("E-PRD-016", plain_name(layer.path), "", text, "check `bands`"))
    for mask in product.masks:
        dtype = headers[mask.layer.path].dtype
        if mask.bits and "int" not in dtype:
            raise InputError(
                Fault("E-PRD-016", mask.layer.path, "", f"expected whole numbers, which have bits, found {dtype}", "use `invalid`")
            )


def _say(grid: GeoBox) -> str:
    t = grid.transform
    return f"{grid.shape[0]} × {grid.shape[1]} pixels of {t.a:g} at ({t.c:g}, {t.f:g}) in {grid.crs.to_epsg() or grid.crs if grid.crs else 'no CRS'}"
