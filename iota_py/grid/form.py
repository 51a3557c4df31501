"""A grid as plain values, for files and fingerprints."""

from __future__ import annotations

from typing import Any

from affine import Affine
from odc.geo.geobox import GeoBox


def geobox_values(box: GeoBox) -> list[Any]:
    """Shape, transform and well-known text of the CRS."""
    return [list(box.shape), list(box.transform)[:6], box.crs.to_wkt() if box.crs else ""]


def geobox_of(values: Any) -> GeoBox:
    """The inverse of geobox_values."""
    shape, transform, crs = values
    return GeoBox(tuple(shape), Affine(*transform), crs)
