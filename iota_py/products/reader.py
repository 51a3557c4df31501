"""Pixels of a window of a tile: values and validity of every observation, whatever family they come from."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from odc.geo.geobox import GeoBox

from iota_py.errors import AcquisitionError, InputError
from iota_py.grid.lattice import nearest_index, same_lattice
from iota_py.grid.windows import Window
from iota_py.io.raster import RasterHeader, read_header, read_window, resample
from iota_py.products.product import Layer, MaskLayer, Product, Series

STORED_NODATA = -32768
_MARGIN = {"nearest": 0, "bilinear": 2, "cubic": 3}  # pixels of the coarse band around a window


@dataclass(frozen=True)
class Cube:
    """A window of a series. values: int16 (date, band, row, col); valid: bool (date, row, col), True means usable."""

    values: np.ndarray
    valid: np.ndarray


def read_cube(series: Series, window: Window) -> Cube:
    """Read every observation. A pixel is usable when no mask forbids it and no band of the date is missing or out of range.

    Of several pieces of one pass the first usable one is kept, pixel by pixel. Raises AcquisitionError when a file cannot be read.
    """
    shape = (window.height, window.width)
    values = np.empty((len(series.observations), len(series.bands), *shape), np.int16)
    valid = np.empty((len(series.observations), *shape), bool)
    for i, pieces in enumerate(series.observations):
        _read_into(values[i], valid[i], series, pieces[0], window)
        for piece in pieces[1:]:
            more, usable = np.empty_like(values[i]), np.empty_like(valid[i])
            _read_into(more, usable, series, piece, window)
            fill = usable & ~valid[i]
            np.copyto(values[i], more, where=fill)
            valid[i] |= usable
    return Cube(values, valid)


def read_valid(series: Series, window: Window) -> np.ndarray:
    """Validity alone, bool (date, row, col): from the masks where the family marks the swath in one, else as read_cube."""
    if not all(any(mask.footprint for mask in piece.masks) for pieces in series.observations for piece in pieces):
        return read_cube(series, window).valid
    valid = np.zeros((len(series.observations), window.height, window.width), bool)
    for i, pieces in enumerate(series.observations):
        for piece in pieces:
            valid[i] |= _allowed(piece, piece.masks, window)
    return valid


def read_footprint(series: Series, window: Window) -> np.ndarray:
    """Bool (row, col): seen by the sensor on one date at least, clouds or not."""
    seen = np.zeros((window.height, window.width), bool)
    for pieces in series.observations:
        for piece in pieces:
            swath = tuple(mask for mask in piece.masks if mask.footprint)
            seen |= _allowed(piece, swath, window) if swath else _present(series, piece, window)
        if seen.all():
            break
    return seen


def _read_into(values: np.ndarray, valid: np.ndarray, series: Series, product: Product, window: Window) -> None:
    """Fill values (band, row, col) and valid (row, col) from one product."""
    valid[:] = _allowed(product, product.masks, window)
    for b, band in enumerate(series.bands):
        raw, usable = _band(series, product, product.bands[band], window)
        values[b] = raw
        valid &= usable


def _present(series: Series, product: Product, window: Window) -> np.ndarray:
    return _band(series, product, product.bands[series.bands[0]], window)[1]


def _band(series: Series, product: Product, layer: Layer, window: Window) -> tuple[np.ndarray, np.ndarray]:
    """Stored values int16 and usability of one band on the window's grid."""
    target = window.of(series.geobox)
    try:
        header = _header(layer.path, product.fingerprint)
        if same_lattice(header.geobox, series.geobox):
            raw = read_window(layer.path, window, layer.index)
            return _stored(raw, product, header.nodata)
        part = _source_window(header.geobox, target, _MARGIN[series.resampling])
        raw = read_window(layer.path, part, layer.index)
    except InputError as error:
        raise AcquisitionError(*error.faults, product=product.id) from error
    values, usable = _stored(raw, product, header.nodata)
    source = part.of(header.geobox)
    index = nearest_index(target, source)
    usable = index.take(usable, outside=False)
    if series.resampling == "nearest":
        return index.take(values), usable
    values = np.where(
        index.take(values) == STORED_NODATA, STORED_NODATA, resample(values, source, target, series.resampling, STORED_NODATA)
    )
    return values.astype(np.int16), usable & (values != STORED_NODATA)


@functools.lru_cache(maxsize=16384)
def _header(path: str, fingerprint: object) -> RasterHeader:
    """Header of a file, read once for each state of the product."""
    return read_header(path)


def _source_window(source: GeoBox, target: GeoBox, margin: int) -> Window:
    """Smallest window of a coarser grid that covers a target grid, with a margin, cut at the edge of the source."""
    index = nearest_index(target, source)
    rows, cols = index.rows, index.cols
    height, width = source.shape
    top, left = max(0, int(rows.min()) - margin), max(0, int(cols.min()) - margin)
    bottom, right = min(height, int(rows.max()) + 1 + margin), min(width, int(cols.max()) + 1 + margin)
    return Window(top, left, bottom - top, right - left)


def _stored(raw: np.ndarray, product: Product, tagged: float | None) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of a file as stored int16 (rounded half to even, clipped), STORED_NODATA where they are missing; and what is usable."""
    usable = np.isfinite(raw) if raw.dtype.kind == "f" else np.ones(raw.shape, bool)
    for nodata in {product.nodata, tagged} - {None}:
        usable &= raw != nodata
    if product.valid_range is not None:
        low, high = product.valid_range
        usable &= (raw >= low) & (raw <= high)
    if raw.dtype == np.int16 and product.scale == 1:
        values = raw
    else:
        scaled = np.rint(np.where(usable, raw, 0).astype(np.float64) * product.scale)
        values = np.clip(scaled, -32767, 32767).astype(np.int16)
    return np.where(usable, values, np.int16(STORED_NODATA)), usable


def _allowed(product: Product, masks: tuple[MaskLayer, ...], window: Window) -> np.ndarray:
    """Bool (row, col): no mask forbids the pixel."""
    allowed = np.ones((window.height, window.width), bool)
    for mask in masks:
        try:
            raw = read_window(mask.layer.path, window, mask.layer.index)
        except InputError as error:
            raise AcquisitionError(*error.faults, product=product.id) from error
        if mask.bits:
            allowed &= (raw & np.asarray(mask.bits & np.iinfo(raw.dtype).max, raw.dtype)) == 0
        if mask.values:
            allowed &= ~np.isin(raw, mask.values)
    return allowed
