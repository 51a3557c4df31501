"""Monthly composites of what Sentinel-2 saw of a scene, as a weighted mean of the clear observations around the middle of a month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from iota_py.simulation.observation import FINE_BANDS, Observation
from iota_py.simulation.phenology import BANDS

HALF_WIDTH = 23  # days on each side of the centre that take part
NEVER_CLEAR, WATER, LAND, NO_DATA = 1, 3, 4, 0  # codes of the flag


@dataclass(frozen=True, eq=False)
class Composite:
    """One composite of a tile. bands: reflectance float32 by band, at 10 m or 20 m, NaN where never seen clear.

    By resolution, 10 or 20 (metres): flag uint8 (row, col); weight float32, the sum of weights; mean_day float32, days since 1 January
    counted from 0, NaN where there is none.
    """

    centre: date
    bands: dict[str, np.ndarray]
    flag: dict[int, np.ndarray]
    weight: dict[int, np.ndarray]
    mean_day: dict[int, np.ndarray]


def composite(observations: Sequence[Observation], centre: date) -> Composite:
    """The composite around a day from observations of one tile, of the same year. Weights fall linearly from 1 to 0 at HALF_WIDTH + 1 days."""
    shape = observations[0].outside.shape
    sums = {band: np.zeros(shape if band in FINE_BANDS else (shape[0] // 2, shape[1] // 2), np.float64) for band in BANDS}
    weight = {10: np.zeros(shape), 20: np.zeros((shape[0] // 2, shape[1] // 2))}
    days = {size: np.zeros_like(total) for size, total in weight.items()}
    seen = {size: np.zeros(total.shape, bool) for size, total in weight.items()}
    for one in observations:
        day = one.delivery.overflight.day
        share = 1.0 - abs(day - centre.timetuple().tm_yday) / (HALF_WIDTH + 1)
        if share <= 0:
            continue
        for size in (10, 20):
            clear, inside = _clear(one, size)
            weight[size] += share * clear
            days[size] += share * clear * (day - 1)
            seen[size] |= inside
        for band in BANDS:
            clear, _ = _clear(one, 10 if band in FINE_BANDS else 20)
            sums[band] += share * np.where(clear, one.bands[band], 0.0)
    water = {10: observations[0].water, 20: observations[0].water[::2, ::2]}
    with np.errstate(invalid="ignore", divide="ignore"):
        bands = {band: (total / weight[10 if band in FINE_BANDS else 20]).astype(np.float32) for band, total in sums.items()}
        mean = {size: (days[size] / weight[size]).astype(np.float32) for size in days}
    return Composite(centre, bands, {size: _flag(weight[size], seen[size], water[size]) for size in weight}, weight, mean)


def _clear(one: Observation, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Where an observation is clear, and where it has data, bool (row, col) at 10 or 20 m: of 20 m pixels, all four parts."""
    weather = one.weather
    hidden = weather.cloud | weather.shadow_inside | weather.shadow_outside | weather.cirrus | one.outside
    if size == 10:
        return ~hidden, ~one.outside
    rows, cols = hidden.shape
    quarters = (hidden | one.saturated.repeat(2, 0).repeat(2, 1)).reshape(rows // 2, 2, cols // 2, 2)
    return ~quarters.any(axis=(1, 3)), ~one.outside[::2, ::2]


def _flag(weight: np.ndarray, seen: np.ndarray, water: np.ndarray) -> np.ndarray:
    flag = np.where(weight > 0, np.where(water, WATER, LAND), np.where(seen, NEVER_CLEAR, NO_DATA))
    return flag.astype(np.uint8)
