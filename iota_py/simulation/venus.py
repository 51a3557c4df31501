"""VENµS L2A products of MAJA in the MUSCATE layout, from arrays: one site, 12 bands at 5 m, one group of bands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.simulation.muscate import SCALE, digital_numbers, masks_of_10_m
from iota_py.simulation.muscate_image import NODATA, MuscateImage, View, clear_masks
from iota_py.simulation.observation import FINE_BANDS, Observation

BANDS = tuple(f"B{number}" for number in range(1, 13))
GROUP = "XS"
# band -> the one of Sentinel-2 that is nearest to it
_SEEN_AS = {
    "B1": "B2", "B2": "B2", "B3": "B2", "B4": "B3", "B5": "B4", "B6": "B4", "B7": "B4", "B8": "B5", "B9": "B6", "B10": "B7", "B11": "B8A",
    "B12": "B8A",
}  # fmt: skip
_VIEWS = (("01", 13.1, 287.2), ("02", 12.8, 286.1), ("03", 12.5, 285.0), ("04", 12.9, 286.6))  # detector, zenith, azimuth


def venus_image(
    site: str,
    geobox: GeoBox,
    sensed: datetime,
    numbers: Mapping[str, np.ndarray],
    masks: Mapping[str, np.ndarray] | None = None,
    **changes: Any,
) -> MuscateImage:
    """A product of a site. numbers: int16 (row, col) by band, reflectance times the quantification, NODATA where missing.

    masks: in place of clear ones, by name (CLM, MG2, EDG, SAT); SAT is uint16, B1 its bit 0. changes: of other fields of the image.
    """
    outside = np.all([values == NODATA for values in numbers.values()], axis=0)
    found = {**clear_masks(geobox, outside, "uint16"), **(masks or {})}
    image = {
        "prefix": "VENUS-XS",
        "platform": "VENUS",
        "level": "L2A",
        "zone": site,
        "zone_kind": "Site",
        "sensed": sensed,
        "grids": {GROUP: geobox},
        "bands": {GROUP: tuple(numbers)},
        "images": {"FRE": numbers},
        "masks": {name: {GROUP: values} for name, values in found.items()},
        "project": "VENUS",
        "orbit": ("Orbit", 9101),
        "sun": (41.5, 158.0),
        "views": tuple(View("detector_id", *view) for view in _VIEWS),
        "quality": {"CloudPercent": 0, "SnowPercent": 0},
    }
    return MuscateImage(**{**image, **changes})


def observed(observation: Observation, site: str, **changes: Any) -> MuscateImage:
    """What VENµS would see of a tile in the place of a simulated Sentinel-2: pixels of 10 m cut in four, on a lattice 5 m beside theirs."""
    t, (height, width) = observation.delivery.tile.geobox.transform, observation.delivery.tile.geobox.shape
    grid = GeoBox((2 * height - 2, 2 * width - 2), Affine(5, 0, t.c + 5, 0, -5, t.f - 5), observation.delivery.tile.geobox.crs)
    found = {name: _quarters(values) for name, values in masks_of_10_m(observation).items()}
    found["SAT"] = np.where(found["SAT"] != 0, 0b11111111, 0).astype(np.uint16)  # B1 to B8
    numbers = {}
    for band, seen_as in _SEEN_AS.items():
        seen = observation.bands[seen_as]
        fine = seen if seen_as in FINE_BANDS else seen.repeat(2, 0).repeat(2, 1)
        numbers[band] = digital_numbers(_quarters(fine), found["EDG"] > 0, 1)
    defaults = {"sun": observation.sun, "quantification": SCALE}
    return venus_image(site, grid, observation.delivery.sensed, numbers, found, **{**defaults, **changes})


def _quarters(values: np.ndarray) -> np.ndarray:
    """Pixels cut in four, without the outer ring of quarters."""
    return values.repeat(2, 0).repeat(2, 1)[1:-1, 1:-1]
