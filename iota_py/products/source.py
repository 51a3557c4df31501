"""What a run asks of an input: where it is, of what family, which bands, and what makes a pixel unusable."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from iota_py.products.family import Family


@dataclass(frozen=True)
class Choice:
    """What a run asks of the products: bands, kind of reflectance, and what makes a pixel unusable.

    cloud: `strict`, `summary`, `none`, or bits. topographic_shadow, snow: whether these pixels are unusable.
    """

    bands: tuple[str, ...]
    reflectance: str = "FRE"
    cloud: str | tuple[int, ...] = "strict"
    saturation: bool = True
    topographic_shadow: bool = False
    snow: bool = False


@dataclass(frozen=True)
class Source:
    """One input of a run. name: of its series and columns. path: folder, file, or address of a catalogue.

    options: what only the reader of its family knows, as the configuration says it. share: as of Series. bad: products found unreadable
    (Product.key or id -> reason), which are set aside before the best delivery of an acquisition is chosen.
    """

    name: str
    path: Path
    family: Family
    choice: Choice
    exclude: tuple[dt.date, ...] = ()
    resampling: str = "nearest"
    resolution: float | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    share: float = 0.5
    bad: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Interval:
    """Days whose acquisitions are used, both ends included; None for no bound."""

    start: dt.date | None = None
    end: dt.date | None = None

    def holds(self, day: dt.date) -> bool:
        """True when the day is inside."""
        return (self.start is None or day >= self.start) and (self.end is None or day <= self.end)
