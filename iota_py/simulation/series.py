"""Series of pixels without any file: what the benchmark and the tests of the stages work on, made in seconds for any size.

A land of spatially coherent objects (Voronoi cells), each of one class. A class has double-logistic profiles (green-up and senescence,
Beck et al. 2006), one per band; objects depart from their class, pixels from their object, dates from the profile. Masks are smooth
clouds. Figures are digital numbers, reflectance × 10,000.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from iota_py.simulation.noise import smooth_field, stream

FIRST_DAY, YEAR = 19358, 365  # 2023-01-01, in days since 1970-01-01
_LOWEST, _HIGHEST = 1, 15000  # positive: a normalised difference of numbers about zero is anything
_CLOUD = (2500.0, 5500.0)  # added to the ground by thin and by thick cloud


@dataclass(frozen=True)
class Departures:
    """Standard deviations. gain: relative, of an object's base and amplitude, band by band. shift: of its calendar, in shares of a year.

    pixel: relative, of a pixel's brightness. date: of a date on a pixel, all bands alike. noise: of each number. The last two in digital
    numbers.
    """

    gain: float = 0.45
    shift: float = 0.06
    pixel: float = 0.2
    date: float = 450.0
    noise: float = 500.0


@dataclass(frozen=True)
class SeriesOptions:
    """What to simulate. shape: (rows, cols). spacing: pixels between the centres of objects. masked: share of unusable observations.

    label_noise: share of the labels drawn at random.
    """

    classes: int = 19
    dates: int = 35
    bands: int = 10
    shape: tuple[int, int] = (256, 256)
    seed: int = 1
    spacing: float = 26.0
    masked: float = 0.36
    label_noise: float = 0.05
    departures: Departures = Departures()

    def __post_init__(self) -> None:
        if not 1 <= self.classes <= 255 or not 1 <= self.dates <= YEAR or self.bands < 1 or min(self.shape) < 1:
            raise ValueError(f"expected 1–255 classes, 1–{YEAR} dates, bands and pixels, found {self}")
        if not 0 < self.masked < 1 or not 0 <= self.label_noise <= 1 or self.spacing <= 0:
            raise ValueError(f"expected masked inside 0–1, label_noise in 0–1 and a positive spacing, found {self}")


@dataclass(frozen=True, eq=False)
class PixelSeries:
    """Observations. values: int16 (date, band, pixel). valid: uint8 (date, pixel), 1 = usable. days: int32 (date,) since 1970-01-01,
    ascending and distinct. labels: uint8 (pixel,), from 1."""

    values: np.ndarray
    valid: np.ndarray
    days: np.ndarray
    labels: np.ndarray


def make_series(options: SeriesOptions, part: int = 0, sample: int | None = None) -> PixelSeries:
    """Series of all the pixels of a part of the land, in row-major order, or of `sample` of them, drawn once each and in that order.

    All parts of a seed share classes and dates; each has its own objects, clouds and noise. Equal arguments give equal arrays.
    """
    names = options.seed, "series", part
    pixels = _pixels(options, sample, stream(*names, "sample"))
    objects, classes = _objects(options, stream(*names, "objects"))
    where, valid = objects.ravel()[pixels], _usable(options, pixels, stream(*names, "clouds"))
    table = _object_profiles(options, classes, stream(*names, "departures"))
    values = _observe(options.departures, table, where, valid, stream(*names, "noise"))
    labels = _labels(options, classes[where], stream(*names, "labels"))
    return PixelSeries(values, valid, _days(options), labels)


def _pixels(options: SeriesOptions, sample: int | None, rng: np.random.Generator) -> np.ndarray:
    count = options.shape[0] * options.shape[1]
    return np.arange(count) if sample is None else np.sort(rng.choice(count, sample, replace=False))


def _days(options: SeriesOptions) -> np.ndarray:
    chosen = stream(options.seed, "series", "days").choice(YEAR, options.dates, replace=False)
    return np.sort(FIRST_DAY + chosen).astype(np.int32)


def _objects(options: SeriesOptions, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Object of each pixel (row, col), and class of each object from 0: each class once as far as they go, then at random."""
    rows, cols = options.shape
    centres = rng.uniform((0, 0), (rows, cols), (max(1, round(rows * cols / options.spacing**2)), 2))
    grid = np.stack(np.meshgrid(np.arange(rows), np.arange(cols), indexing="ij"), axis=-1) + 0.5
    _, nearest = cKDTree(centres).query(grid.reshape(-1, 2))
    classes = rng.integers(0, options.classes, len(centres))
    first = rng.permutation(options.classes)[: len(centres)]
    classes[: len(first)] = first
    return nearest.reshape(rows, cols), classes


def _usable(options: SeriesOptions, pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """uint8 (date, pixel): dates from clear to overcast, in any order, `masked` on average (the mean of x**k over 0–1 is 1 / (k + 1))."""
    shares = rng.permutation(((np.arange(options.dates) + 0.5) / options.dates) ** (1 / options.masked - 1))
    usable = np.empty((options.dates, len(pixels)), np.uint8)
    for row, share in zip(usable, shares):
        field = smooth_field(options.shape, max(8.0, options.shape[1] / 12), rng).ravel()
        row[:] = (field >= np.quantile(field, share))[pixels]
    return usable


def _object_profiles(options: SeriesOptions, classes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Digital numbers of objects, float32 (date, band, object)."""
    own, vary, count = stream(options.seed, "series", "classes"), options.departures, (options.classes, options.bands)
    base, amplitude = own.uniform(300, 3000, count), own.uniform(-1500, 2500, count)
    up, down = own.uniform(0.15, 0.45, options.classes), own.uniform(0.55, 0.9, options.classes)
    n = len(classes)
    up, down = (day[classes] + vary.shift * rng.standard_normal(n) for day in (up, down))
    base, amplitude = (v[classes] * (1 + vary.gain * rng.standard_normal((n, options.bands))) for v in (base, amplitude))
    t = (_days(options) - FIRST_DAY)[:, None] / YEAR
    cover = 1 / (1 + np.exp(-25 * (t - up))) - 1 / (1 + np.exp(-25 * (t - down)))
    return (base.T + cover[:, None, :] * amplitude.T).astype(np.float32)


def _observe(vary: Departures, table: np.ndarray, where: np.ndarray, valid: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Values int16 (date, band, pixel) of pixels whose objects are `where`, under clouds where not valid."""
    values = np.empty((*table.shape[:2], len(where)), np.int16)
    tone = (1 + vary.pixel * rng.standard_normal(len(where))).astype(np.float32)
    for date, (profile, usable) in enumerate(zip(table, valid)):
        seen = profile[:, where]
        seen *= tone
        seen += np.float32(vary.date) * rng.standard_normal(len(where), dtype=np.float32)
        seen += np.float32(vary.noise) * rng.standard_normal(seen.shape, dtype=np.float32)
        seen += np.where(usable, np.float32(0), rng.uniform(*_CLOUD, len(where)).astype(np.float32))
        values[date] = np.clip(seen, _LOWEST, _HIGHEST)
    return values


def _labels(options: SeriesOptions, classes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    wrong = rng.random(len(classes)) < options.label_noise
    return (np.where(wrong, rng.integers(0, options.classes, len(classes)), classes) + 1).astype(np.uint8)
