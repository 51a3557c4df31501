from dataclasses import replace

import numpy as np
import pytest

from iota_py.simulation.acquisitions import Swath
from iota_py.simulation.observation import FINE_BANDS, SATURATION, missing, observe
from iota_py.simulation.phenology import BANDS


@pytest.fixture(scope="module")
def seen(scene, cloudy):
    return observe(scene, cloudy)


def test_bands_have_their_own_resolutions(seen):
    assert tuple(seen.bands) == BANDS
    assert {band: values.shape for band, values in seen.bands.items()} == {b: (64, 64) if b in FINE_BANDS else (32, 32) for b in BANDS}


def test_the_same_delivery_is_seen_the_same_twice(scene, cloudy, seen):
    again = observe(scene, cloudy)
    assert all(np.array_equal(again.bands[band], seen.bands[band]) for band in BANDS)


def test_clouds_are_bright_and_shadows_dark(scene, cloudy, seen):
    clear = observe(scene, replace(cloudy, overflight=replace(cloudy.overflight, cloud=0.0, cirrus=0.0)))
    assert not clear.weather.cloud.any()
    thick = seen.weather.opacity > 0.8
    assert thick.any()
    assert np.median(seen.bands["B2"][thick]) > 0.5
    dark = (seen.weather.shade > 0.8) & (seen.weather.opacity == 0)
    assert dark.any()
    assert np.median(seen.bands["B8"][dark]) < 0.5 * np.median(clear.bands["B8"][dark])


def test_noise_is_small_and_differs_between_passes(scene, cloudy):
    clear = replace(cloudy, overflight=replace(cloudy.overflight, cloud=0.0, cirrus=0.0))
    pure = scene.reflectance(scene.table(clear.overflight.day), "B4", scene.landscape.window(clear.tile.geobox))
    seen = observe(scene, clear).bands["B4"]
    difference = (seen / pure - 1.0)[seen < SATURATION]
    assert 0.001 < difference.std() < 0.05
    other = observe(scene, replace(clear, overflight=replace(clear.overflight, orbit=8))).bands["B4"]
    assert abs(np.corrcoef((other - pure)[seen < 0.3], (seen - pure)[seen < 0.3])[0, 1]) < 0.9
    assert abs(np.median(difference)) < 0.08


def test_versions_differ_by_their_bias_only(scene, cloudy, seen):
    old = observe(scene, replace(cloudy, version=(1, 9), bias=0.005))
    calm = np.ones((64, 64), bool) & ~seen.saturated.repeat(2, 0).repeat(2, 1)
    assert (old.bands["B4"] - seen.bands["B4"])[calm] == pytest.approx(0.005, abs=1e-6)
    assert np.array_equal(old.weather.cloud, seen.weather.cloud)


def test_two_pieces_make_one_image(cloudy):
    north, south = (missing(replace(cloudy, piece=piece)) for piece in ("north", "south"))
    assert np.array_equal(north, ~south)
    assert 0.2 < north.mean() < 0.8
    assert not north[0].any()
    assert not south[-1].any()


def test_a_swath_leaves_whole_pixels_of_20_metres(cloudy):
    box = cloudy.tile.geobox.boundingbox
    outside = missing(replace(cloudy, swath=Swath("west", (box.left + box.right) / 2, (box.top + box.bottom) / 2)))
    assert outside[:, -1].all()
    assert not outside[:, 0].any()
    assert outside.mean() == pytest.approx(0.5, abs=0.03)
    blocks = outside.reshape(32, 2, 32, 2).sum(axis=(1, 3))
    assert set(np.unique(blocks)) == {0, 4}


def test_glints_are_on_built_ground(scene, cloudy, seen):
    truth = scene.landscape.truth[scene.landscape.window(cloudy.tile.geobox).slices]
    fine = seen.saturated.repeat(2, 0).repeat(2, 1)
    assert (truth == 2).any()
    assert 1 <= seen.saturated.sum() < 30
    assert (truth[::2, ::2][seen.saturated] == 2).all()
    assert (seen.bands["B2"][fine] == np.float32(SATURATION)).all()
    assert (seen.bands["B5"][seen.saturated] == np.float32(SATURATION)).all()
    assert seen.bands["B8"].max() < SATURATION
