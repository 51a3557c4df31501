"""What a satellite sees of a scene in one delivery: reflectances with noise, clouds, missing and saturated pixels.

Free of any product format: writers turn it into files.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from iota_py.simulation.acquisitions import TRACK_SLOPE, Delivery, sun
from iota_py.simulation.noise import stream
from iota_py.simulation.phenology import BANDS
from iota_py.simulation.scene import Scene, halve
from iota_py.simulation.weather import Weather, make_sky, see

FINE_BANDS = ("B2", "B3", "B4", "B8")  # 10 m; the others are 20 m
SATURATED_BANDS = ("B2", "B3", "B4", "B5")
SATURATION = 1.6
_WATER, _URBAN = 23, 2


@dataclass(frozen=True, eq=False)
class Observation:
    """One delivery.

    bands: reflectance (row, col) float32, at 10 m or 20 m. outside, water: bool at 10 m; `outside` is made of whole 20 m pixels.
    saturated: bool at 20 m, pixels where SATURATED_BANDS are saturated. sun: zenith and azimuth, degrees.
    """

    delivery: Delivery
    bands: dict[str, np.ndarray]
    weather: Weather
    outside: np.ndarray
    water: np.ndarray
    saturated: np.ndarray
    sun: tuple[float, float]


def observe(scene: Scene, delivery: Delivery) -> Observation:
    """See a tile of a scene. The tile's grid is a part of the scene's; clouds are those of the pass, the same for every tile."""
    overflight, geobox = delivery.overflight, delivery.tile.geobox
    window = scene.landscape.window(geobox)
    angles = sun(overflight.sensed, scene.landscape.geobox)
    sky = make_sky(scene.landscape.geobox.shape, overflight, angles, abs(geobox.transform.a), scene.seed)
    outside = missing(delivery)
    weather = see(sky, window, outside)
    truth = scene.landscape.truth[window.slices]
    table = scene.table(overflight.day)
    rng = stream(scene.seed, "noise", overflight.name, delivery.tile.name, delivery.piece)
    tone = 1.0 + rng.normal(0.0, 0.015) + rng.normal(0.0, 0.012, len(BANDS))  # what the correction of the atmosphere leaves
    saturated = _saturated(truth, outside, rng)
    bands = {}
    for band, gain in zip(BANDS, tone, strict=True):
        seen = weather.cover(scene.reflectance(table, band, window), band)
        seen = seen if band in FINE_BANDS else halve(seen)
        noise = rng.standard_normal(seen.shape, dtype=np.float32)
        bands[band] = (gain * seen + (0.0008 + 0.003 * seen) * noise + delivery.bias).astype(np.float32)
        if band in SATURATED_BANDS:
            bands[band][saturated.repeat(2, 0).repeat(2, 1) if band in FINE_BANDS else saturated] = SATURATION
    return Observation(delivery, bands, weather, outside, truth == _WATER, saturated, angles)


def missing(delivery: Delivery) -> np.ndarray:
    """Where a delivery has no data, bool at 10 m, decided for whole 20 m pixels: off the swath, or in the other piece of the pass."""
    geobox = delivery.tile.geobox
    t, (height, width) = geobox.transform, geobox.shape
    x, y = (t.c + t.a * (2 * np.arange(width // 2) + 1))[None, :], (t.f + t.e * (2 * np.arange(height // 2) + 1))[:, None]
    outside = np.zeros((height // 2, width // 2), bool)
    if delivery.swath is not None:
        outside |= delivery.swath.misses(x, y)
    if delivery.piece != "whole":
        box = geobox.boundingbox
        north = y - 0.55 * box.top - 0.45 * box.bottom + TRACK_SLOPE * (x - (box.left + box.right) / 2) > 0
        outside |= ~north if delivery.piece == "north" else north
    return outside.repeat(2, 0).repeat(2, 1)


def _saturated(truth: np.ndarray, outside: np.ndarray, rng: np.random.Generator, share: float = 0.004) -> np.ndarray:
    """Glints on a few built pixels, bool at 20 m; at least one where the image shows anything built."""
    built = ((truth == _URBAN) & ~outside)[::2, ::2]
    draw = rng.uniform(size=built.shape)
    chosen = built & (draw < share)
    if built.any() and not chosen.any():
        chosen = built & (draw == draw[built].min())
    return chosen
