"""Sentinel-2 L2A products in the native layout of MAJA / MUSCATE, of what was seen of a scene.

Bits of the masks are numbered from 0. Edges: the mask R1 is the mask R2 repeated, so a pixel is nodata in all bands or in none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from iota_py.simulation.acquisitions import Delivery
from iota_py.simulation.muscate_files import write_image
from iota_py.simulation.muscate_image import NODATA, MuscateImage, View
from iota_py.simulation.observation import SATURATED_BANDS, Observation, observe
from iota_py.simulation.phenology import BANDS
from iota_py.simulation.scene import Scene

SCALE = 10000
GROUPS = {"R1": ("B2", "B3", "B4", "B8"), "R2": ("B5", "B6", "B7", "B8A", "B11", "B12")}

# Radiometric resolution: digital numbers are multiples of it. It is near the noise of each band; finer steps would store noise.
STEPS = {"B2": 25, "B3": 25, "B4": 25, "B5": 25, "B6": 50, "B7": 50, "B8": 50, "B8A": 50, "B11": 50, "B12": 25}
_VIEW = {51: (8.4, 104.0), 8: (9.1, 286.0)}  # mean zenith and azimuth of the view by relative orbit, degrees


def write_products(
    folder: str | Path, scene: Scene, deliveries: Iterable[Delivery], progress: Callable[[str], None] | None = None
) -> list[Path]:
    """Write one product per delivery under `folder`; the folders and archives made. progress: called with the name of each."""
    paths = []
    for delivery in deliveries:
        paths.append(write_product(folder, observe(scene, delivery)))
        if progress is not None:
            progress(paths[-1].name)
    return paths


def write_product(folder: str | Path, observation: Observation) -> Path:
    """Write one product under `folder` and return its folder or archive."""
    return write_image(folder, delivered(observation))


def product_id(delivery: Delivery) -> str:
    """Identifier of a product, `PRODUCT_ID` of its metadata."""
    return _image(delivery).identifier


def product_name(delivery: Delivery) -> str:
    """Name of the folder or archive of a product, according to its packing."""
    return _image(delivery).file_name


def delivered(observation: Observation) -> MuscateImage:
    """The product of an observation."""
    found, delivery = masks(observation), observation.delivery
    numbers = {
        band: digital_numbers(observation.bands[band], found["EDG"][group] > 0, STEPS[band])
        for group, bands in GROUPS.items()
        for band in bands
    }
    return replace(
        _image(delivery),
        images={"FRE": numbers},
        masks=found,
        sun=observation.sun,
        views=_views(delivery),
        quality=_quality(observation, found),
    )


def _image(delivery: Delivery) -> MuscateImage:
    """A product with nothing in it."""
    platform, fine = delivery.overflight.platform, delivery.tile.geobox
    return MuscateImage(
        prefix=platform,
        platform=platform,
        level="L2A",
        zone=delivery.tile.name,
        zone_kind="Tile",
        sensed=delivery.sensed,
        grids={"R1": fine, "R2": fine.zoom_out(2)},
        bands=GROUPS,
        images={},
        masks={},
        project="SENTINEL2",
        orbit=("Orbit", delivery.overflight.revolution),
        version=delivery.version,
        flag=delivery.flag,
        quantification=SCALE,
        packing=delivery.packing,
    )


def _views(delivery: Delivery) -> tuple[View, ...]:
    """The detectors of the bands look along slightly different lines."""
    zenith, azimuth = _VIEW.get(delivery.overflight.orbit, (0.0, 0.0))
    return tuple(View("band_id", band, zenith + 0.02 * rank, azimuth + 0.1 * rank) for rank, band in enumerate(BANDS))


def _quality(observation: Observation, found: dict[str, dict[str, np.ndarray]]) -> dict[str, object]:
    """Indices of quality; clouds in whole percent of the pixels seen."""
    seen = found["EDG"]["R1"] == 0
    cloudy = (found["CLM"]["R1"] & 2 > 0) & seen
    none = dict.fromkeys(("RainDetected", "HotSpotDetected", "SunGlintDetected"), False)
    percent = int(100 * cloudy.sum() / max(int(seen.sum()), 1))
    return {"CloudPercent": percent, "SnowPercent": 0, **none, "CirrusDetected": bool(observation.weather.cirrus.any())}


def digital_numbers(reflectance: np.ndarray, outside: np.ndarray, step: int) -> np.ndarray:
    """int16 of reflectances, rounded to multiples of `step`; NODATA outside."""
    numbers = step * np.round(reflectance * (SCALE / step))
    return np.where(outside, NODATA, np.clip(numbers, -1000, 32000)).astype(np.int16)


def masks(observation: Observation) -> dict[str, dict[str, np.ndarray]]:
    """Masks by name then group (R1, R2), uint8 (row, col)."""
    weather, outside = observation.weather, observation.outside
    shadow = weather.shadow_inside | weather.shadow_outside
    clouds = _bits(
        weather.cloud | shadow, weather.cloud, weather.cloud & weather.bright, weather.cloud,
        weather.fringe, weather.shadow_inside, weather.shadow_outside, weather.cirrus,
    )  # fmt: skip
    nothing = np.zeros_like(outside)
    ground = _bits(observation.water, weather.cloud, nothing, shadow)
    fine = {"CLM": np.where(outside, 0, clouds), "MG2": np.where(outside, 0, ground), "EDG": outside.astype(np.uint8)}
    found = {name: {"R1": values.astype(np.uint8), "R2": _coarsen(values).astype(np.uint8)} for name, values in fine.items()}
    found["SAT"] = {group: _saturation(observation.saturated, group) for group in GROUPS}
    return found


def masks_of_10_m(observation: Observation) -> dict[str, np.ndarray]:
    """Masks CLM, MG2, EDG and SAT at 10 m, uint8 (row, col)."""
    return {name: groups["R1"] for name, groups in masks(observation).items()}


def _bits(*layers: np.ndarray) -> np.ndarray:
    return np.sum([layer.astype(np.uint8) << bit for bit, layer in enumerate(layers)], axis=0, dtype=np.uint8)


def _coarsen(values: np.ndarray) -> np.ndarray:
    """Bits set in any of 2 × 2 pixels."""
    return values[::2, ::2] | values[1::2, ::2] | values[::2, 1::2] | values[1::2, 1::2]


def _saturation(saturated: np.ndarray, group: str) -> np.ndarray:
    """One bit per band of the group, in the order of the group."""
    value = sum(1 << bit for bit, band in enumerate(GROUPS[group]) if band in SATURATED_BANDS)
    coarse = np.where(saturated, value, 0).astype(np.uint8)
    return coarse.repeat(2, 0).repeat(2, 1) if group == "R1" else coarse
