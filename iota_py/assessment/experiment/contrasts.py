"""Differences between entrants on the same held-out polygons, and how sure they are."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from iota_py.assessment.experiment.values import MEASURES, Contrast, Effect, Entrant, Spread
from iota_py.assessment.metrics import Scores, scores
from iota_py.assessment.paired import Difference, paired_bootstrap

COLUMNS = ("run", "polygon", "region", "code", "mapped", "pixels")
SEED_STEP = 1000  # the runs of the second seed are numbered from here on
SAME = 0.9  # share of the polygons that must be held out in the same runs to be the same draws
DRAWS = 2000


class NotPairedError(Exception):
    """Two tables hold out other polygons: nothing is paired."""


def paired_tables(baseline: pd.DataFrame, other: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two tables of held-out polygons, their runs numbered so that the same run and polygon is the same question to both.

    The same draws are paired run by run. Folds of two kinds, where each polygon is held out once, are paired polygon by polygon.
    Raises NotPairedError for draws that hold other polygons out.
    """
    if _overlap(baseline, other, "run") >= SAME:
        return baseline, other
    tables = tuple(table.assign(seed=table.run // SEED_STEP) for table in (baseline, other))
    if all(_once(table) for table in tables) and _overlap(*tables, "seed") >= SAME:
        return tables[0].assign(run=tables[0].seed), tables[1].assign(run=tables[1].seed)
    raise NotPairedError("other polygons are held out")


def contrast(baseline: Entrant, other: Entrant, codes: Sequence[int], classes: Sequence[int] = (), draws: int = DRAWS) -> Contrast:
    """An entrant against another, with the F1 of these classes."""
    measures = (*MEASURES, *(f"f1:{code}" for code in classes))
    try:
        pair = paired_tables(baseline.skill, other.skill)
        found = paired_bootstrap(*pair, codes, measures, draws)
    except NotPairedError as error:
        return Contrast(baseline.name, other.name, reason=str(error))
    except ValueError as error:  # no polygon in common, or other reference classes
        return Contrast(baseline.name, other.name, reason=str(error))
    return Contrast(baseline.name, other.name, {one.measure: one for one in found})


def adjusted(contrasts: Sequence[Contrast], measure: str) -> list[Contrast]:
    """The contrasts with their p values corrected for each other."""
    values = holm([one.differences[measure].p_value if one.differences else math.nan for one in contrasts])
    return [replace(one, adjusted=value) for one, value in zip(contrasts, values, strict=True)]


def holm(p_values: Sequence[float]) -> list[float]:
    """P values corrected for their number by Holm's step-down method (Holm 1979, Scandinavian Journal of Statistics 6); NaN stays NaN.

    The k-th smallest of n is multiplied by n - k + 1, made at least as large as the one before it, and cut at 1.
    """
    known = [(value, place) for place, value in enumerate(p_values) if not math.isnan(value)]
    found, largest = list(p_values), 0.0
    for rank, (value, place) in enumerate(sorted(known)):
        largest = max(largest, min(1.0, value * (len(known) - rank)))
        found[place] = largest
    return found


def effects(
    entrants: Sequence[Entrant], axes: Mapping[str, str], apart: Sequence[str], compare: Mapping[tuple[str, str], Contrast]
) -> list[Effect]:
    """What each choice of each axis changes where all the others are the same. axes: axis -> choice that others are set against.

    apart: axes along which entrants are not set against each other; their own effects come last. compare: (baseline, other) -> contrast.
    """
    by_choice = {tuple(sorted(one.choices.items())): one for one in entrants}
    found = []
    for axis in (*(name for name in axes if name not in apart), *apart):
        for one in entrants:
            if axis not in one.choices or one.choices[axis] == axes[axis]:
                continue
            partner = by_choice.get(tuple(sorted({**one.choices, axis: axes[axis]}.items())))
            if partner is None or (partner.name, one.name) not in compare:
                continue
            group = () if axis in apart else one.group
            setting = tuple(choice for name, choice in one.choices.items() if name != axis and not (name in apart and group))
            found.append(Effect(axis, one.choices[axis], axes[axis], group, setting, compare[partner.name, one.name]))
    return found


def wanted_pairs(
    entrants: Sequence[Entrant], axes: Mapping[str, str], baselines: Mapping[tuple[str, ...], str]
) -> list[tuple[Entrant, Entrant]]:
    """Pairs to be set against each other: each entrant with the baseline of its group, and with its partner along each axis."""
    by_name = {one.name: one for one in entrants}
    by_choice = {tuple(sorted(one.choices.items())): one for one in entrants}
    pairs: dict[tuple[str, str], tuple[Entrant, Entrant]] = {}
    for one in entrants:
        partners = [by_name.get(baselines.get(one.group, ""))]
        partners += [
            by_choice.get(tuple(sorted({**one.choices, axis: choice}.items()))) for axis, choice in axes.items() if axis in one.choices
        ]
        for partner in partners:
            if partner is not None and partner.name != one.name:
                pairs[partner.name, one.name] = (partner, one)
    return list(pairs.values())


def spreads(table: pd.DataFrame, codes: Sequence[int]) -> dict[str, Spread]:
    """Mean and deviation of each measure over the draws."""
    runs = [scores(matrix) for matrix in confusions(table, codes)]
    return {measure: spread(getattr(run, measure) for run in runs) for measure in MEASURES}


def spread(values: Iterable[float]) -> Spread:
    """Mean and standard deviation of the values that are defined."""
    known = np.array([value for value in values if not math.isnan(value)], np.float64)
    mean = float(known.mean()) if known.size else math.nan
    return Spread(mean, float(known.std(ddof=1)) if known.size > 1 else math.nan, int(known.size))


def confusions(table: pd.DataFrame, codes: Sequence[int]) -> list[np.ndarray]:
    """One matrix (n, n) of pixels for each run, int64, reference in rows."""
    return [confusion(part, codes) for _, part in table.groupby("run", sort=True)]


def confusion(table: pd.DataFrame, codes: Sequence[int]) -> np.ndarray:
    """Matrix (n, n) of the pixels of a table, int64. What the map leaves without one of these classes is in no cell, as everywhere."""
    order = np.asarray(codes)
    found = np.zeros((order.size, order.size), np.int64)
    known = table[table.mapped.isin(order) & table.code.isin(order)]
    np.add.at(found, (np.searchsorted(order, known.code), np.searchsorted(order, known.mapped)), known.pixels.to_numpy(np.int64))
    return found


def by_region(entrants: Sequence[Entrant], codes: Sequence[int]) -> pd.DataFrame:
    """Overall accuracy of each entrant in each region, draws added up: a row for each region, a column for each entrant.

    Entrants may be divided into regions or not: the regions are those of the entrant that has the most, by polygon.
    """
    divided = max(entrants, key=lambda one: (one.skill.region.nunique(), len(one.skill)))
    share = divided.skill.groupby(["polygon", "region"], as_index=False).pixels.sum().sort_values(["polygon", "pixels", "region"])
    region = share.drop_duplicates("polygon", keep="last").set_index("polygon").region
    found = {}
    for one in entrants:
        named = one.skill.assign(region=one.skill.polygon.map(region).fillna(one.skill.region))
        found[one.name] = {name: _overall(part, codes) for name, part in named.groupby("region", sort=True)}
    return pd.DataFrame(found).sort_index()


def best_difference(one: Contrast, measure: str) -> Difference | None:
    """The difference of a measure, None where nothing was paired."""
    return one.differences.get(measure)


def _overall(table: pd.DataFrame, codes: Sequence[int]) -> float:
    found: Scores = scores(confusion(table, codes))
    return found.overall_accuracy


def _overlap(a: pd.DataFrame, b: pd.DataFrame, run: str) -> float:
    """Share of the runs and polygons of the smaller table that are in the other."""
    keys = [table[[run, "polygon"]].drop_duplicates() for table in (a, b)]
    smaller = min(map(len, keys))
    return len(keys[0].merge(keys[1], on=[run, "polygon"])) / smaller if smaller else 0.0


def _once(table: pd.DataFrame) -> bool:
    """Whether each polygon is held out in one run of each seed."""
    return not table[["run", "seed", "polygon"]].drop_duplicates().duplicated(["seed", "polygon"]).any()
