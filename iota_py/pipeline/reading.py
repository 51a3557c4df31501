"""From the files of a tile to the feature matrix of a window: the one path that samples and maps share.

Read -> fill -> indices -> int16 columns, on chunks of pixels that stay in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit

from iota_py.features.indices import IndexPlan, index_chunk
from iota_py.features.layout import feature_count, pack_chunk
from iota_py.grid.windows import Window
from iota_py.products.product import Series
from iota_py.products.reader import read_cube
from iota_py.timeseries.dates import days
from iota_py.timeseries.gapfill import fill_chunk, valid_count

LANES = 128


@dataclass(frozen=True)
class FeatureSource:
    """A series and what is computed from it. targets: int32 days since 1970-01-01."""

    series: Series
    targets: np.ndarray
    indices: IndexPlan


def window_features(sources: Sequence[FeatureSource], window: Window) -> tuple[np.ndarray, np.ndarray]:
    """Features int16 (pixel, feature) and validity uint8 (pixel,) of a window; pixels in row-major order, features in the run's order."""
    parts, validity = [], np.zeros(window.pixels, np.int64)
    for source in sources:
        cube = read_cube(source.series, window)
        values = cube.values.reshape(*cube.values.shape[:2], window.pixels)
        valid = cube.valid.reshape(len(cube.valid), window.pixels)
        parts.append(optical_features(values, valid, days(source.series.dates), source.targets, source.indices))
        validity += valid_count(valid)
    features = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
    return features, np.minimum(validity, 255).astype(np.uint8)


def optical_features(values: np.ndarray, valid: np.ndarray, observed: np.ndarray, targets: np.ndarray, plan: IndexPlan) -> np.ndarray:
    """Gap-filled bands and indices, int16 (pixel, feature).

    values: int16 (date, band, pixel). valid: bool (date, pixel). observed, targets: int32 days. Columns as in features.layout.
    """
    pixels, bands = values.shape[2], values.shape[1]
    out = np.empty((pixels, feature_count(len(targets), bands, len(plan.names))), np.int16)
    ready = np.ascontiguousarray(values), np.ascontiguousarray(valid).view(np.uint8)
    _features(*ready, observed, targets, plan.kinds, plan.first, plan.second, out)
    return out


@njit(nogil=True, cache=True, error_model="numpy")
def _features(values, valid, observed, targets, kinds, first, second, out):  # type: ignore[no-untyped-def]  # noqa: PLR0913 - arrays, one by one, for numba
    filled = np.zeros((len(targets), values.shape[1], LANES), np.float32)
    index = np.empty((len(kinds), len(targets), LANES), np.float32)
    packed = np.empty((out.shape[1], LANES), np.int16)
    for start in range(0, out.shape[0], LANES):
        stop = min(start + LANES, out.shape[0])
        fill_chunk(values, valid, observed, targets, start, stop, filled)
        index_chunk(filled, kinds, first, second, index)
        pack_chunk(filled, index, packed)
        for lane in range(stop - start):
            row = out[start + lane]
            for column in range(len(row)):
                row[column] = packed[column, lane]
