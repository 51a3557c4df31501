"""Draws of polygons into learning and validation.

The unit is the original polygon, never a piece of it, so that no polygon is on both sides. Each class of each region has its own
stream of random numbers, named by seed, region and class: the draw depends on neither the order of the file nor the number of workers.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

NEITHER, LEARNING, VALIDATION = 0, 1, 2
_KEPT_STREAM = 7


def split_by_polygon(polygons: pd.DataFrame, ratio: float, seed: int) -> pd.Series:
    """Role of each polygon in one draw: LEARNING or VALIDATION, int8, index of `polygons`.

    polygons: `code`, `region`, `order` (ranks the polygons of a class whatever the order of the file). In each region and class,
    k = max(1, round(n × ratio)) of the n polygons learn (round half to even); a single polygon learns.
    """
    role = pd.Series(np.int8(VALIDATION), index=polygons.index, name="role")
    for (region, code), group in polygons.groupby(["region", "code"], sort=True):
        ranked = group.sort_values("order").index.to_numpy()
        k = max(1, round(len(ranked) * ratio))
        chosen = generator(seed, int(region), int(code)).permutation(len(ranked))[:k]
        role.loc[ranked[chosen]] = LEARNING
    return role


def keep_apart(polygons: pd.DataFrame, share: float, seed: int) -> pd.Series:
    """Polygons in which no draw learns or validates, bool, index of `polygons`; columns as in `split_by_polygon`.

    In each region and class round(n × share) of the n polygons (half to even), but never so many that fewer than two are left.
    """
    kept = pd.Series(False, index=polygons.index, name="kept")
    for (region, code), group in polygons.groupby(["region", "code"], sort=True):
        ranked = group.sort_values("order").index.to_numpy()
        k = max(0, min(round(len(ranked) * share), len(ranked) - 2))
        kept.loc[ranked[generator(seed, int(region), int(code), _KEPT_STREAM).permutation(len(ranked))[:k]]] = True
    return kept


def folds_by_polygon(polygons: pd.DataFrame, folds: int, seed: int) -> pd.Series:
    """Fold of each polygon, int64 from 0, index of `polygons`; columns as in `split_by_polygon`.

    The polygons of a region and class are dealt to the folds in turn, in an order drawn from their own stream and from a fold drawn with
    it, so that the folds differ by one polygon of a class at most. A single polygon always learns: its fold is -1.
    """
    fold = pd.Series(np.int64(-1), index=polygons.index, name="fold")
    for (region, code), group in polygons.groupby(["region", "code"], sort=True):
        if len(group) == 1:
            continue
        stream = generator(seed, int(region), int(code), 2)
        ranked = group.sort_values("order").index.to_numpy()
        drawn = stream.permutation(len(ranked))
        fold.loc[ranked[drawn]] = (np.arange(len(ranked)) + int(stream.integers(folds))) % folds
    return fold


def not_validated(polygons: pd.DataFrame, role: pd.Series) -> list[tuple[int, int]]:
    """(region, code) pairs that have no validation polygon in a draw: nothing can be said of their accuracy."""
    return _without(polygons, role, VALIDATION)


def not_learnt(polygons: pd.DataFrame, role: pd.Series) -> list[tuple[int, int]]:
    """(region, code) pairs that have no learning polygon in a draw: the model of the region does not learn the class there."""
    return _without(polygons, role, LEARNING)


def _without(polygons: pd.DataFrame, role: pd.Series, wanted: int) -> list[tuple[int, int]]:
    there = set(map(tuple, polygons.loc[role == wanted, ["region", "code"]].drop_duplicates().to_numpy().tolist()))
    every = map(tuple, polygons[["region", "code"]].drop_duplicates().to_numpy().tolist())
    return sorted(pair for pair in every if pair not in there)


def generator(seed: int, *names: int) -> np.random.Generator:
    """The stream of random numbers that a seed and names give, on every machine."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *names])))
