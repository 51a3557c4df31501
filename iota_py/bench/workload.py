"""The features that are learnt and predicted: simulated series, filled by the chain's own code."""

from __future__ import annotations

import datetime as dt
import functools

import numpy as np

from iota_py.bench.scale import Scale
from iota_py.features.indices import IndexPlan, resolve
from iota_py.features.names import optical_names
from iota_py.pipeline.inputs.reading import optical_features
from iota_py.products.family import Family, load_family
from iota_py.simulation.series import PixelSeries, SeriesOptions, make_series
from iota_py.timeseries.dates import days, regular_grid

FAMILY, SENSOR = "theia-s2-l2a", "sentinel2"
INDICES = ("NDVI", "NDWI", "BRIGHTNESS")
YEAR = dt.date(2023, 1, 1), dt.date(2023, 12, 31)
LEARNT, FIRST_PREDICTED = 0, 1  # parts of the simulated land


def family() -> Family:
    """The family of products whose bands are simulated."""
    return load_family(FAMILY)


def index_plan() -> IndexPlan:
    """The three indices, on the bands of the family."""
    return resolve(INDICES, family().roles, tuple(family().bands))


def target_dates(step: int) -> tuple[dt.date, ...]:
    """Target dates of a year, `step` days apart."""
    return regular_grid(*YEAR, step)


def feature_names(scale: Scale) -> tuple[str, ...]:
    """Columns of the feature matrix, as a run of the pipeline names them."""
    return optical_names(SENSOR, tuple(family().bands), INDICES, target_dates(scale.step))


def series_options(scale: Scale, shape: tuple[int, int], dates: int | None = None) -> SeriesOptions:
    """What to simulate on a part of this shape; all parts have the same classes."""
    return SeriesOptions(classes=scale.classes, dates=dates or scale.dates, bands=len(family().bands), shape=shape)


def features_of(series: PixelSeries, step: int) -> np.ndarray:
    """Features int16 (pixel, feature), C order."""
    return optical_features(series.values, series.valid, series.days, days(target_dates(step)), index_plan())


def learning_samples(scale: Scale, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Features int16 (sample, feature) and labels uint8 of pixels drawn from one land."""
    series = make_series(series_options(scale, scale.land), LEARNT, count)
    return features_of(series, scale.step), series.labels


@functools.lru_cache(maxsize=32)
def part_features(scale: Scale, part: int) -> np.ndarray:
    """Features int16 (pixel, feature) of a whole part that is predicted; part from 0. Kept, since several rows use it; not to be changed."""
    features = features_of(make_series(series_options(scale, scale.part), FIRST_PREDICTED + part), scale.step)
    features.setflags(write=False)
    return features


def pixels(scale: Scale, count: int) -> np.ndarray:
    """The first `count` pixels that are predicted, int16 (pixel, feature)."""
    size = scale.part[0] * scale.part[1]
    found = [part_features(scale, part) for part in range(-(-count // size))]
    return np.concatenate(found)[:count] if len(found) > 1 else found[0][:count]
