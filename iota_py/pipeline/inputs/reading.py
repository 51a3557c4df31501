"""From the files of a tile to features or codes: the one path that samples and maps share.

Read -> fill -> indices -> int16 columns, on chunks of pixels that stay in the processor's cache. A map goes one step further in the
same pass: the columns of a chunk become the 8-bit codes of each model, so that a window never holds its features. A series that asks for
more than every band and index, linearly filled, has a recipe and goes through `pipeline.columns`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numba import config, njit

from iota_py.codes import TILE, CodeBook, CodeTables, encode_chunk, encode_columns
from iota_py.features.indices import IndexPlan, index_chunk, index_values
from iota_py.features.layout import pack_chunk, packed, store_chunk
from iota_py.features.radar import despeckled, speckle_margin
from iota_py.grid.windows import Window
from iota_py.pages import in_large_pages
from iota_py.pipeline.inputs.columns import grown, inner_pixels, recipe_columns, texture_columns
from iota_py.pipeline.inputs.observed import Observed
from iota_py.pipeline.inputs.recipe import Recipe
from iota_py.products.product import Series
from iota_py.products.reader import read_cube
from iota_py.timeseries.dates import days
from iota_py.timeseries.gapfill import LANES, check_series, fill_chunk, fill_linear, valid_count
from iota_py.turning import turn_bytes

NO_COMPILER = bool(config.DISABLE_JIT)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class FeatureSource:
    """A series and what is computed from it. targets, observed: int32 days since 1970-01-01. counts: validity counts its observations.

    recipe, clouds: as in Observed. speckle: unit of a radar and side of the window of its filter, None for none.
    """

    series: Series
    targets: np.ndarray
    indices: IndexPlan
    observed: np.ndarray
    counts: bool = True
    recipe: Recipe | None = None
    clouds: np.ndarray | None = None
    speckle: tuple[str, int] | None = None

    def around(self, window: Window) -> Window:
        """What has to be read for the features of a window."""
        margin = (self.recipe.margin if self.recipe else 0) + (speckle_margin(self.speckle[1]) if self.speckle else 0)
        if margin == 0:
            return window
        rows, cols = self.series.geobox.shape
        return grown(window, margin, (int(rows), int(cols)))


def feature_source(
    series: Series,
    dates: Sequence[dt.date],
    indices: IndexPlan,
    counts: bool = True,
    recipe: Recipe | None = None,
    speckle: tuple[str, int] | None = None,
) -> FeatureSource:
    """What is computed from a series on these target dates; a series without dates is its own one target."""
    if series.kind == "static":
        return FeatureSource(series, np.zeros(1, np.int32), indices, np.zeros(len(series.observations), np.int32), counts, recipe)
    return FeatureSource(series, days(dates), indices, days(series.dates), counts, recipe, _cloud_shares(series), speckle)


def _cloud_shares(series: Series) -> np.ndarray:
    """Share of each observation under cloud: the mean over its pieces that say it, NaN where none does."""
    known = [[piece.cloud_share for piece in pieces if piece.cloud_share is not None] for pieces in series.observations]
    return np.array([sum(shares) / len(shares) if shares else np.nan for shares in known])


def read_observed(sources: Sequence[FeatureSource], window: Window) -> tuple[list[Observed], np.ndarray]:
    """What was observed in a window, and the validity uint8 (pixel,): usable observations of the inputs that count, at most 255.

    Pixels in row-major order. The arrays lie in memory that the next call in this thread takes over.
    """
    found, validity = [], np.zeros(window.pixels, np.int64)
    for position, source in enumerate(sources):
        around = source.around(window)
        cube = read_cube(source.series, around, slot=position)
        if source.speckle is not None:
            cube = replace(cube, values=despeckled(cube.values, cube.valid, *source.speckle))
        values = cube.values.reshape(*cube.values.shape[:2], around.pixels)
        valid = cube.valid.view(np.uint8).reshape(len(cube.valid), around.pixels)
        one = Observed(values, valid, source.observed, source.targets, source.indices, source.recipe, source.clouds)
        image = texture_columns(one, around, window) if source.recipe is not None and source.recipe.texture is not None else None
        one = replace(inner_pixels(one, around, window), texture=image)
        found.append(one)
        if source.counts:
            validity += valid_count(one.valid)
    return found, np.minimum(validity, 255).astype(np.uint8)


def features_of(observed: Sequence[Observed], first: int = 0, last: int | None = None) -> np.ndarray:
    """Features int16 (pixel, feature) of the pixels first..last-1, in the run's order of columns."""
    last = observed[0].values.shape[2] if last is None else last
    out = np.empty((last - first, sum(one.columns for one in observed)), np.int16)
    start = 0
    for one in observed:
        if one.recipe is not None:
            out[:, start : start + one.columns] = recipe_columns(one, first, last)
        elif NO_COMPILER:
            out[:, start : start + one.columns] = _features_in_numpy(one, first, last)
        else:
            columns = out[:, start : start + one.columns]
            _features((one.values, one.valid, one.days, one.targets), _plan(one), first, columns)
        start += one.columns
    return out


@dataclass(frozen=True, eq=False)
class BookStack:
    """Code books of several models on the same features, side by side for the kernel. low, last: int32 (book, feature); offset: int64.

    tiled: the models want codes by tiles of pixels (codes.TILE).
    """

    books: tuple[CodeBook, ...]
    tiled: bool
    low: np.ndarray
    last: np.ndarray
    offset: np.ndarray
    table: np.ndarray

    @classmethod
    def of(cls, books: Sequence[CodeBook], tiled: bool = False) -> BookStack:
        """The books, in this order."""
        tables = [book.tables for book in books]
        starts = np.cumsum([0, *(len(t.table) for t in tables)])
        offset = np.stack([t.offset + start for t, start in zip(tables, starts)])
        (table,) = in_large_pages(np.concatenate([t.table for t in tables]))
        return cls(tuple(books), tiled, np.stack([t.low for t in tables]), np.stack([t.last for t in tables]), offset, table)


def codes_of(observed: Sequence[Observed], stack: BookStack, first: int, last: int) -> np.ndarray:
    """What each book makes of the features of the pixels first..last-1, without the features.

    uint8 (book, pixel, feature), or (book, tile, feature, TILE) where the stack is tiled.
    """
    if NO_COMPILER:
        features = features_of(observed, first, last)
        return np.stack([book.encode_tiles(features) if stack.tiled else book.encode(features) for book in stack.books])
    count, columns = last - first, sum(one.columns for one in observed)
    shape = (-(-count // TILE), columns, TILE) if stack.tiled else (count, columns)
    out = np.empty((len(stack.books), *shape), np.uint8)
    start = 0
    for one in observed:
        own = slice(start, start + one.columns)
        tables = stack.low[:, own], stack.last[:, own], stack.offset[:, own], stack.table
        series = one.values, one.valid, one.days, one.targets
        if one.recipe is not None:
            _encode(recipe_columns(one, first, last), tables, stack.tiled, out[:, :, own])
        elif stack.tiled:
            _tiles(series, _plan(one), tables, (first, last), out[:, :, own])
        else:
            _codes(series, _plan(one), tables, first, out[:, :, own])
        start += one.columns
    return out


def optical_features(
    values: np.ndarray, valid: np.ndarray, observed: np.ndarray, targets: np.ndarray, plan: IndexPlan, recipe: Recipe | None = None
) -> np.ndarray:
    """Gap-filled bands and indices, int16 (pixel, feature), of series that come from elsewhere than a window.

    values: int16 (date, band, pixel). valid: bool (date, pixel). observed, targets: int32 days. Columns as in features.layout, or as the
    recipe says.
    """
    check_series(values, valid, observed)
    ready = np.ascontiguousarray(values), np.ascontiguousarray(valid).view(np.uint8)
    return features_of([Observed(*ready, observed, targets, plan, recipe)])


def _plan(one: Observed) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return one.indices.kinds, one.indices.first, one.indices.second


def _encode(features: np.ndarray, tables: tuple[np.ndarray, ...], tiled: bool, out: np.ndarray) -> None:
    """Codes of features int16 (pixel, feature) of one series, for each book: (book, pixel, feature), or by tiles of pixels."""
    columns = np.ascontiguousarray(features.T)
    if tiled:
        _encode_by_tile(columns, tables, out)
    else:
        _encode_by_pixel(columns, tables, out)


@njit(nogil=True, cache=True, error_model="numpy")
def _encode_by_pixel(columns, tables, out):  # type: ignore[no-untyped-def]
    low, last, offset, table = tables
    for book in range(out.shape[0]):
        encode_chunk(columns, CodeTables(low[book], last[book], offset[book], table), out[book])


@njit(nogil=True, cache=True, error_model="numpy")
def _encode_by_tile(columns, tables, out):  # type: ignore[no-untyped-def]
    low, last, offset, table = tables
    for book in range(out.shape[0]):
        for tile in range(out.shape[1]):
            part = columns[:, tile * TILE : (tile + 1) * TILE]
            encode_columns(part, CodeTables(low[book], last[book], offset[book], table), out[book, tile])


def _features_in_numpy(one: Observed, first: int, last: int) -> np.ndarray:
    """The same numbers where nothing can be compiled: many times slower."""
    filled = fill_linear(one.values[..., first:last], one.valid[:, first:last], one.days, one.targets)
    return packed(filled, index_values(filled, one.indices)).T


@njit(nogil=True, cache=True, error_model="numpy")
def _features(series, plan, first, out):  # type: ignore[no-untyped-def]
    values, valid, observed, targets = series
    kinds, a, b = plan
    filled = np.zeros((len(targets), values.shape[1], LANES), np.float32)
    index = np.zeros((len(kinds), len(targets), LANES), np.float32)
    for start in range(0, out.shape[0], LANES):
        stop = min(start + LANES, out.shape[0])
        fill_chunk(values, valid, observed, targets, first + start, first + stop, filled)
        index_chunk(filled, kinds, a, b, index)
        store_chunk(filled, index, start, stop, out)


@njit(nogil=True, cache=True, error_model="numpy")
def _codes(series, plan, tables, first, out):  # type: ignore[no-untyped-def]
    values, valid, observed, targets = series
    kinds, a, b = plan
    low, last, offset, table = tables
    filled = np.zeros((len(targets), values.shape[1], LANES), np.float32)
    index = np.zeros((len(kinds), len(targets), LANES), np.float32)
    columns, codes = np.empty((out.shape[2], LANES), np.int16), np.empty((out.shape[2], LANES), np.uint8)
    for start in range(0, out.shape[1], LANES):
        stop = min(start + LANES, out.shape[1])
        fill_chunk(values, valid, observed, targets, first + start, first + stop, filled)
        index_chunk(filled, kinds, a, b, index)
        pack_chunk(filled, index, columns)
        for book in range(out.shape[0]):
            encode_columns(columns, CodeTables(low[book], last[book], offset[book], table), codes)
            turn_bytes(codes, out[book, start:stop])


@njit(nogil=True, cache=True, error_model="numpy")
def _tiles(series, plan, tables, pixels, out):  # type: ignore[no-untyped-def]
    values, valid, observed, targets = series
    kinds, a, b = plan
    low, last, offset, table = tables
    filled = np.zeros((len(targets), values.shape[1], TILE), np.float32)
    index = np.zeros((len(kinds), len(targets), TILE), np.float32)
    columns = np.empty((out.shape[2], TILE), np.int16)
    for tile in range(out.shape[1]):
        start = pixels[0] + tile * TILE
        fill_chunk(values, valid, observed, targets, start, min(start + TILE, pixels[1]), filled)
        index_chunk(filled, kinds, a, b, index)
        pack_chunk(filled, index, columns)
        for book in range(out.shape[0]):
            encode_columns(columns, CodeTables(low[book], last[book], offset[book], table), out[book, tile])
