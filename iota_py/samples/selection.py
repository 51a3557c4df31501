"""Which usable pixels of the learning polygons are learnt from: how many of each class, and which ones, per region and run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from iota_py.errors import Fault, InputError
from iota_py.nomenclature import Nomenclature
from iota_py.samples.split import generator

_SELECTION, _JITTER = 1, 14  # names of streams, after seed, region and class


@dataclass(frozen=True)
class Strategy:
    """How many pixels of each class, and which ones.

    kind: all, constant (number per class), percent, total (number shared in proportion), smallest (class), byclass (table). sampler:
    random, or periodic (one in each of as many equal intervals as pixels are wanted: the middle one, or with jitter any of it).
    maximum_per_polygon: pixels of a polygon that are looked at, None for all.
    """

    kind: str
    number: int | None = None
    percent: float | None = None
    table: Mapping[int, int] | None = None
    sampler: str = "random"
    jitter: bool = False
    maximum_per_polygon: int | None = None


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


def select(pixels: pd.DataFrame, strategy: Strategy, seed: int, regions: Mapping[int, Strategy] | None = None) -> np.ndarray:
    """Bool per row of `pixels` (columns region, code, and polygon where a strategy limits it): chosen, by region and class.

    regions: strategies of some regions, in place of `strategy`. The rows must be in an order that does not depend on the run (tile, row,
    col). Streams are named by seed, region and class. Random: without replacement.
    """
    chosen = np.zeros(len(pixels), bool)
    region_of, code_of = pixels.region.to_numpy(), pixels.code.to_numpy()
    for region in np.unique(region_of).tolist():
        rule = (regions or {}).get(region, strategy)
        rows = np.flatnonzero(region_of == region)
        if rule.maximum_per_polygon is not None:
            rows = rows[thinned(pixels.polygon.to_numpy()[rows], rule.maximum_per_polygon)]
        codes, counts = np.unique(code_of[rows], return_counts=True)
        for code, n in wanted(dict(zip(codes.tolist(), counts.tolist())), rule).items():
            of_class = rows[code_of[rows] == code]
            chosen[_picked(of_class, n, rule, (seed, region, code))] = True
    return chosen


def _picked(rows: np.ndarray, n: int, rule: Strategy, names: tuple[int, int, int]) -> np.ndarray:
    if n == len(rows):
        return rows
    if rule.sampler == "periodic":
        return rows[periodic(len(rows), n, generator(*names, _JITTER) if rule.jitter else None)]
    picked: np.ndarray = generator(*names, _SELECTION).permutation(rows)[:n]
    return picked


def periodic(count: int, n: int, jitter: np.random.Generator | None = None) -> np.ndarray:
    """Positions of n of `count` rows, ascending: one in each of n intervals, the i-th from floor(i·count/n) on. n <= count.

    The middle one (the first of the two in the middle), or with `jitter` any with the same chance.
    """
    bounds = np.arange(n + 1, dtype=np.int64) * count // max(n, 1)
    if jitter is None:
        return (bounds[:-1] + bounds[1:] - 1) // 2
    return jitter.integers(bounds[:-1], bounds[1:])


def thinned(polygons: np.ndarray, maximum: int) -> np.ndarray:
    """Positions of the rows that are left when no polygon has more than `maximum`, ascending: of the others every so many, evenly."""
    order = np.argsort(polygons, kind="stable")
    _, first, counts = np.unique(polygons[order], return_index=True, return_counts=True)
    rank = np.arange(len(order)) - np.repeat(first, counts)
    size = np.repeat(counts, counts)
    # The middle ones of `maximum` intervals, as in `periodic`: rank r of interval i = floor of the one whose bounds hold it.
    taken = np.minimum(maximum, size)
    interval = ((rank + 1) * taken - 1) // size
    middle = (interval * size // taken + (interval + 1) * size // taken - 1) // 2
    return np.sort(order[rank == middle])


def numbers_by_class(frame: pd.DataFrame, nomenclature: Nomenclature, source: str) -> dict[int, int]:
    """Class code -> number, from a table with columns `class` (code, alias or name) and `number`.

    Raises InputError: E-SEL-001 a column is missing, E-SEL-002 a class is unknown or comes twice, E-SEL-003 no whole number from 0.
    """
    missing = [name for name in ("class", "number") if name not in frame.columns]
    if missing:
        text = f"no column {', '.join(missing)} (columns: {', '.join(map(str, frame.columns))})"
        raise InputError(Fault("E-SEL-001", source, "table", text, "give columns `class` and `number`"))
    codes = [nomenclature.code_of(label) for label in frame["class"]]
    numbers = pd.to_numeric(frame["number"], errors="coerce")
    faults = []
    unknown = [str(label) for label, code in zip(frame["class"], codes) if code is None]
    twice = sorted({str(nomenclature[code].alias) for code in codes if code is not None and codes.count(code) > 1})
    if unknown:
        text = f"classes that are not in nomenclature {nomenclature.name}: {', '.join(unknown)}"
        faults.append(Fault("E-SEL-002", source, "class", text, "name them by code, alias or name"))
    if twice:
        faults.append(Fault("E-SEL-002", source, "class", f"given twice: {', '.join(twice)}", "give each class one row"))
    bad = frame["number"][~((numbers >= 0) & (numbers == numbers.round()))]
    if len(bad):
        faults.append(Fault("E-SEL-003", source, "number", f"expected whole numbers from 0, found `{bad.iloc[0]}` in {len(bad)} rows"))
    if faults:
        raise InputError(*faults)
    return {code: int(number) for code, number in zip(codes, numbers) if code is not None}


def too_few(expected: pd.DataFrame, chosen: pd.DataFrame, minimum: Mapping[int, int]) -> pd.DataFrame:
    """Classes of regions with fewer chosen pixels than asked: columns region, code, minimum, found, in that order of rows.

    expected, chosen: columns region and code; the first says which classes a region should have. minimum: by region, none where not named.
    """
    pairs = expected[["region", "code"]].drop_duplicates().sort_values(["region", "code"], ignore_index=True)
    found = chosen.groupby(["region", "code"]).size().rename("found").reset_index()
    pairs = pairs.merge(found, how="left", on=["region", "code"]).fillna({"found": 0}).astype({"found": int})
    pairs.insert(2, "minimum", [int(minimum.get(int(region), 0)) for region in pairs.region])
    return pairs[pairs.found < pairs.minimum].reset_index(drop=True)
