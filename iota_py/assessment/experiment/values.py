"""What the comparison of an experiment holds: plain values, counted and read elsewhere."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from iota_py.assessment.paired import Difference
from iota_py.nomenclature import Nomenclature

MEASURES = ("overall_accuracy", "kappa", "f1_macro")
NAMES = {"overall_accuracy": "overall accuracy", "kappa": "kappa", "f1_macro": "mean F1"}
LEVEL = 0.05  # p values below it are called sure


@dataclass(frozen=True)
class Spread:
    """Mean of the values of several draws and their standard deviation (`n - 1`), NaN where undefined. n: defined values."""

    mean: float
    std: float
    n: int


@dataclass(frozen=True)
class Cost:
    """Seconds, bytes and pixels; None where not known.

    wall: from start to end, of the seeds together, without what was taken over. training, mapping: work of all workers, whoever did it.
    model: bytes on disk. pixels: mapped, over the draws. Of several seeds, training, mapping and pixels are sums, model is a mean.
    """

    wall: float | None = None
    training: float | None = None
    mapping: float | None = None
    model: float | None = None
    pixels: int | None = None

    @property
    def speed(self) -> float | None:
        """Millions of pixels a second and worker."""
        return self.pixels / self.mapping / 1e6 if self.pixels and self.mapping else None


@dataclass(frozen=True, eq=False)
class Entrant:
    """A variant, or a run that was named. skill: rows of `contrasts.COLUMNS`. settings: flat.

    label: its name without the choices of its group. group: choices that it shares with those it is set against. unit: of what is held out.
    places: folders of its runs, one for each seed. manifests: SHA-256 of what each handed over, empty where it has no manifest.
    """

    name: str
    label: str
    group: tuple[str, ...]
    choices: Mapping[str, str]
    skill: pd.DataFrame
    unit: str
    cost: Cost
    settings: Mapping[str, object]
    places: tuple[str, ...]
    manifests: tuple[str, ...] = ()


@dataclass(frozen=True)
class Contrast:
    """One entrant against another. differences: measure -> `Difference`, other - baseline; empty with a reason where they cannot be paired.

    adjusted: p value of the deciding measure, corrected by Holm for the comparisons beside it; NaN where undefined.
    """

    baseline: str
    other: str
    differences: Mapping[str, Difference] = field(default_factory=dict)
    reason: str = ""
    adjusted: float = math.nan

    @property
    def sure(self) -> bool:
        """Whether it is more than chance."""
        return self.adjusted < LEVEL


@dataclass(frozen=True, eq=False)
class Standing:
    """An entrant on the page. spreads: measure -> over its draws. confusion: (n, n), draws added up. against: its baseline, None for a baseline."""

    entrant: Entrant
    spreads: Mapping[str, Spread]
    confusion: np.ndarray
    f1: np.ndarray
    against: Contrast | None


@dataclass(frozen=True)
class Effect:
    """What one choice of an axis changes where all else is the same. setting: the choices of the other axes. group: as of the entrants."""

    axis: str
    choice: str
    instead: str
    group: tuple[str, ...]
    setting: tuple[str, ...]
    contrast: Contrast


@dataclass(frozen=True)
class Spot:
    """The same place in every map. title: where, in words. why: why it was chosen. images: entrant -> PNG. scale: pixels on a side."""

    title: str
    why: str
    images: Mapping[str, bytes]
    pixels: int


@dataclass(frozen=True, eq=False)
class Comparison:
    """All that the page shows. Every text may hold any character: it is escaped.

    axes: names of those along which entrants are set apart. regions: overall accuracy, a row for each region, a column for each entrant.
    missing: name -> why a variant is not there. provenance: what, which.
    """

    title: str
    question: str
    created: str
    score: str
    apart: tuple[str, ...]
    nomenclature: Nomenclature
    standings: tuple[Standing, ...]
    effects: tuple[Effect, ...]
    regions: pd.DataFrame
    spots: tuple[Spot, ...] = ()
    notes: tuple[str, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """Groups of entrants, in order."""
        return tuple(dict.fromkeys(one.entrant.group for one in self.standings))

    def of(self, group: tuple[str, ...]) -> tuple[Standing, ...]:
        """Entrants of a group: its baseline, then the others by descending score, those without one last."""
        every = [one for one in self.standings if one.entrant.group == group]
        return tuple(sorted(every, key=lambda one: (one.against is not None, *self._rank(one))))

    def _rank(self, one: Standing) -> tuple[bool, float]:
        mean = one.spreads[self.score].mean
        return math.isnan(mean), -mean
