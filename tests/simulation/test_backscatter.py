"""A radar sees kinds of land by their structure, through speckle."""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.grid.windows import Window
from iota_py.simulation.backscatter import LOOKS, Look, backscatter
from iota_py.simulation.phenology import KIND_INDEX
from iota_py.simulation.scene import Scene, make_scene

PASS = Look("s1a", 130, "DES", 110)
ALL = Window(0, 0, 160, 160)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return make_scene(GeoBox((160, 160), Affine(10, 0, 402600, 0, -10, 4840000), "EPSG:32631"), 1)


def decibels(scene: Scene, name: str, one: Look = PASS) -> dict[str, float]:
    kind = scene.landscape.kind[scene.landscape.field - 1] == KIND_INDEX[name]
    return {pol: float(10 * np.log10(values[kind].mean())) for pol, values in backscatter(scene, one, ALL).items()}


def test_water_is_dark_and_villages_are_bright(scene):
    water, village, cereal = (decibels(scene, name) for name in ("water", "village", "cereal"))
    assert water["vv"] < cereal["vv"] - 2 < village["vv"] - 4
    assert all(found["vh"] < found["vv"] for found in (water, village, cereal))


def test_cereals_hide_their_ground_in_spring(scene):
    assert decibels(scene, "cereal")["vv"] < decibels(scene, "cereal", Look("s1a", 260, "DES", 110))["vv"] - 1.5


def test_a_window_has_the_pixels_of_the_whole(scene):
    part = Window(20, 30, 50, 60)
    whole, cut = backscatter(scene, PASS, ALL), backscatter(scene, PASS, part)
    for polarisation in ("vv", "vh"):
        assert cut[polarisation].dtype == np.float32
        assert np.array_equal(cut[polarisation], whole[polarisation][part.slices])
        assert (cut[polarisation] > 0).all()
    assert not np.array_equal(whole["vv"], backscatter(scene, Look("s1a", 142, "DES", 110), ALL)["vv"])


def test_speckle_has_the_looks_that_it_says(scene):
    """The relative variance of a homogeneous field is 1 / looks, plus a little texture."""
    field = np.bincount(scene.landscape.field.ravel()).argmax()
    values = backscatter(scene, PASS, ALL)["vv"][scene.landscape.field == field]
    assert values.var() / values.mean() ** 2 == pytest.approx(1 / LOOKS, rel=0.5)
