"""Segments by SLIC (Achanta et al. 2012, TPAMI 34(11)), as scikit-image computes them, on one cell of a tile.

A cell is a rectangle of the tile's grid at a fixed place: what comes out depends on its pixels alone, and no segment leaves it.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

import numpy as np

CELL = 512  # pixels on a side of a cell
LOW, HIGH = 2.0, 98.0  # percentiles of a column that become 0 and 1


def slic_installed() -> bool:
    """Whether scikit-image is there."""
    return find_spec("skimage") is not None


def contrast(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What becomes 0 and 1 of each column: percentiles of the samples int16 (pixel, column), int16 (column,), values that occur.

    A column that never changes, or no sample at all, gives a range of 1, so that it tells no pixels apart.
    """
    if len(samples) == 0:
        low = np.zeros(samples.shape[1], np.int16)
        return low, low + np.int16(1)
    low, high = np.percentile(samples, [LOW, HIGH], axis=0, method="nearest").astype(np.int32)
    return low.astype(np.int16), np.clip(np.maximum(high, low + 1), -32768, 32767).astype(np.int16)


def scaled(columns: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Columns (…, column) as float32: 0 at `low`, 1 at `high`, no further, divided by the root of their number.

    The distance of two pixels is then the root mean square of their differences, whatever the number of columns.
    """
    span = np.maximum(high.astype(np.float32) - low.astype(np.float32), np.float32(1))
    share = np.clip((columns.astype(np.float32) - low.astype(np.float32)) / span, 0, 1)
    return np.asarray(share / np.sqrt(np.float32(columns.shape[-1])), np.float32)


def slic_segments(image: np.ndarray, usable: np.ndarray, size: int, compactness: float) -> np.ndarray:
    """Segments of a cell, int32 (row, col), numbered from 1 in row-major order of their first pixel; 0 where not usable.

    image: float32 (row, col, column), as `scaled`. usable: bool (row, col). size: pixels of a segment, about. compactness: difference of the
    image that weighs as much as the width of a segment. Every segment hangs together by edges: what is not usable may cut one in two.
    """
    if not usable.any():
        return np.zeros(usable.shape, np.int32)
    from skimage.measure import label
    from skimage.segmentation import slic

    span = float(image.max() - image.min()) or 1.0  # the library stretches each image to 0–1: undone here, so that all cells weigh alike
    found = slic(
        image, n_segments=max(1, round(usable.size / size)), compactness=compactness / span, sigma=0, start_label=1, channel_axis=-1,
        convert2lab=False, enforce_connectivity=True,
    )  # fmt: skip
    return np.asarray(label(np.where(usable, found, 0), background=0, connectivity=1), np.int32)


def spread_places(count: int, most: int) -> Sequence[int]:
    """At most `most` of `count` places, evenly: the middle ones of as many intervals."""
    taken = min(count, most)
    return [(2 * i + 1) * count // (2 * taken) for i in range(taken)]
