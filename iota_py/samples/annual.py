"""Pixels of annual classes drawn from the map of another year: where its classes are in the majority, far from other references."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import ndimage

DRAW = 15  # name of the streams of keys, after seed, tile and band of rows


def majority(classes: np.ndarray, radius: int) -> np.ndarray:
    """Most frequent class within `radius` pixels (a square, cut at the border), uint8 (row, col); 0 where two are equally frequent.

    classes: uint8 (row, col), 0 for nodata, which is no class. Radius 0 gives the classes themselves.
    """
    if radius == 0:
        return classes
    ones = np.ones(2 * radius + 1, np.int32)
    label, best, tied = np.zeros(classes.shape, np.uint8), np.zeros(classes.shape, np.int32), np.zeros(classes.shape, bool)
    for code in np.unique(classes[classes > 0]):
        here = (classes == code).astype(np.int32)
        count = ndimage.convolve1d(ndimage.convolve1d(here, ones, axis=0, mode="constant"), ones, axis=1, mode="constant")
        more = count > best
        tied = np.where(more, False, tied | ((count == best) & (count > 0)))
        label[more] = code
        best = np.maximum(best, count)
    label[tied] = 0
    return label


def away(mask: np.ndarray, distance: float, pixel: tuple[float, float]) -> np.ndarray:
    """Pixels farther than `distance` from every pixel of `mask` (bool, row and col), centre to centre; pixel: height and width."""
    if distance == 0 or not mask.any():
        return ~mask
    metres: np.ndarray = ndimage.distance_transform_edt(~mask, sampling=pixel)
    return metres > distance


def smallest_keys(frame: pd.DataFrame, key: str, number: int) -> np.ndarray:
    """Bool per row of `frame` (columns region, code and the key): the `number` smallest keys of each region and class; equals in order.

    The smallest of a whole are among the smallest of its parts, so a draw by keys may be made part by part.
    """
    ordered = frame[["region", "code", key]].sort_values(key, kind="stable")
    rank = ordered.groupby(["region", "code"]).cumcount()
    chosen: np.ndarray = (rank.reindex(frame.index) < number).to_numpy()
    return chosen


def kept_by_keys(frame: pd.DataFrame, keys: Sequence[str], number: int) -> pd.DataFrame:
    """Rows that are among the smallest by one of the keys, in the order given."""
    frame = frame.reset_index(drop=True)
    wanted = np.zeros(len(frame), bool)
    for key in keys:
        wanted |= smallest_keys(frame, key, number)
    return frame[wanted].reset_index(drop=True)
