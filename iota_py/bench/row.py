"""A row of the table: what was compared, how fast both were, and whether both gave the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from iota_py.bench.timing import Rates, quartiles, summary


@dataclass(frozen=True)
class Identity:
    """Whether both sides gave the same.

    holds: nothing differs by more than is allowed. difference: the largest one, in the unit of `what`. compared: pixels.
    """

    holds: bool
    difference: float
    what: str
    compared: int = 0

    @classmethod
    def worst(cls, parts: Iterable[Identity]) -> Identity:
        """Of comparisons of several parts: all must hold, the largest difference is kept."""
        parts = list(parts)
        largest = max(parts, key=lambda part: part.difference)
        return replace(largest, holds=all(part.holds for part in parts), compared=sum(part.compared for part in parts))


@dataclass(frozen=True, eq=False)
class Measure:
    """What the function of a row finds. clock: of the ratio. ratio_cpu of the row is left out where processes of their own worked."""

    rates: Rates
    identity: Identity
    clock: str = "wall"
    unit: str = "Mpx/s"
    note: str = ""
    one_process: bool = True


def row_values(name: str, against: str, target: float, measure: Measure) -> dict[str, Any]:
    """The row as plain values. ratio: median of the ratios of each round; spread: their quartiles."""
    ratios, clock = measure.rates.ratios(measure.clock), measure.clock
    ratio = float(np.median(ratios))
    return {
        "name": name,
        "against": against,
        "ratio": ratio,
        "spread": quartiles(ratios),
        "target": target,
        "met": ratio >= target,
        "identical": measure.identity.holds,
        "difference": measure.identity.difference,
        "compared": measure.identity.what,
        "compared_pixels": measure.identity.compared,
        "ours": summary(measure.rates.ours[clock]),
        "reference": summary(measure.rates.reference[clock]),
        "unit": measure.unit,
        "rounds": len(ratios),
        "clock": clock,
        "ratio_cpu": float(np.median(measure.rates.ratios("cpu"))) if measure.one_process else None,
        "note": measure.note,
    }
