"""Differences drawn as dots with their intervals on a common scale, as places in an SVG of a given width."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from iota_py.assessment.paired import Difference

_ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Scale:
    """From -limit to +limit over `width` units, with a margin for the dots."""

    limit: float
    width: float = 220.0
    margin: float = 6.0

    def at(self, value: float) -> float:
        """Place of a value; one beyond the limits is put at the edge."""
        share = max(-1.0, min(1.0, value / self.limit))
        return round(self.width / 2 + share * (self.width / 2 - self.margin), 1)

    @property
    def zero(self) -> float:
        """Place of no difference."""
        return self.at(0.0)


@dataclass(frozen=True)
class Dot:
    """A difference on a scale. low, high: ends of its interval, None without one. sure: more than chance. word: what it is of, for who asks."""

    x: float
    y: float
    low: float | None
    high: float | None
    up: bool
    sure: bool
    word: str


def scale_of(differences: Iterable[Difference | None], width: float = 220.0) -> Scale:
    """The scale that holds all the differences with their intervals, up to a round number."""
    values = [v for one in differences if one is not None for v in (one.low, one.high, one.difference) if not math.isnan(v)]
    largest = max(map(abs, values), default=0.0)
    return Scale(rounded_up(largest) if largest > 0 else 0.01, width)


def rounded_up(value: float) -> float:
    """The next number of 1, 2, 2.5 or 5 times a power of ten that is not below a positive value."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in _ROUND if step * power >= value * (1 - 1e-9))


def dots(scale: Scale, found: Sequence[tuple[Difference | None, bool, str]], step: float) -> list[Dot]:
    """One dot below the other: difference, whether it is sure, what it is of. Those without a difference leave their line empty."""
    made = []
    for line, (one, sure, word) in enumerate(found):
        if one is not None and not math.isnan(one.difference):
            ends = (None, None) if math.isnan(one.low) else (scale.at(one.low), scale.at(one.high))
            made.append(Dot(scale.at(one.difference), round(step * (line + 0.5), 1), *ends, one.difference >= 0, sure, word))
    return made
