"""WASP L3A syntheses in the MUSCATE layout, from arrays: composites with their status, weights and mean dates, one product a month."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

import numpy as np

from iota_py.simulation.acquisitions import Tile
from iota_py.simulation.composites import Composite
from iota_py.simulation.muscate import GROUPS, SCALE
from iota_py.simulation.muscate_image import NODATA, MuscateImage

_GROUP_SIZES = {"R1": 10, "R2": 20}
_WEIGHTS = 1000  # stored number per unit of weight


def wasp_image(
    tile: Tile, centre: date, numbers: Mapping[str, np.ndarray], masks: Mapping[str, Mapping[str, np.ndarray]], **changes: Any
) -> MuscateImage:
    """A synthesis of Sentinel-2 on a tile around a day. numbers: int16 (row, col) by band, NODATA where missing.

    masks: name -> group -> numbers: FLG uint8 (0 no data, 1 cloud, 2 snow, 3 water, 4 land), WGT and DTS int16. changes: of other fields
    of the image, such as the platform.
    """
    platform = changes.pop("platform", "SENTINEL2X")
    image = {
        "prefix": platform,
        "platform": platform,
        "level": "L3A",
        "zone": tile.name,
        "zone_kind": "Tile",
        "sensed": datetime.combine(centre, time()),
        "grids": {"R1": tile.geobox, "R2": tile.geobox.zoom_out(2)},
        "bands": GROUPS,
        "images": {"FRC": numbers},
        "masks": masks,
        "project": "SENTINEL2",
        "version": (1, 1),
        "quality": {"CloudPercent": "0.0"},
    }
    return MuscateImage(**{**image, **changes})


def composed(composite: Composite, tile: Tile, **changes: Any) -> MuscateImage:
    """The synthesis of a composite of simulated observations. Where nothing was ever clear, bands and mean date are NODATA."""
    days = {group: _whole(composite.mean_day[size]) for group, size in _GROUP_SIZES.items()}
    weights = {group: np.round(composite.weight[size] * _WEIGHTS).astype(np.int16) for group, size in _GROUP_SIZES.items()}
    flags = {group: composite.flag[size] for group, size in _GROUP_SIZES.items()}
    weights = {group: np.where(flags[group] == 0, np.int16(NODATA), values) for group, values in weights.items()}
    numbers = {band: _whole(values * np.float32(SCALE)) for band, values in composite.bands.items()}
    return wasp_image(tile, composite.centre, numbers, {"FLG": flags, "WGT": weights, "DTS": days}, **changes)


def _whole(values: np.ndarray) -> np.ndarray:
    """int16 of numbers, NODATA in place of NaN."""
    known = np.nan_to_num(values, nan=0.0)
    return np.where(np.isnan(values), NODATA, np.clip(np.round(known), -9999, 32767)).astype(np.int16)
