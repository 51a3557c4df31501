"""Pixels of a window of a tile: values and validity of every observation, whatever family they come from.

Files stay open by thread, each block is decoded once for each window, and one compiled pass per band copies and checks it. Coarser
bands are read at their own resolution and put on the grid of the window last.
"""

from __future__ import annotations

import functools
import threading
from dataclasses import dataclass

import numpy as np
from odc.geo.geobox import GeoBox

from iota_py.errors import AcquisitionError, InputError
from iota_py.grid.lattice import nearest_index, same_lattice
from iota_py.grid.windows import Window
from iota_py.io.handles import read_kept
from iota_py.io.raster import RasterHeader, read_header, resample
from iota_py.products.pixels import MISSING, check_same, fill_from, forbid_bits, forbid_values, limits, place_nearest, place_same
from iota_py.products.product import Layer, MaskLayer, Product, Series

STORED_NODATA = int(MISSING)
_STORED_LIMITS = limits(-32767, 32767, ())
_UNBOUNDED = (-np.inf, np.inf)
_MARGIN = {"nearest": 0, "bilinear": 2, "cubic": 3}  # pixels of the coarse band around a window


@dataclass(frozen=True)
class Cube:
    """A window of a series. values: int16 (date, band, row, col), STORED_NODATA where the band is missing; valid: bool (date, row, col), True = usable."""

    values: np.ndarray
    valid: np.ndarray


class _Scratch(threading.local):
    """Memory of the last window of this thread, used again: fresh pages cost as much as filling them."""

    values = np.empty(0, np.int16)
    valid = np.empty(0, np.uint8)


_SCRATCH = _Scratch()


def read_cube(series: Series, window: Window, *, reuse: bool = False) -> Cube:
    """Read every observation. A pixel is usable when no mask forbids it and no band of the date is missing or out of range.

    Of several pieces of one pass the first usable one is kept, pixel by pixel. reuse: the cube lies in memory that the next call with
    `reuse` in this thread takes over. Raises AcquisitionError when a file cannot be read.
    """
    values, valid = _room(len(series.observations), len(series.bands), window, reuse)
    valid[:] = 1
    target = _Target(series, window)
    for i, pieces in enumerate(series.observations):
        _read_into(values[i], valid[i], target, pieces[0])
        for piece in pieces[1:]:
            more, usable = np.empty_like(values[i]), np.ones_like(valid[i])
            _read_into(more, usable, target, piece)
            fill_from(values[i], valid[i], more, usable)
    return Cube(values, valid.view(bool))


def _room(dates: int, bands: int, window: Window, reuse: bool) -> tuple[np.ndarray, np.ndarray]:
    """Values (date, band, row, col) and validity (date, row, col), not filled."""
    shape = (window.height, window.width)
    if not reuse:
        return np.empty((dates, bands, *shape), np.int16), np.empty((dates, *shape), np.uint8)
    size = dates * window.pixels
    if _SCRATCH.values.size < size * bands:
        _SCRATCH.values = np.empty(size * bands, np.int16)
    if _SCRATCH.valid.size < size:
        _SCRATCH.valid = np.empty(size, np.uint8)
    return _SCRATCH.values[: size * bands].reshape(dates, bands, *shape), _SCRATCH.valid[:size].reshape(dates, *shape)


def read_valid(series: Series, window: Window) -> np.ndarray:
    """Validity alone, bool (date, row, col): from the masks where the family marks the swath in one, else as read_cube."""
    if not all(any(mask.footprint for mask in piece.masks) for pieces in series.observations for piece in pieces):
        return read_cube(series, window).valid
    valid = np.zeros((len(series.observations), window.height, window.width), np.uint8)
    for i, pieces in enumerate(series.observations):
        for piece in pieces:
            allowed = np.ones_like(valid[i])
            _forbid(piece, piece.masks, window, allowed)
            valid[i] |= allowed
    return valid.view(bool)


def read_footprint(series: Series, window: Window) -> np.ndarray:
    """Bool (row, col): seen by the sensor on one date at least, clouds or not."""
    seen = np.zeros((window.height, window.width), np.uint8)
    for pieces in series.observations:
        for piece in pieces:
            swath = tuple(mask for mask in piece.masks if mask.footprint)
            there = np.ones_like(seen)
            if swath:
                _forbid(piece, swath, window, there)
            else:
                _read_band(_Target(series, window), piece, series.bands[0], (np.empty(seen.shape, np.int16), there))
            seen |= there
        if seen.all():
            break
    return seen.astype(bool)


class _Target:
    """The window to fill, and where the pixels of each other grid lie on it. Grids are told apart by shape and transform: discovery has
    seen to it that a series has one coordinate reference system."""

    def __init__(self, series: Series, window: Window) -> None:
        self.series = series
        self.window = window
        self.placements: dict[object, _Placement | None] = {}

    def placement(self, source: GeoBox) -> _Placement | None:
        """Placement of a source grid; None when it is the series' own."""
        key = (tuple(source.transform), source.shape.yx)
        if key not in self.placements:
            own = same_lattice(source, self.series.geobox)
            margin = _MARGIN[self.series.resampling]
            self.placements[key] = None if own else _placement(source, self.series.geobox, self.window, margin)
        return self.placements[key]


def _read_into(values: np.ndarray, valid: np.ndarray, target: _Target, product: Product) -> None:
    """Fill values (band, row, col) and clear valid (row, col) from one product."""
    _forbid(product, product.masks, target.window, valid)
    for b, band in enumerate(target.series.bands):
        _read_band(target, product, band, (values[b], valid))


def _read_band(target: _Target, product: Product, band: str, out: tuple[np.ndarray, np.ndarray]) -> None:
    """Fill out: values (row, col) and validity (row, col), from one band."""
    layer, resampling = product.bands[band], target.series.resampling
    header = _header_of(layer.path, product)
    place = target.placement(header.geobox)
    if place is None and header.dtype == "int16" and product.scale == 1:
        _read(product, layer, target.window, out[0])
        check_same(out[0], _limits(product, header.nodata), out[1])
        return
    raw, bounds = _stored(_read(product, layer, place.source if place else target.window), product, header.nodata)
    if place is None:
        place_same(raw, bounds, *out)
    elif resampling == "nearest":
        place_nearest(raw, place.rows, place.cols, bounds, *out)
    else:
        nearest, present = np.empty_like(out[0]), np.ones_like(out[1])
        place_nearest(raw, place.rows, place.cols, bounds, nearest, present)
        gaps = np.empty_like(raw)
        place_same(raw, bounds, gaps, np.ones(raw.shape, np.uint8))
        grids = place.source.of(header.geobox), target.window.of(target.series.geobox)
        smooth = resample(gaps, *grids, resampling, STORED_NODATA)
        place_same(np.where(present != 0, smooth, np.int16(STORED_NODATA)), _STORED_LIMITS, *out)


def _read(product: Product, layer: Layer, window: Window, out: np.ndarray | None = None) -> np.ndarray:
    try:
        return read_kept(layer.path, product.stamp, window, layer.index, out)
    except InputError as error:
        raise AcquisitionError(*error.faults, product=product.id) from error


def _header_of(path: str, product: Product) -> RasterHeader:
    try:
        return _header(path, product.stamp)
    except InputError as error:
        raise AcquisitionError(*error.faults, product=product.id) from error


@functools.lru_cache(maxsize=16384)
def _header(path: str, stamp: str) -> RasterHeader:
    """Header of a file, read once for each state of the product."""
    return read_header(path)


@dataclass(frozen=True)
class _Placement:
    """Part of a coarser grid under a window, and its row and column (from the part's corner) for those of the window; -1 for none."""

    source: Window
    rows: np.ndarray
    cols: np.ndarray


def _placement(source: GeoBox, grid: GeoBox, window: Window, margin: int) -> _Placement:
    index = nearest_index(window.of(grid), source)
    rows, cols = index.rows[:, 0], index.cols[0, :]
    height, width = source.shape
    top, left = max(0, int(rows.min()) - margin), max(0, int(cols.min()) - margin)
    bottom, right = min(height, int(rows.max()) + 1 + margin), min(width, int(cols.max()) + 1 + margin)
    has_row, has_col = index.inside.any(axis=1), index.inside.any(axis=0)
    part = Window(top, left, bottom - top, right - left)
    return _Placement(part, np.where(has_row, rows - top, -1), np.where(has_col, cols - left, -1))


def _stored(raw: np.ndarray, product: Product, tagged: float | None) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of a file as stored int16, and the limits within which they are usable. Rounded half to even and clipped where scaled."""
    if raw.dtype == np.int16 and product.scale == 1:
        return raw, _limits(product, tagged)
    missing, (low, high) = _missing(product, tagged), product.valid_range or _UNBOUNDED
    usable = np.isfinite(raw) if raw.dtype.kind == "f" else np.ones(raw.shape, bool)
    for number in missing:
        usable &= raw != number
    usable &= (raw >= low) & (raw <= high)
    scaled = np.rint(np.where(usable, raw, 0).astype(np.float64) * product.scale)
    values = np.clip(scaled, -32767, 32767).astype(np.int16)
    return np.where(usable, values, np.int16(STORED_NODATA)), _STORED_LIMITS


def _missing(product: Product, tagged: float | None) -> tuple[float, ...]:
    """Numbers that stand for no observation: what the product says, and what the file is tagged with."""
    return tuple(m for m in dict.fromkeys((product.nodata, tagged)) if m is not None)


def _limits(product: Product, tagged: float | None) -> np.ndarray:
    return limits(*(product.valid_range or _UNBOUNDED), _missing(product, tagged))


def _forbid(product: Product, masks: tuple[MaskLayer, ...], window: Window, valid: np.ndarray) -> None:
    """Clear valid (row, col) where a mask forbids the pixel."""
    for mask in masks:
        raw = _read(product, mask.layer, window)
        if raw.dtype == np.uint8 and not mask.values:
            forbid_bits(raw, np.uint8(mask.bits & 0xFF), valid)
        elif raw.dtype == np.uint8:
            forbid_values(raw, _forbidden(mask), valid)
        else:
            bad = np.isin(raw, mask.values)
            if mask.bits:
                bad |= (raw & np.asarray(mask.bits & np.iinfo(raw.dtype).max, raw.dtype)) != 0
            valid[bad] = 0


@functools.lru_cache(maxsize=4096)
def _forbidden(mask: MaskLayer) -> np.ndarray:
    """For each value of an 8-bit mask, 1 where it means unusable."""
    values = np.arange(256)
    return ((values & mask.bits != 0) | np.isin(values, mask.values)).astype(np.uint8)
