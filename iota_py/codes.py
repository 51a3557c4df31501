"""Codes: every feature cut into at most 256 classes of value, the 8-bit form in which forests are fitted and maps are predicted.

The code of a value is the number of edges strictly below it, so `value > edge[k]` is the same test as `code > k`: a decision tree
fitted on codes is a decision tree on values. Training and prediction share this module because neither knows the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numba import config, njit

from iota_py.pages import in_large_pages

MAX_EDGES = 255
BINS = 255
TILE = 256  # pixels of a tile of codes
_BLOCK = 64  # pixels encoded together: a table is used 64 times while it is in cache, and 64 rows of values stay there too


class CodeTables(NamedTuple):
    """The edges as look-up tables, one after the other: what the compiled kernels read.

    low: int32 (feature,), value of the first entry. last: int32 (feature,), index of the last entry: larger values have its code.
    offset: int64 (feature,), place of the first entry in `table`. table: uint8.
    """

    low: np.ndarray
    last: np.ndarray
    offset: np.ndarray
    table: np.ndarray


@dataclass(frozen=True, eq=False)
class CodeBook:
    """Edges of every feature, one feature after the other.

    edges: int16 (n,), strictly ascending within a feature, at most 255 of them. starts: int64 (feature + 1,), those of feature f
    are `edges[starts[f] : starts[f + 1]]`. A feature without edges has code 0 everywhere.
    """

    edges: np.ndarray
    starts: np.ndarray

    def __post_init__(self) -> None:
        if self.edges.dtype != np.int16 or self.starts.dtype != np.int64 or self.starts[0] != 0 or self.starts[-1] != len(self.edges):
            raise ValueError("a code book has int16 edges and int64 starts that run from 0 to the number of edges")
        counts = np.diff(self.starts)
        if counts.size and (counts.min() < 0 or counts.max() > MAX_EDGES):
            raise ValueError(f"a feature has from 0 to {MAX_EDGES} edges, found {counts.min()} to {counts.max()}")
        inner = np.ones(len(self.edges), bool)
        inner[self.starts[:-1][counts > 0]] = False
        if not (np.diff(self.edges.astype(np.int32))[inner[1:]] > 0).all():
            raise ValueError("the edges of a feature must be strictly ascending")

    @classmethod
    def of(cls, edges: Sequence[np.ndarray]) -> CodeBook:
        """The book of these ascending edges, one array per feature."""
        starts = np.cumsum([0, *(len(e) for e in edges)], dtype=np.int64)
        return cls(np.concatenate([np.empty(0, np.int16), *edges]).astype(np.int16), starts)

    @classmethod
    def fit(cls, features: np.ndarray, bins: int = BINS) -> CodeBook:
        """Edges that cut each feature of (sample, feature) int16 into at most `bins` (2–256) classes of about as many samples.

        A feature with no more distinct values than bins is cut between all of them. No edge lies at or above the largest value.
        """
        if features.dtype != np.int16 or features.ndim != 2 or len(features) == 0:
            raise ValueError(f"expected (sample, feature) int16, found {features.shape} {features.dtype}")
        if not 2 <= bins <= MAX_EDGES + 1:
            raise ValueError(f"bins {bins}: expected 2 to {MAX_EDGES + 1}")
        return cls.of([_edges(np.sort(column, kind="stable"), bins) for column in features.T])

    @property
    def features(self) -> int:
        """Number of features."""
        return len(self.starts) - 1

    def of_feature(self, feature: int) -> np.ndarray:
        """Edges of one feature, int16."""
        return self.edges[self.starts[feature] : self.starts[feature + 1]]

    @cached_property
    def tables(self) -> CodeTables:
        """The edges as look-up tables: at most 64 KiB per feature, a few KiB for reflectances."""
        counts = np.diff(self.starts)
        filled = counts > 0
        low, last = np.zeros(self.features, np.int32), np.zeros(self.features, np.int32)
        low[filled] = self.edges[self.starts[:-1][filled]]
        last[filled] = self.edges[self.starts[1:][filled] - 1].astype(np.int32) + 1 - low[filled]
        offset = np.zeros(self.features, np.int64)
        np.cumsum(last[:-1].astype(np.int64) + 1, out=offset[1:])
        values = [np.arange(first, first + size + 1) for first, size in zip(low, last)]
        parts = [np.searchsorted(self.of_feature(f), v, side="left") for f, v in enumerate(values)]
        (table,) = in_large_pages(np.concatenate([np.empty(0, np.int64), *parts]).astype(np.uint8))
        return CodeTables(low, last, offset, table)

    def encode(self, features: np.ndarray) -> np.ndarray:
        """Codes (pixel, feature) uint8 of values (pixel, feature) int16."""
        if features.dtype != np.int16 or features.ndim != 2 or features.shape[1] != self.features:
            raise ValueError(f"expected (pixel, {self.features}) int16, found {features.shape} {features.dtype}")
        if config.DISABLE_JIT:
            return self.encode_by_search(features)
        codes = np.empty(features.shape, np.uint8)
        _encode_pixels(np.ascontiguousarray(features), self.tables, codes)
        return codes

    def encode_tiles(self, features: np.ndarray) -> np.ndarray:
        """The same codes by tiles of pixels, uint8 (tile, feature, TILE), for engines that run along pixels; beyond the last pixel, any."""
        if config.DISABLE_JIT:
            return tiled(self.encode(features))
        if features.dtype != np.int16 or features.ndim != 2 or features.shape[1] != self.features:
            raise ValueError(f"expected (pixel, {self.features}) int16, found {features.shape} {features.dtype}")
        codes = np.empty((-(-len(features) // TILE), self.features, TILE), np.uint8)
        _encode_tiles(np.ascontiguousarray(features), self.tables, codes)
        return codes

    def encode_by_search(self, features: np.ndarray) -> np.ndarray:
        """The same codes straight from the definition, by bisection in numpy: slower, and what the tests compare with."""
        codes = np.empty(features.shape, np.uint8)
        for f in range(self.features):
            codes[:, f] = np.searchsorted(self.of_feature(f), features[:, f], side="left")
        return codes


def tiled(codes: np.ndarray) -> np.ndarray:
    """Codes (pixel, feature) uint8 by tiles of pixels, (tile, feature, TILE); zeros beyond the last pixel."""
    tiles = -(-len(codes) // TILE)
    padded = np.zeros((tiles * TILE, codes.shape[1]), np.uint8)
    padded[: len(codes)] = codes
    return np.ascontiguousarray(padded.reshape(tiles, TILE, codes.shape[1]).swapaxes(1, 2))


def _edges(ordered: np.ndarray, bins: int) -> np.ndarray:
    distinct = np.unique(ordered)
    if len(distinct) <= bins:
        wide = distinct.astype(np.int32)
        return ((wide[:-1] + wide[1:]) // 2).astype(np.int16)
    ranks = np.arange(1, bins, dtype=np.int64) * len(ordered) // bins - 1
    picked = np.unique(ordered[np.maximum(ranks, 0)])
    return picked[picked < ordered[-1]]


@njit(nogil=True, cache=True, error_model="numpy")
def encode_chunk(chunk, tables, codes):
    """Fill codes (lane, feature) uint8 from chunk (feature, lane) int16; for other compiled kernels. tables: CodeTables."""
    table, lanes = tables.table, np.uint64(chunk.shape[1])
    where = np.empty(_BLOCK, np.uint32)
    for first in range(np.uint64(0), lanes, np.uint64(_BLOCK)):  # unsigned: a signed index costs a test for negative ones at each access
        count = min(np.uint64(_BLOCK), lanes - first)
        for f in range(np.uint64(chunk.shape[0])):
            low, last, values = tables.low[f], tables.last[f], chunk[f]
            entries = table[tables.offset[f] :]
            for i in range(count):
                where[i] = np.uint32(min(max(np.int32(values[first + i]) - low, np.int32(0)), last))
            for i in range(count):
                codes[first + i, f] = entries[np.uint64(where[i])]


@njit(nogil=True, cache=True, error_model="numpy")
def encode_columns(chunk, tables, codes):
    """Fill codes (feature, lane) uint8 from chunk (feature, lane) int16; for other compiled kernels. tables: CodeTables."""
    lanes = np.uint64(chunk.shape[1])
    where = np.empty(chunk.shape[1], np.uint32)
    for f in range(np.uint64(chunk.shape[0])):
        low, last, values, row = tables.low[f], tables.last[f], chunk[f], codes[f]
        entries = tables.table[tables.offset[f] :]
        for i in range(lanes):
            where[i] = np.uint32(min(max(np.int32(values[i]) - low, np.int32(0)), last))
        for i in range(lanes):
            row[i] = entries[np.uint64(where[i])]


@njit(nogil=True, cache=True, error_model="numpy")
def _encode_tiles(features, tables, codes):
    for first in range(np.uint64(0), np.uint64(features.shape[0]), np.uint64(_BLOCK)):  # 64 rows of values stay in the cache
        values, tile, lane = features[first : first + np.uint64(_BLOCK)], codes[first // np.uint64(TILE)], first % np.uint64(TILE)
        for f in range(np.uint64(features.shape[1])):
            low, last, offset, row = tables.low[f], tables.last[f], np.uint64(tables.offset[f]), tile[f]
            for i in range(np.uint64(len(values))):
                place = min(max(np.int32(values[i, f]) - low, np.int32(0)), last)
                row[lane + i] = tables.table[offset + np.uint64(np.uint32(place))]


@njit(nogil=True, cache=True, error_model="numpy")
def _encode_pixels(features, tables, codes):
    for first in range(0, features.shape[0], _BLOCK):
        values, rows = features[first : first + _BLOCK], codes[first : first + _BLOCK]
        for f in range(np.uint64(features.shape[1])):
            low, last, offset = tables.low[f], tables.last[f], np.uint64(tables.offset[f])
            for i in range(np.uint64(len(values))):
                place = min(max(np.int32(values[i, f]) - low, np.int32(0)), last)
                rows[i, f] = tables.table[offset + np.uint64(np.uint32(place))]
