"""Landsat-8 L2A products of MAJA in the MUSCATE layout, from arrays: 7 bands at 30 m, cut by MGRS tile or by path and row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
from odc.geo.geobox import GeoBox

from iota_py.simulation.muscate import SCALE, digital_numbers, masks_of_10_m
from iota_py.simulation.muscate_image import NODATA, MuscateImage, View, clear_masks
from iota_py.simulation.observation import FINE_BANDS, Observation

BANDS = tuple(f"B{number}" for number in range(1, 8))
GROUP = "XS"
# band -> the one of Sentinel-2 that is nearest to it
_SEEN_AS = {"B1": "B2", "B2": "B2", "B3": "B3", "B4": "B4", "B5": "B8A", "B6": "B11", "B7": "B12"}


def theia_landsat_image(
    zone: str,
    geobox: GeoBox,
    sensed: datetime,
    numbers: Mapping[str, np.ndarray],
    masks: Mapping[str, np.ndarray] | None = None,
    **changes: Any,
) -> MuscateImage:
    """A product of a zone, `T31TCJ` or `184-028`. numbers: int16 (row, col) by band, reflectance times the quantification, NODATA missing.

    masks: in place of clear ones, by name (CLM, MG2, EDG, SAT). changes: of other fields of the image.
    """
    outside = np.all([values == NODATA for values in numbers.values()], axis=0)
    found = {**clear_masks(geobox, outside), **(masks or {})}
    path_row = re.fullmatch(r"(\d{3})-\d{3}", zone)
    image = {
        "prefix": "LANDSAT8-OLITIRS-XS",
        "platform": "LANDSAT8",
        "level": "L2A",
        "zone": zone,
        "zone_kind": "Path-Row" if path_row else "Tile",
        "sensed": sensed,
        "grids": {GROUP: geobox},
        "bands": {GROUP: tuple(numbers)},
        "images": {"FRE": numbers},
        "masks": {name: {GROUP: values} for name, values in found.items()},
        "project": "LANDSAT",
        "orbit": ("Path", int(path_row[1]) if path_row else 198),
        "sun": (35.0, 145.0),
        "views": tuple(View("band_id", band, 0.5, 100.0) for band in numbers),
        "quality": {"CloudPercent": 0, "SnowPercent": 0},
    }
    return MuscateImage(**{**image, **changes})


def observed(observation: Observation, **changes: Any) -> MuscateImage:
    """What Landsat 8 would see in the place of a simulated Sentinel-2: means of 3 × 3 pixels of 10 m, whole ones from the upper left."""
    tile = observation.delivery.tile
    rows, cols = (side // 3 for side in tile.geobox.shape)
    found = {name: np.bitwise_or.reduce(_parts(values, rows, cols), axis=(1, 3)) for name, values in masks_of_10_m(observation).items()}
    found["SAT"] = np.where(found["SAT"] != 0, 0b1110, 0).astype(np.uint8)  # B2, B3, B4
    numbers = {}
    for band, seen_as in _SEEN_AS.items():
        seen = observation.bands[seen_as]
        fine = seen if seen_as in FINE_BANDS else seen.repeat(2, 0).repeat(2, 1)
        numbers[band] = digital_numbers(_parts(fine, rows, cols).mean(axis=(1, 3)), found["EDG"] > 0, 1)
    grid = tile.geobox[: 3 * rows, : 3 * cols].zoom_out(3)
    defaults = {"sun": observation.sun, "quantification": SCALE}
    return theia_landsat_image(tile.name, grid, observation.delivery.sensed, numbers, found, **{**defaults, **changes})


def _parts(values: np.ndarray, rows: int, cols: int) -> np.ndarray:
    """Values of 10 m by pixel of 30 m: (row, 3, col, 3)."""
    return values[: 3 * rows, : 3 * cols].reshape(rows, 3, cols, 3)
