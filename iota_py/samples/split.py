"""Draws of polygons into learning and validation.

The unit is the original polygon, never a piece of it, so that no polygon is on both sides. Each class of each region has its own
stream of random numbers, named by seed, region and class: the draw depends on neither the order of the file nor the number of workers.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

LEARNING, VALIDATION = 1, 2


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


def not_validated(polygons: pd.DataFrame, role: pd.Series) -> list[tuple[int, int]]:
    """(region, code) pairs that have no validation polygon in a draw: nothing can be said of their accuracy."""
    validated = set(map(tuple, polygons.loc[role == VALIDATION, ["region", "code"]].drop_duplicates().to_numpy().tolist()))
    every = map(tuple, polygons[["region", "code"]].drop_duplicates().to_numpy().tolist())
    return sorted(pair for pair in every if pair not in validated)


def generator(seed: int, *names: int) -> np.random.Generator:
    """The stream of random numbers that a seed and names give, on every machine."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *names])))
