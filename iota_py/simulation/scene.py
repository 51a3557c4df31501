"""Noise-free reflectances of a landscape on any day: one table per field and day, then texture and the blur of the instrument."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from odc.geo.geobox import GeoBox
from scipy import ndimage

from iota_py.grid.windows import Window
from iota_py.simulation.landscape import PARCEL_KINDS, Landscape, make_landscape
from iota_py.simulation.noise import smooth_field, stream
from iota_py.simulation.phenology import BANDS, CLIMATES, KIND_INDEX, KINDS, local_day, reflectance

BLUR = 0.55  # standard deviation of the point spread function, in pixels: neighbours mix along borders
_REACH = 4  # pixels; the blur is cut there


@dataclass(frozen=True, eq=False)
class Fields:
    """How each field departs from its kind. All (field,) but `ground` and `tint` (field, band).

    delay: days. vigour: factor of the green cover. ground: factor of the bare ground. companion: index of a second kind that covers
    `share` of the field. tint: factor of the reflectance.
    """

    delay: np.ndarray
    vigour: np.ndarray
    ground: np.ndarray
    companion: np.ndarray
    share: np.ndarray
    tint: np.ndarray


@dataclass(frozen=True, eq=False)
class Scene:
    """A landscape with everything that decides its pixels: fields' departures, and two fixed textures (row, col) of unit variance."""

    seed: int
    landscape: Landscape
    fields: Fields
    brightness: np.ndarray
    density: np.ndarray

    def table(self, day: float) -> tuple[np.ndarray, np.ndarray]:
        """Reflectance (field, band) on a day of the year, and its change where the cover is denser."""
        kind, fields = self.landscape.kind, self.fields
        first, slope = _mixture(self, kind, day)
        second, _ = _mixture(self, fields.companion, day)
        share = fields.share[:, None]
        return ((1.0 - share) * first + share * second) * fields.tint, slope

    def reflectance(self, table: tuple[np.ndarray, np.ndarray], band: str, window: Window) -> np.ndarray:
        """Reflectance of a window, (row, col) float32, from the table of a day; the same pixels whatever the window."""
        height, width = self.landscape.field.shape
        top, left = max(window.row - _REACH, 0), max(window.col - _REACH, 0)
        bottom, right = min(window.row + window.height + _REACH, height), min(window.col + window.width + _REACH, width)
        part = slice(top, bottom), slice(left, right)
        column = BANDS.index(band)
        field = self.landscape.field[part] - 1
        rough = np.array([kind.rough for kind in KINDS], np.float32)[self.landscape.kind]
        value = table[0][:, column].astype(np.float32)[field]
        value += 0.12 * table[1][:, column].astype(np.float32)[field] * self.density[part]
        value *= 1.0 + rough[field] * self.brightness[part]
        blurred = ndimage.gaussian_filter(value, BLUR, mode="nearest", radius=_REACH)
        inner = blurred[window.row - top : window.row - top + window.height, window.col - left : window.col - left + window.width]
        return np.clip(inner, 0.001, 1.2)


def make_scene(geobox: GeoBox, seed: int) -> Scene:
    """The scene of a seed on a grid in metres (10 m pixels in every product of Sentinel-2)."""
    landscape = make_landscape(geobox, seed)
    rng = stream(seed, "texture")
    shape = landscape.field.shape
    fine = ndimage.gaussian_filter(rng.standard_normal(shape, dtype=np.float32), 0.7)
    brightness = 0.8 * smooth_field(shape, 4.0, rng) + 0.6 * fine / fine.std()
    return Scene(seed, landscape, _vary(landscape, seed), brightness.astype(np.float32), smooth_field(shape, 5.0, rng))


def halve(values: np.ndarray) -> np.ndarray:
    """Means of 2 × 2 pixels."""
    height, width = values.shape
    return values.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))


def _vary(landscape: Landscape, seed: int, odd: float = 0.03) -> Fields:
    """Draw the fields' departures; a share `odd` of the parcels is half covered by another kind (failed crop, mixed use)."""
    rng = stream(seed, "fields")
    kind, n = landscape.kind, len(landscape.kind)
    spread = np.array([k.spread for k in KINDS])[kind]
    low, high = (np.array([k.shares[i] for k in KINDS])[kind] for i in (0, 1))
    companion = np.array([KIND_INDEX.get(k.companion, i) for i, k in enumerate(KINDS)])[kind]
    share = rng.uniform(low, np.maximum(high, low + 1e-9))
    crops = [KIND_INDEX[name] for name in PARCEL_KINDS]
    strange = (rng.uniform(size=n) < odd) & np.isin(kind, crops)
    other = rng.choice(crops, n)
    companion = np.where(strange & (share < 0.4), other, companion)
    share = np.where(strange, np.maximum(share, rng.uniform(0.3, 0.5, n)), share)
    ramp = np.linspace(-1.0, 1.0, len(BANDS))
    ground = np.clip(1.0 + rng.normal(0.0, 0.16, n), 0.55, 1.5)[:, None] * (1.0 + rng.normal(0.0, 0.05, n)[:, None] * ramp)
    tint = 1.0 + rng.normal(0.0, 0.03, n)[:, None] * ramp + rng.normal(0.0, 0.02, (n, len(BANDS)))
    return Fields(rng.normal(0.0, spread), np.clip(rng.normal(1.0, 0.10, n), 0.55, 1.25), ground, companion, share, tint)


def _mixture(scene: Scene, kinds: np.ndarray, day: float) -> tuple[np.ndarray, np.ndarray]:
    """Reflectance and slope (field, band) as if the fields were of these kinds."""
    fields, region = scene.fields, scene.landscape.field_region
    value = np.zeros((len(kinds), len(BANDS)))
    slope = np.zeros_like(value)
    for index in np.unique(kinds):
        for number, climate in CLIMATES.items():
            here = (kinds == index) & (region == number)
            own_day = local_day(day, climate) - fields.delay[here]
            ground = fields.ground[here] * (climate.soils() if KINDS[index].ground == "soil" else 1.0)
            value[here], slope[here] = reflectance(KINDS[index], own_day, fields.vigour[here] * climate.vigour, ground)
    return value, slope
