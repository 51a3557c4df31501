"""What an item says of its rasters (projection and raster extensions of STAC), so that planning need not open each remote file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from affine import Affine
from odc.geo.geobox import GeoBox
from pyproj.exceptions import CRSError

from iota_py.io.raster import MAX_PIXELS, RasterHeader


def stated_header(asset: Mapping[str, Any], properties: Mapping[str, Any]) -> RasterHeader | None:
    """Header of an asset of one band as its item states it; None unless CRS, transform and shape are stated. dtype: empty where it is not.

    A file is read by its own header: what is stated here decides only what the grid of a tile is.
    """
    geobox, dtype = _geobox(asset, properties), first_band(asset, "data_type")
    if geobox is None:
        return None
    nodata = number(first_band(asset, "nodata"))
    return RasterHeader(geobox, 1, dtype if isinstance(dtype, str) else "", nodata, (geobox.shape[0], geobox.shape[1]))


def first_band(asset: Mapping[str, Any], name: str) -> Any:
    """A field of the one band of an asset, from `raster:bands` (1.0), `bands` or the asset itself (1.1); None where it is not stated."""
    for listed in (asset.get("raster:bands"), asset.get("bands")):
        if isinstance(listed, list) and len(listed) == 1 and isinstance(listed[0], dict):
            for key in (name, f"raster:{name}"):
                if key in listed[0]:
                    return listed[0][key]
    return asset.get(name, asset.get(f"raster:{name}"))


def number(value: Any) -> float | None:
    """A finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def _geobox(asset: Mapping[str, Any], properties: Mapping[str, Any]) -> GeoBox | None:
    """Grid of an asset, north up; None where a part is missing or is none."""
    crs = _crs(asset) or _crs(properties)
    own = asset if "proj:transform" in asset or "proj:shape" in asset else properties
    values, shape = own.get("proj:transform"), own.get("proj:shape")
    if crs is None or not isinstance(values, list) or not isinstance(shape, list) or len(shape) != 2 or len(values) not in (6, 9):
        return None
    transform = [number(value) for value in values[:6]]
    if any(value is None for value in transform) or any(not isinstance(side, int) or isinstance(side, bool) or side < 1 for side in shape):
        return None
    a, b, _, d, e, _ = transform
    if b or d or a <= 0 or e >= 0 or shape[0] * shape[1] > MAX_PIXELS:  # type: ignore[operator]
        return None
    if own is not asset and a != _step(asset, properties):  # the item speaks of all its files, whose pixels may not be alike
        return None
    try:
        return GeoBox((shape[0], shape[1]), Affine(*transform), crs)
    except (CRSError, ValueError, OverflowError):
        return None


def _step(asset: Mapping[str, Any], properties: Mapping[str, Any]) -> float | None:
    """Size of a pixel as an asset, or else the item, states it."""
    stated = (first_band(asset, "spatial_resolution"), asset.get("gsd"), properties.get("gsd"))
    return next((step for step in map(number, stated) if step is not None), None)


def _crs(fields: Mapping[str, Any]) -> str | None:
    code, epsg = fields.get("proj:code"), fields.get("proj:epsg")
    if isinstance(code, str):
        return code
    return f"EPSG:{epsg}" if isinstance(epsg, int) and not isinstance(epsg, bool) else None
