"""Pixels of a window of a tile: values and validity of every observation, whatever family they come from.

Files stay open by thread, each block is decoded once for each window, and one compiled pass per band copies and checks it. Coarser
bands are read at their own resolution and put on the grid of the window last.
"""

from __future__ import annotations

import functools
import threading
from dataclasses import dataclass, replace

import numpy as np
from odc.geo.geobox import GeoBox

from iota_py.errors import AcquisitionError, InputError
from iota_py.grid.lattice import expanded, same_grid, same_lattice
from iota_py.grid.windows import Window
from iota_py.io.handles import read_kept
from iota_py.io.raster import RasterHeader, read_header
from iota_py.products.pixels import MISSING, check_same, fill_from, limits, place_same
from iota_py.products.placement import Placement, Usable, place, spans
from iota_py.products.product import Layer, MaskLayer, Product, Series
from iota_py.products.resampling import margin, resampled
from iota_py.products.stored import STORED_LIMITS, UNBOUNDED, forbid, known, stored
from iota_py.products.terrain import TERRAIN, metres, terrain

STORED_NODATA = int(MISSING)


@dataclass(frozen=True)
class Cube:
    """A window of a series. values: int16 (date, band, row, col), STORED_NODATA where the band is missing; valid: bool (date, row, col), True = usable."""

    values: np.ndarray
    valid: np.ndarray


class _Scratch(threading.local):
    """Memory of the last windows of this thread by slot, used again: fresh pages cost as much as filling them."""

    def __init__(self) -> None:
        self.slots: dict[int, tuple[np.ndarray, np.ndarray]] = {}


_SCRATCH = _Scratch()


def read_cube(series: Series, window: Window, *, slot: int | None = None) -> Cube:
    """Read every observation. A pixel is usable when no mask forbids it and no band of the date is missing or out of range.

    Of several pieces of one pass the first usable one is kept, pixel by pixel. slot: the cube lies in memory that the next call with this
    slot in this thread takes over. Raises AcquisitionError when a file cannot be read.
    """
    values, valid = _room(len(series.observations), len(series.bands), window, slot)
    valid[:] = 1
    target = _Target(series, window)
    for i, pieces in enumerate(series.observations):
        _read_into(values[i], valid[i], target, pieces[0])
        for piece in pieces[1:]:
            more, usable = np.empty_like(values[i]), np.ones_like(valid[i])
            _read_into(more, usable, target, piece)
            fill_from(values[i], valid[i], more, usable)
    return Cube(values, valid.view(bool))


def _room(dates: int, bands: int, window: Window, slot: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Values (date, band, row, col) and validity (date, row, col), not filled."""
    if slot is None:
        return np.empty((dates, bands, *window.shape), np.int16), np.empty((dates, *window.shape), np.uint8)
    size = dates * window.pixels
    values, valid = _SCRATCH.slots.get(slot, (np.empty(0, np.int16), np.empty(0, np.uint8)))
    if values.size < size * bands:
        values = np.empty(size * bands, np.int16)
    if valid.size < size:
        valid = np.empty(size, np.uint8)
    _SCRATCH.slots[slot] = values, valid
    return values[: size * bands].reshape(dates, bands, *window.shape), valid[:size].reshape(dates, *window.shape)


def read_valid(series: Series, window: Window) -> np.ndarray:
    """Validity alone, bool (date, row, col): from the masks where the family marks the swath in one, else as read_cube."""
    if series.resampling == "average" or not all(
        any(mask.footprint for mask in piece.masks) for pieces in series.observations for piece in pieces
    ):
        return read_cube(series, window).valid
    valid = np.zeros((len(series.observations), window.height, window.width), np.uint8)
    target = _Target(series, window)
    for i, pieces in enumerate(series.observations):
        for piece in pieces:
            allowed = np.ones_like(valid[i])
            _forbid(target, piece, piece.masks, allowed)
            valid[i] |= allowed
    return valid.view(bool)


def read_footprint(series: Series, window: Window) -> np.ndarray:
    """Bool (row, col): seen by the sensor on one date at least, clouds or not."""
    seen = np.zeros((window.height, window.width), np.uint8)
    target = _Target(series, window)
    for pieces in series.observations:
        for piece in pieces:
            swath = tuple(mask for mask in piece.masks if mask.footprint)
            there = np.ones_like(seen)
            if swath:
                _forbid(target, piece, swath, there)
            else:
                usable = Usable(there)
                _read_band(target, piece, series.bands[0], np.empty(seen.shape, np.int16), usable)
                usable.settle()
            seen |= there
        if seen.all():
            break
    return seen.astype(bool)


class _Target:
    """The window to fill, and where the pixels of each other grid lie under it."""

    def __init__(self, series: Series, window: Window) -> None:
        self.series = series
        self.window = window
        self.grid = window.of(series.geobox)
        self.placements: dict[object, Placement | None] = {}
        self.heights: dict[tuple[str, int], np.ndarray] = {}

    def placement(self, header: RasterHeader) -> Placement | None:
        """Placement of the grid of a file; None when it is the series' own."""
        if header.grid not in self.placements:
            own = same_grid(header.geobox, self.series.geobox)
            self.placements[header.grid] = None if own else self.place(header.geobox, self.grid)
        return self.placements[header.grid]

    def place(self, source: GeoBox, grid: GeoBox) -> Placement:
        """Placement of a source grid under any grid of the series' lattice, with what the resampling looks at around it."""
        return place(source, grid, margin(self.series.resampling, self.spans(source)))

    def smooth(self, values: np.ndarray, where: Placement, source: GeoBox) -> np.ndarray:
        """Numbers float64 (row, col), NaN for missing, of the part of a placement of a source grid, resampled."""
        return resampled(values, where, self.series.resampling, self.spans(source), self.series.share)

    def spans(self, source: GeoBox) -> tuple[float, float]:
        """Pixels of the source that one of the tile spans: of the whole tile, so that every window has the same."""
        return spans(source, self.series.geobox)


def _read_into(values: np.ndarray, valid: np.ndarray, target: _Target, product: Product) -> None:
    """Fill values (band, row, col) and clear valid (row, col) from one product."""
    bands = target.series.bands
    means = [band for band in bands if target.series.resampling == "average" and _is_mean(target, product, band)]
    if len(means) < len(bands):
        _forbid(target, product, product.masks, valid)
    usable, sound = Usable(valid), {}
    for b, band in enumerate(bands):
        if band in means:
            _read_mean(target, product, band, (values[b], valid), sound)
        else:
            _read_band(target, product, band, values[b], usable)
    usable.settle()


def _is_mean(target: _Target, product: Product, band: str) -> bool:
    """True for a band whose pixels are not those of the tile, nor the terrain's."""
    layer = product.bands[band]
    return layer.law not in TERRAIN and not same_lattice(_header_of(layer.path, product).geobox, target.grid)


def _read_mean(target: _Target, product: Product, band: str, out: tuple[np.ndarray, np.ndarray], sound: dict[object, np.ndarray]) -> None:
    """Fill out: values (row, col) and validity (row, col), with the mean of what is usable under each pixel of the tile.

    Masks are looked up on the grid of the band, so that what they forbid is not in the mean; a pixel is usable where the share of its area
    that the series asks for is. sound: what masks allow of this product, by grid, kept for its other bands.
    """
    header = _header_of(product.bands[band].path, product)
    where = target.placement(header)
    if where is None or where.source is None:
        out[0][:], out[1][:] = MISSING, 0
        return
    own = _Target(replace(target.series, geobox=header.geobox), where.source)
    if header.grid not in sound:
        sound[header.grid] = np.ones(where.source.shape, np.uint8)
        _forbid(own, product, product.masks, sound[header.grid])
    numbers, usable = np.empty(where.source.shape, np.int16), Usable(sound[header.grid].copy())
    _read_band(own, product, band, numbers, usable)
    mean = target.smooth(np.where(usable.valid, numbers, np.nan), where, header.geobox)
    place_same(_rounded(mean), STORED_LIMITS, *out)


def _rounded(smooth: np.ndarray) -> np.ndarray:
    """Stored numbers int16 of resampled ones, MISSING for NaN."""
    return np.clip(np.rint(np.where(np.isnan(smooth), MISSING, smooth)), MISSING, 32767).astype(np.int16)


def _read_band(target: _Target, product: Product, band: str, out: np.ndarray, usable: Usable) -> None:
    """Fill out (row, col) from one band, and clear what is not usable."""
    layer = product.bands[band]
    if layer.law in TERRAIN:
        _read_terrain(target, product, layer, (out, usable.valid))
        return
    header = _header_of(layer.path, product)
    where = target.placement(header)
    if where is None and header.dtype == "int16" and layer.as_stored:
        _read(product, layer, target.window, out)
        check_same(out, _limits(product, header.nodata), usable.valid)
        return
    if where is not None and where.source is None:
        out[:], usable.valid[:] = MISSING, 0
        return
    raw = _read(product, layer, target.window if where is None else where.source)
    values, bounds = stored(raw, layer, product.valid_range, _missing(product, header.nodata))
    if where is None:
        place_same(values, bounds, out, usable.valid)
    elif target.series.resampling == "nearest" or same_lattice(header.geobox, target.grid):
        usable.put_nearest(values, where, bounds, out)
    else:
        gaps = np.empty_like(values)
        place_same(values, bounds, gaps, np.ones(values.shape, np.uint8))
        smooth = target.smooth(np.where(gaps == MISSING, np.nan, gaps), where, header.geobox)
        place_same(_rounded(smooth), STORED_LIMITS, out, usable.valid)


def _read_terrain(target: _Target, product: Product, layer: Layer, out: tuple[np.ndarray, np.ndarray]) -> None:
    """Fill out from what the elevation in a layer says of the ground."""
    numbers = terrain(layer.law, _heights(target, product, layer), metres(target.grid))
    place_same(*stored(numbers, replace(layer, law="linear"), None, ()), *out)


def _heights(target: _Target, product: Product, layer: Layer) -> np.ndarray:
    """Elevation of the window and of one pixel around it, float64 (row + 2, col + 2), NaN where missing."""
    key = layer.path, layer.index
    if key not in target.heights:
        header, (height, width) = _header_of(layer.path, product), target.window.shape
        grid = expanded(target.grid, -1, -1, height + 2, width + 2)
        where = target.place(header.geobox, grid)
        target.heights[key] = np.full(grid.shape, np.nan)
        if where.source is not None:
            raw = _read(product, layer, where.source)
            there = known(raw, product.valid_range, _missing(product, header.nodata))
            numbers = np.where(there, raw, np.nan).astype(np.float64)
            near = where.take(numbers, np.nan)
            if target.series.resampling != "nearest" and not same_lattice(header.geobox, target.grid):
                near = target.smooth(numbers, where, header.geobox)
            target.heights[key] = near
    return target.heights[key]


def _read(product: Product, layer: Layer, window: Window, out: np.ndarray | None = None) -> np.ndarray:
    try:
        return read_kept(layer.path, product.stamp, window, layer.index, out)
    except InputError as error:
        raise AcquisitionError(*error.faults, product=product.key or product.id) from error


def _header_of(path: str, product: Product) -> RasterHeader:
    try:
        return _header(path, product.stamp)
    except InputError as error:
        raise AcquisitionError(*error.faults, product=product.key or product.id) from error


@functools.lru_cache(maxsize=16384)
def _header(path: str, stamp: str) -> RasterHeader:
    """Header of a file, read once for each state of the product."""
    return read_header(path)


def _missing(product: Product, tagged: float | None) -> tuple[float, ...]:
    """Numbers that stand for no observation: what the product says, and what the file is tagged with."""
    return tuple(m for m in dict.fromkeys((product.nodata, tagged)) if m is not None)


def _limits(product: Product, tagged: float | None) -> np.ndarray:
    return limits(*(product.valid_range or UNBOUNDED), _missing(product, tagged))


def _forbid(target: _Target, product: Product, masks: tuple[MaskLayer, ...], valid: np.ndarray) -> None:
    """Clear valid (row, col) where a mask forbids the pixel, or, unless it is partial, has none there; on another grid by nearest neighbour."""
    for mask in masks:
        where = target.placement(_header_of(mask.layer.path, product))
        if where is None:
            forbid(_read(product, mask.layer, target.window), mask, valid)
        elif where.source is None:
            valid[:] &= np.uint8(mask.partial)
        else:
            there = np.ones(where.source.shape, np.uint8)
            forbid(_read(product, mask.layer, where.source), mask, there)
            valid &= where.take(there, int(mask.partial))
