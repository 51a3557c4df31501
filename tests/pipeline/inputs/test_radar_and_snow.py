"""Options of radar and snow inputs, from the configuration to the columns."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.config.features import Features
from iota_py.errors import ConfigError
from iota_py.features.indices import resolve
from iota_py.features.radar import despeckled
from iota_py.features.snow import snow_season
from iota_py.grid.windows import Window, split, whole
from iota_py.pipeline.inputs.observed import Observed
from iota_py.pipeline.inputs.reading import FeatureSource, feature_source, features_of, read_observed
from iota_py.pipeline.inputs.recipe import Ground, make_recipe, recipe_document, recipe_from_document
from iota_py.products.discovery import discover, expand
from iota_py.products.family import load_family
from iota_py.products.reader import read_cube
from iota_py.products.source import Choice, Interval, Source
from iota_py.simulation.radar import RadarPass, write_pass

GRID = GeoBox((20, 24), Affine(10, 0, 499980, 0, -10, 200040), "EPSG:32633")
DAYS = tuple(dt.date(2022, 11, 1) + dt.timedelta(days=12 * k) for k in range(12))


@pytest.fixture
def radar(tmp_path: Path) -> FeatureSource:
    rng = np.random.default_rng(3)
    for k in range(4):
        power = {pol: rng.gamma(4.4, 0.02, GRID.shape) for pol in ("vv", "vh")}
        seen = np.ones(GRID.shape, bool)
        seen[:, : 2 * k] = False
        sensed = dt.datetime(2020, 1, 8, 5, tzinfo=dt.UTC) + dt.timedelta(days=12 * k)
        write_pass(tmp_path, RadarPass("33NWB", GRID, sensed), {pol: np.where(seen, v, 0) for pol, v in power.items()}, seen)
    (found,) = expand(Source("s1", tmp_path, load_family("s1tiling"), Choice(("vv", "vh"))))
    (series,) = discover(found, Interval()).values()
    plan = resolve(("RATIO",), {"vv": "vv", "vh": "vh"}, series.bands)
    return feature_source(series, series.dates, plan, speckle=("decibel", 5))


def test_speckle_is_filtered_before_anything_else(radar):
    everything = whole(GRID.shape)
    cube = read_cube(radar.series, everything)
    expected = despeckled(cube.values, cube.valid, "decibel", 5).reshape(4, 2, -1)
    (observed,), validity = read_observed([radar], everything)
    assert np.array_equal(observed.values, expected)
    assert validity.tolist() == cube.valid.sum(axis=0).ravel().tolist()
    usable = cube.valid[3]
    assert cube.values[3, 0][usable].std() > 1.3 * expected.reshape(4, 2, *GRID.shape)[3, 0][usable].std()
    plain, _ = read_observed([replace(radar, speckle=None)], everything)
    assert np.array_equal(plain[0].values.reshape(cube.values.shape)[:, :, usable], cube.values[:, :, usable])


def test_filtered_windows_join(radar):
    together = features_of(read_observed([radar], whole(GRID.shape))[0]).reshape(*GRID.shape, -1)
    for window in split(GRID.shape, (7, 9)):
        part = features_of(read_observed([radar], window)[0])
        assert np.array_equal(part.reshape(*window.shape, -1), together[window.slices])


def test_a_snow_year_is_made_from_single_dates():
    rng = np.random.default_rng(5)
    snow, valid = rng.integers(0, 2, (12, 1, 300)).astype(np.int16), (rng.random((12, 300)) < 0.7).astype(np.uint8)
    options = Features.model_validate({"keep_dates": (), "snow_year": {"start": "2022-09-01", "end": "2023-08-31"}})
    plan = resolve((), {}, ("snow",))
    recipe = make_recipe(options, plan, 0, Ground(("snow",), DAYS, False, True, "features.snow"))
    assert recipe is not None
    assert recipe_from_document(recipe_document(recipe)) == recipe
    assert recipe.names("snow", plan, DAYS) == tuple(f"snow_snow_{word}" for word in ("scd", "smod", "sod", "nsp", "nobs", "season"))
    days = np.array([(day - dt.date(1970, 1, 1)).days for day in DAYS], np.int32)
    found = features_of([Observed(snow, valid, days, days, plan, recipe)])
    start, stop = ((dt.date.fromisoformat(text) - dt.date(1970, 1, 1)).days for text in ("2022-09-01", "2023-08-31"))
    expected = snow_season(snow[:, 0], valid, days, start, stop)
    for column, word in enumerate(recipe.snow.words):
        assert found[:, column].tolist() == getattr(expected, word).tolist()
    assert found[:, 0].max() > 20


def test_a_snow_year_needs_dates():
    options = Features.model_validate({"snow_year": {"start": "2022-09-01", "end": "2023-08-31"}})
    with pytest.raises(ConfigError, match=r"E-FEA-013 features\.snow: snow_year: this input has no dates"):
        make_recipe(options, resolve((), {}, ("snow",)), 0, Ground(("snow",), (), False, True, "features.snow"))


def test_windows_of_one_pixel(radar):
    assert features_of(read_observed([radar], Window(3, 20, 1, 1))[0]).shape == (1, 12)
