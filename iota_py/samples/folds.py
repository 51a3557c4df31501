"""Whole units (blocks, tiles, regions, years, groups of polygons) shared out between parts so that each part has its share of every class.

Nothing depends on the order of the rows: units are taken in the order of their keys, polygons in that of `order`, and what is left to
chance comes from a stream of random numbers that is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from iota_py.samples.split import LEARNING, VALIDATION, generator

UNITS_STREAM = (0, 0, 2)  # no region and no class has number 0: these streams are never those of the draws by polygon
PARTS_STREAM = 3
PARTS_SEED = 0  # the same for every run: what differs between runs is which polygons learn
SWEEPS = 10
_NEEDED = 1e3  # more than any imbalance can cost
_LEAST_GAIN = 1e-9


def share_out(
    amounts: np.ndarray, shares: Sequence[float], stream: np.random.Generator, *, largest_first: bool, needed: int | None = None
) -> np.ndarray:
    """Part of each unit, int64 (unit,), so that every part holds about its share of every stratum.

    amounts: (unit, stratum), not negative; shares: of the parts, summing to 1. Units are taken at random, or the largest first; each goes to
    the part where the squared distance of the shares held to the shares wanted, summed over strata and over all amounts together, grows
    least. Then units are moved one by one while that distance falls. needed: a part that must hold something of every stratum before
    balance is looked at.
    """
    amounts = np.asarray(amounts, np.float64)
    if not amounts.size or not amounts.any():
        return np.zeros(len(amounts), np.int64)
    totals = amounts.sum(axis=0)
    relative = np.column_stack([amounts[:, totals > 0] / totals[totals > 0], amounts.sum(axis=1) / amounts.sum()])
    order = stream.permutation(len(relative))
    if largest_first:
        order = order[np.argsort(-relative[order, -1], kind="stable")]
    balance = _Balance(relative, np.asarray(shares, np.float64), needed)
    for unit in order:
        balance.move(unit, balance.best(unit))
    for _ in range(SWEEPS):
        moved = sum(balance.improve(unit) for unit in order)
        if not moved:
            break
    return balance.part


class _Balance:
    """What each part holds, while units are shared out."""

    def __init__(self, relative: np.ndarray, shares: np.ndarray, needed: int | None) -> None:
        self.relative, self.shares, self.needed = relative, shares, needed
        self.held = np.zeros((len(shares), relative.shape[1]))
        self.units = np.zeros((len(shares), relative.shape[1]), np.int64)
        self.part = np.full(len(relative), -1, np.int64)

    def costs(self, unit: int) -> np.ndarray:
        """What it costs to add a unit that is in no part to each of the parts."""
        row = self.relative[unit]
        cost = (row * (2 * (self.held - self.shares[:, None]) + row)).sum(axis=1)
        if self.needed is not None:
            cost[self.needed] -= _NEEDED * np.count_nonzero((row > 0) & (self.units[self.needed] == 0))
        return np.round(cost, 12)

    def best(self, unit: int) -> int:
        return int(self.costs(unit).argmin())

    def move(self, unit: int, part: int) -> None:
        present = self.relative[unit] > 0
        if self.part[unit] >= 0:
            self.held[self.part[unit]] -= self.relative[unit]
            self.units[self.part[unit]] -= present
        self.part[unit] = part
        if part >= 0:
            self.held[part] += self.relative[unit]
            self.units[part] += present

    def improve(self, unit: int) -> bool:
        """Move a unit where it costs less; whether it moved."""
        before = int(self.part[unit])
        self.move(unit, -1)
        costs = self.costs(unit)
        best = int(costs.argmin())
        better = bool(costs[best] < costs[before] - _LEAST_GAIN)
        self.move(unit, best if better else before)
        return better


def fold_units(polygons: pd.DataFrame, unit: pd.Series, folds: int, seed: int) -> pd.Series:
    """Fold of each polygon, int64 from 0, index of `polygons`; polygons of one unit are in one fold.

    polygons: `region`, `code`. unit: key of each polygon's unit, whole numbers or texts, same index. Shares of classes by polygons.
    """
    position, amounts = _amounts(polygons, unit)
    part = share_out(amounts, [1 / folds] * folds, generator(seed, *UNITS_STREAM), largest_first=True)
    return pd.Series(part[position], index=polygons.index, name="fold")


def split_units(polygons: pd.DataFrame, unit: pd.Series, ratio: float, seed: int) -> pd.Series:
    """Role of each polygon in one draw of whole units, as in `split_by_polygon`; every class of every region learns."""
    position, amounts = _amounts(polygons, unit)
    part = share_out(amounts, [ratio, 1 - ratio], generator(seed, *UNITS_STREAM), largest_first=False, needed=0)
    return pd.Series(np.array([LEARNING, VALIDATION], np.int8)[part[position]], index=polygons.index, name="role")


def hold_out(unit: pd.Series, names: Iterable[object]) -> pd.Series:
    """Role of each polygon when the units of these names validate and all others learn."""
    held = unit.isin(list(names))
    return pd.Series(np.where(held, VALIDATION, LEARNING).astype(np.int8), index=unit.index, name="role")


def roles_of_fold(fold: pd.Series, number: int) -> pd.Series:
    """Role of each polygon in the run that validates on a fold. A fold below 0 always learns."""
    return pd.Series(np.where(fold == number, VALIDATION, LEARNING).astype(np.int8), index=fold.index, name="role")


def divide(polygons: pd.DataFrame, parts: int, seed: int, region: int) -> pd.Series:
    """Part of each polygon of a region, int64 from 0: the amounts of every class are shared out evenly.

    polygons: `code`, `order`, `amount` (more than 0, such as its pixels). A class with fewer polygons than parts is missing from some of them.
    """
    ranked = polygons.sort_values("order")
    codes = np.sort(ranked.code.unique())
    amounts = (ranked.code.to_numpy()[:, None] == codes) * ranked.amount.to_numpy()[:, None]
    part = share_out(amounts, [1 / parts] * parts, generator(seed, region, 0, PARTS_STREAM), largest_first=True)
    return pd.Series(part, index=ranked.index, name="part").reindex(polygons.index)


def part_of_samples(samples: pd.DataFrame, within: Sequence[str], parts: int, region: int) -> np.ndarray:
    """Part of each sample of a region, int64 (sample,): polygons whole, the samples of every class shared out evenly.

    samples: `polygon`, `code`, and their places `x`, `y`. within: columns that tell polygons of one number apart, such as a year. A sample
    of no polygon of its own (number below 0) is a unit for itself. Units are ranked by their places, so numbers and rows say nothing.
    """
    alone = (samples.polygon < 0).to_numpy()
    unit = samples.groupby([*within, "polygon", "code"], sort=False).ngroup().to_numpy(copy=True)
    unit[alone] = len(samples) + np.arange(alone.sum())
    frame = samples[[*within, "code", "x", "y"]].reset_index(drop=True).assign(amount=1.0)
    ends = {f"{name}_{end}": (name, end) for name in ("y", "x") for end in ("min", "max")}
    units = frame.groupby(unit).agg(**{name: (name, "first") for name in (*within, "code")}, amount=("amount", "sum"), **ends)
    ranked = units.sort_values([*within, *ends, "code", "amount"])
    part = divide(ranked.assign(order=np.arange(len(ranked))), parts, PARTS_SEED, region)
    return part.loc[unit].to_numpy()


def _amounts(polygons: pd.DataFrame, unit: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """In order of the keys of units: the unit of each polygon, and polygons of each (unit, region and class)."""
    keys, position = np.unique(unit.to_numpy(), return_inverse=True)
    _, stratum = np.unique(polygons[["region", "code"]].to_numpy(), axis=0, return_inverse=True)
    amounts = np.zeros((len(keys), int(stratum.max()) + 1 if len(stratum) else 0))
    np.add.at(amounts, (position, stratum.ravel()), 1)
    return position, amounts
