"""Which usable pixels of the learning polygons are learnt from: `definitions` of the strategies, per region and run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from iota_py.samples.split import generator


@dataclass(frozen=True)
class Strategy:
    """kind: all, constant (number per class), percent, total (number shared in proportion), smallest (class), byclass (table)."""

    kind: str
    number: int | None = None
    percent: float | None = None
    table: Mapping[int, int] | None = None


def wanted(counts: Mapping[int, int], strategy: Strategy) -> dict[int, int]:
    """Pixels to take of each class, from the usable pixels that each class has (never more than there are)."""
    total = sum(counts.values())
    smallest = min((n for n in counts.values() if n), default=0)

    def amount(code: int, n: int) -> int:
        if strategy.kind == "all":
            return n
        if strategy.kind == "constant":
            return int(strategy.number or 0)
        if strategy.kind == "percent":
            return round(n * float(strategy.percent or 0) / 100)
        if strategy.kind == "total":
            return round(n * int(strategy.number or 0) / total)
        if strategy.kind == "smallest":
            return smallest
        if strategy.kind == "byclass":
            return int((strategy.table or {}).get(code, 0))
        raise ValueError(f"unknown strategy {strategy.kind}")

    return {code: min(n, amount(code, n)) for code, n in counts.items()}


def select(pixels: pd.DataFrame, strategy: Strategy, seed: int) -> np.ndarray:
    """Bool per row of `pixels` (columns region, code): chosen at random without replacement, by region and class.

    The rows must be in an order that does not depend on the run (tile, row, col). Streams are named by seed, region and class.
    """
    chosen = np.zeros(len(pixels), bool)
    position = np.arange(len(pixels))
    for region, in_region in pixels.groupby("region", sort=True):
        counts = in_region.groupby("code").size().to_dict()
        for code, n in wanted(counts, strategy).items():
            rows = position[(pixels.region == region) & (pixels.code == code)]
            picked = rows if n == len(rows) else generator(seed, int(region), int(code), 1).permutation(rows)[:n]
            chosen[picked] = True
    return chosen
