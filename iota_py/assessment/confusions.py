"""Why classes are confused: what the features of pixels taken for another class look like, beside those of both classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

LEAST_SHARE = 0.01  # of the pixels of a class: what is rarer is no pair to explain
WORST = 3  # polygons named for each pair
TOLD = 3  # columns named for each pair


@dataclass(frozen=True)
class Pair:
    """Class `code` taken for class `mapped`. pixels: that validation pixels stand for, over all draws; share: of the class; polygons: that hold
    some; worst: (polygon, share of the confusion) of those that hold most."""

    code: int
    mapped: int
    pixels: float
    share: float
    polygons: int
    worst: tuple[tuple[int, float], ...]


def confused_pairs(pixels: pd.DataFrame, most: int) -> list[Pair]:
    """The pairs with the largest product of their pixels and their share of the class, the largest first; of equal ones the lowest codes.

    pixels: `code`, `mapped`, `polygon`, `weight` (how many pixels each stands for). Pairs below LEAST_SHARE are left out.
    """
    totals = pixels.groupby("code").weight.sum()
    found = []
    for (code, mapped), group in pixels[pixels.code != pixels.mapped].groupby(["code", "mapped"], sort=True):
        total = float(group.weight.sum())
        share = total / float(totals[code])
        by_polygon = group.groupby("polygon", sort=True).weight.sum().sort_values(ascending=False, kind="stable")
        worst = tuple((int(polygon), float(weight) / total) for polygon, weight in by_polygon.head(WORST).items())
        if share >= LEAST_SHARE:
            found.append(Pair(int(code), int(mapped), total, share, len(by_polygon), worst))
    return sorted(found, key=lambda pair: (-pair.pixels * pair.share, pair.code, pair.mapped))[:most]


@dataclass(frozen=True, eq=False)
class Group:
    """Pixels of one kind. values: (pixel, column). weights: float64 (pixel,)."""

    values: np.ndarray
    weights: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """Of each column, float64."""
        return np.average(self.values.astype(np.float64), axis=0, weights=self.weights)

    @property
    def variance(self) -> np.ndarray:
        """Of each column, float64."""
        return np.average((self.values - self.mean) ** 2, axis=0, weights=self.weights)

    def quantile(self, share: float) -> np.ndarray:
        """Least value of each column that this share of the weight does not exceed, float64."""
        order = np.argsort(self.values, axis=0, kind="stable")
        reached = np.cumsum(self.weights[order], axis=0) >= share * self.weights.sum() - 1e-9
        return np.take_along_axis(self.values, np.take_along_axis(order, reached.argmax(axis=0)[None], axis=0), axis=0)[0].astype(
            np.float64
        )


def groups_of(pixels: pd.DataFrame, values: np.ndarray, pair: Pair) -> tuple[Group, Group, Group] | None:
    """Pixels of the class that are rightly mapped, those of the other class that are, and those of the class taken for the other.

    None where either class has none that is rightly mapped: there is nothing to compare with. values: (pixel, column), rows as `pixels`.
    """
    code, mapped, weights = (pixels[name].to_numpy() for name in ("code", "mapped", "weight"))
    kinds = [(pair.code, pair.code), (pair.mapped, pair.mapped), (pair.code, pair.mapped)]
    masks = [(code == own) & (mapped == given) for own, given in kinds]
    if not all(mask.any() for mask in masks):
        return None
    first, second, third = (Group(values[mask], weights[mask]) for mask in masks)
    return first, second, third


def nearness(own: Group, other: Group, confused: Group) -> np.ndarray:
    """How much nearer the mean of the confused pixels lies to the other class than to their own, by column, float64.

    (|m - m_own| - |m - m_other|) / s, with s the root of the mean of both variances; above 0: nearer to the other class. At most the distance
    of both means in s. 0 where neither class varies.
    """
    spread = np.sqrt((own.variance + other.variance) / 2)
    away = np.abs(confused.mean - own.mean) - np.abs(confused.mean - other.mean)
    return np.divide(away, spread, out=np.zeros(len(away)), where=spread > 0)


def telling(near: np.ndarray, most: int = TOLD) -> list[int]:
    """Columns where the confused pixels are nearest to the other class, the nearest first; only those where they are nearer to it."""
    order = np.argsort(-near, kind="stable")[:most]
    return [int(column) for column in order if near[column] > 0]


def best_band(near: np.ndarray, bands: Mapping[str, Sequence[int]]) -> str:
    """The band whose columns have the largest mean of what is above 0 in `near`, of equal ones the first."""
    return max(bands, key=lambda band: float(np.maximum(near[list(bands[band])], 0).mean()))
