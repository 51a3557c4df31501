"""Whether a series of memory grows: its slope over the second half, with its spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import theilslopes

PIECES = 20  # of the second half; their medians are far less alike than neighbouring samples
LEAST = 3  # samples of a piece
MEGA = 1e6


@dataclass(frozen=True)
class Trend:
    """Of the second half. level: median, MB. slope, low, high: MB per minute and its 95 % interval. change: MB, slope × the length.

    peak: of the whole series, MB. minutes: length of the second half. samples: in it.
    """

    level: float
    slope: float
    low: float
    high: float
    change: float
    peak: float
    minutes: float
    samples: int

    @property
    def steady(self) -> bool:
        """The interval of the slope holds zero, or all that it gains over the half is less than a hundredth of the level."""
        return self.low <= 0 <= self.high or abs(self.change) < 0.01 * self.level


def trend_of(seconds: Sequence[float], sizes: Sequence[float]) -> Trend:
    """Slope of Theil (1950) and Sen (1968) through the medians of up to PIECES pieces of the second half in time, each of LEAST samples or more.

    The 95 % interval is Sen's, by the ranks of the slopes of all pairs. Raises ValueError with less than 3 pieces.
    """
    at, size = np.asarray(seconds, float), np.asarray(sizes, float) / MEGA
    late = at >= (at[0] + at[-1]) / 2
    pieces = min(PIECES, int(late.sum()) // LEAST)
    if pieces < 3:
        raise ValueError(f"{late.sum()} samples of the second half are too few for a slope")
    x = np.array([np.median(part) for part in np.array_split(at[late] / 60, pieces)])
    y = np.array([np.median(part) for part in np.array_split(size[late], pieces)])
    slope, _, low, high = (float(value) for value in theilslopes(y, x, 0.95))
    minutes = float(at[-1] - at[late][0]) / 60
    return Trend(float(np.median(size[late])), slope, low, high, slope * minutes, float(size.max()), minutes, int(late.sum()))
