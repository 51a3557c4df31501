"""Reflectance relative to a band."""

from __future__ import annotations

import numpy as np

from iota_py.features.relative import relative_to, relative_word


def test_by_hand():
    bands = np.array([[[1000, 300], [500, 5]]], np.float32)  # one target, two bands, two pixels
    assert relative_to(bands, np.array([[2000, 0.25]], np.float32)).tolist() == [[[500, 0], [250, 0]]]
    assert relative_to(bands, bands[:, 0]).tolist() == [[[1000, 1000], [500, np.float32(1000) * (np.float32(5) / np.float32(300))]]]


def test_light_that_multiplies_every_band_is_taken_out():
    bands = np.random.default_rng(0).uniform(100, 5000, (3, 4, 20)).astype(np.float32)
    light = np.random.default_rng(1).uniform(0.5, 2, (3, 1, 20)).astype(np.float32)
    np.testing.assert_allclose(relative_to(bands * light, (bands * light)[:, 2]), relative_to(bands, bands[:, 2]), rtol=1e-5)


def test_words():
    assert [relative_word(band, "B4") for band in ("B3", "B4")] == ["B3_by_B4", "B4"]
