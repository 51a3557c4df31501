"""Clouds of a pass, the shadows that they throw, and what a detection would flag of both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from iota_py.grid.windows import Window
from iota_py.simulation.acquisitions import Overflight
from iota_py.simulation.noise import smooth_field, stream

# Reflectance of thick cloud; transmission of the ground's light in full shadow (the blue sky still lights it); cirrus veil
_CLOUD = {"B2": 0.78, "B3": 0.76, "B4": 0.77, "B5": 0.78, "B6": 0.79, "B7": 0.79, "B8": 0.79, "B8A": 0.78, "B11": 0.52, "B12": 0.42}
_SHADE = {"B2": 0.52, "B3": 0.46, "B4": 0.42, "B5": 0.40, "B6": 0.37, "B7": 0.36, "B8": 0.35, "B8A": 0.35, "B11": 0.30, "B12": 0.28}
_VEIL = {
    "B2": 0.035,
    "B3": 0.031,
    "B4": 0.029,
    "B5": 0.028,
    "B6": 0.026,
    "B7": 0.025,
    "B8": 0.025,
    "B8A": 0.024,
    "B11": 0.014,
    "B12": 0.010,
}
_DETECTED = 0.06  # opacity from which a cloud is detected
_DARK = 0.12  # shade from which a shadow is detected


@dataclass(frozen=True, eq=False)
class Sky:
    """Opacity (row, col) of the clouds over a grid and `pad` pixels around it, and of cirrus; shift: (rows, cols) from cloud to shadow."""

    opacity: np.ndarray
    cirrus: np.ndarray
    pad: int
    shift: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Weather:
    """Of one window, (row, col). opacity, shade, veil: float32, 0–1. The others bool.

    cloud: detected. bright: so thick that its brightness gives it away. fringe: around the detected cloud, not flagged as cloud.
    shadow_inside, shadow_outside: shadow of a cloud seen, or not seen, in this image. cirrus: high cloud.
    """

    opacity: np.ndarray
    shade: np.ndarray
    veil: np.ndarray
    cloud: np.ndarray
    bright: np.ndarray
    fringe: np.ndarray
    shadow_inside: np.ndarray
    shadow_outside: np.ndarray
    cirrus: np.ndarray

    def cover(self, ground: np.ndarray, band: str) -> np.ndarray:
        """Reflectance of a band at 10 m, (row, col), as seen through this weather."""
        lit = ground * (1.0 - (1.0 - _SHADE[band]) * self.shade) + _VEIL[band] * self.veil
        return lit + self.opacity * (_CLOUD[band] - lit)


def make_sky(shape: tuple[int, int], overflight: Overflight, sun: tuple[float, float], pixel: float, seed: int) -> Sky:
    """Clouds over a grid of this shape, with pixels of `pixel` metres. sun: zenith and azimuth, degrees."""
    rng = stream(seed, "sky", overflight.name)
    height = rng.uniform(450.0, 800.0) * np.tan(np.radians(sun[0])) / pixel
    azimuth = np.radians(sun[1])
    shift = round(float(height * np.cos(azimuth))), round(float(-height * np.sin(azimuth)))
    pad = max(abs(shift[0]), abs(shift[1])) + 8
    padded = shape[0] + 2 * pad, shape[1] + 2 * pad
    return Sky(_opacity(padded, overflight.cloud, rng), _veil(padded, overflight.cirrus, rng), pad, shift)


def see(sky: Sky, window: Window, outside: np.ndarray) -> Weather:
    """Weather of a window of the grid. outside: bool (row, col), where the image has no data."""
    opacity = _part(sky.opacity, window, sky.pad, (0, 0))
    shade = _part(sky.opacity, window, sky.pad, sky.shift)
    veil = _part(sky.cirrus, window, sky.pad, (0, 0))
    cloud = ndimage.binary_dilation(opacity > _DETECTED, iterations=2)
    fringe = ndimage.binary_dilation(cloud, iterations=2) & ~cloud
    shadow = ndimage.binary_dilation(shade > _DARK, iterations=1) & ~cloud
    seen = np.zeros_like(outside)
    rows, cols = (np.arange(n) - s for n, s in zip(outside.shape, sky.shift, strict=True))
    in_rows, in_cols = (rows >= 0) & (rows < outside.shape[0]), (cols >= 0) & (cols < outside.shape[1])
    seen[np.ix_(in_rows, in_cols)] = ~outside[np.ix_(rows[in_rows], cols[in_cols])]
    return Weather(opacity, shade, veil, cloud, opacity > 0.4, fringe, shadow & seen, shadow & ~seen, veil > 0.3)


def _opacity(shape: tuple[int, int], cover: float, rng: np.random.Generator) -> np.ndarray:
    if cover <= 0.0:
        return np.zeros(shape, np.float32)
    field = 0.75 * smooth_field(shape, 45.0, rng) + 0.4 * smooth_field(shape, 14.0, rng) + 0.12 * smooth_field(shape, 5.0, rng)
    return np.clip((field - np.quantile(field, 1.0 - cover)) / 0.45, 0.0, 1.0)


def _veil(shape: tuple[int, int], cover: float, rng: np.random.Generator) -> np.ndarray:
    if cover <= 0.0:
        return np.zeros(shape, np.float32)
    field = smooth_field(shape, 80.0, rng)
    return np.clip(0.3 + (field - np.quantile(field, 1.0 - cover)) / 1.2, 0.0, 1.0)


def _part(values: np.ndarray, window: Window, pad: int, shift: tuple[int, int]) -> np.ndarray:
    """Pixels of a window, taken `shift` (rows, cols) before it."""
    row, col = window.row + pad - shift[0], window.col + pad - shift[1]
    return values[row : row + window.height, col : col + window.width]
