"""Snow on a landscape over a winter: it falls on cold days above a line, and melts from below."""

from __future__ import annotations

import datetime as dt

import numpy as np

from iota_py.simulation.noise import smooth_field, stream

_FALLS = ((350, 12.0, 205.0), (381, 22.0, 170.0), (402, 16.0, 190.0))  # day from 1 September's new year on, days it lasts, lowest metres
_WIDTH = 45.0  # metres over which the ground goes from bare to white
_RISE = 3.2  # metres by which the line of melting rises in a day


def snow_cover(height: np.ndarray, day: dt.date, seed: int) -> np.ndarray:
    """Snow-covered share of the ground, float32 0–1 (row, col), on a day; height: metres above the sea (row, col).

    Winters are alike every year: falls on 16 December, 16 January and 6 February, that lie a few weeks on the hills.
    """
    number = (day - dt.date(day.year - (day.month < 9), 1, 1)).days + 1
    rough = 12 * smooth_field((int(height.shape[0]), int(height.shape[1])), 12.0, stream(seed, "snow"))
    cover = np.zeros(height.shape, np.float32)
    for start, lasting, line in _FALLS:
        age = number - start
        if 0 <= age <= 3 * lasting:
            lowest = line + _RISE * max(age - lasting / 3, 0)
            cover = np.maximum(cover, np.clip((height + rough - lowest) / _WIDTH, 0, 1))
    return cover.astype(np.float32)


def season_layers(height: np.ndarray, start: dt.date, stop: dt.date, seed: int, threshold: float = 0.5) -> dict[str, np.ndarray]:
    """Layers of a hydrological year as a synthesis defines them, uint16 (row, col): SCD, SMOD, SOD, NSP, NOBS.

    Days are counted from `start` on. SMOD and SOD are the last and first day of the longest period, 0 where snow lay 10 days or less.
    """
    days = [start + dt.timedelta(days=k) for k in range((stop - start).days + 1)]
    snow = np.stack([snow_cover(height, day, seed) >= threshold for day in days])
    shape = height.shape
    total, periods = snow.sum(axis=0), np.zeros(shape, np.int64)
    best, first, last, run = (np.zeros(shape, np.int64) for _ in range(4))
    for k, white in enumerate(snow):
        periods += white & (run == 0)
        run = np.where(white, run + 1, 0)
        longer = run > best
        best, last, first = np.where(longer, run, best), np.where(longer, k, last), np.where(longer, k - run + 1, first)
    seldom = total <= 10
    layers = {"SCD": total, "SMOD": np.where(seldom, 0, last), "SOD": np.where(seldom, 0, first), "NSP": periods}
    return {name: values.astype(np.uint16) for name, values in {**layers, "NOBS": np.full(shape, 60)}.items()}
