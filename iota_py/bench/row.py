"""A row of the table: what was compared, how fast both were, and whether both gave the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from iota_py.bench.timing import Rates, quartiles, summary


@dataclass(frozen=True)
class Identity:
    """Whether both sides gave the same.

    holds: nothing differs by more than is allowed. what: was compared. wrong: how many of the things that must be equal (labels, numbers,
    files) are not. difference: the largest one of a number. pixels: compared.
    """

    holds: bool
    what: str
    wrong: int = 0
    difference: float = 0.0
    pixels: int = 0

    @classmethod
    def worst(cls, parts: Iterable[Identity]) -> Identity:
        """Of several parts: all must hold, what is wrong is added up, the largest difference is kept."""
        parts = list(parts)
        return cls(
            all(part.holds for part in parts),
            parts[0].what,
            sum(part.wrong for part in parts),
            max(part.difference for part in parts),
            sum(part.pixels for part in parts),
        )


@dataclass(frozen=True, eq=False)
class Measure:
    """What the function of a row finds. clock: of the ratio. cpu_factor: what makes 1 of a ratio of processor seconds without any loss."""

    rates: Rates
    identity: Identity
    clock: str = "wall"
    unit: str = "Mpx/s"
    note: str = ""
    cpu_factor: float = 1.0


def row_values(name: str, against: str, target: float, measure: Measure) -> dict[str, Any]:
    """The row as plain values. ratio: median of the ratios of each round; spread: their quartiles. ratio_cpu: by processor seconds."""
    ratios, clock, identity = measure.rates.ratios(measure.clock), measure.clock, measure.identity
    ratio = float(np.median(ratios))
    return {
        "name": name,
        "against": against,
        "ratio": ratio,
        "spread": quartiles(ratios),
        "target": target,
        "met": ratio >= target,
        "identical": identity.holds,
        "compared": identity.what,
        "wrong": identity.wrong,
        "difference": identity.difference,
        "pixels_compared": identity.pixels,
        "ours": summary(measure.rates.ours[clock]),
        "reference": summary(measure.rates.reference[clock]),
        "unit": measure.unit,
        "rounds": len(ratios),
        "clock": clock,
        "ratio_cpu": float(np.median(measure.rates.ratios("cpu"))) * measure.cpu_factor,
        "note": measure.note,
    }
