"""Area of each class of the map, by counting its pixels."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from iota_py.nomenclature import NODATA, Nomenclature

SQUARE_METRES_PER_HECTARE = 10_000.0


def class_areas(counts: Mapping[int, int] | np.ndarray, pixel_area_m2: float, nomenclature: Nomenclature) -> pd.DataFrame:
    """Mapped area of every class of the nomenclature, in its order.

    counts: pixels by code, as a mapping or as an array indexed by code (`numpy.bincount` of the map); nodata (0) is ignored.
    pixel_area_m2: area of one pixel, square metres. Returns the columns code, alias, name, pixels (int64), hectares and share (0-1 of
    the classified pixels, NaN where there is none). These are areas of the map, with its errors: they estimate nothing.
    Raises ValueError for a count of an unknown code, a negative count or a pixel area that is not positive.
    """
    if not (math.isfinite(pixel_area_m2) and pixel_area_m2 > 0):
        raise ValueError(f"pixel area {pixel_area_m2} m²: expected a positive number")
    pairs = counts.items() if isinstance(counts, Mapping) else enumerate(counts)
    pixels_of = {int(code): int(pixels) for code, pixels in pairs if int(pixels) != 0 and int(code) != NODATA}
    strangers = sorted(set(pixels_of) - set(nomenclature.codes))
    if strangers:
        raise ValueError(f"pixels of the codes {strangers}, which are not in the nomenclature {nomenclature.name}")
    if any(pixels < 0 for pixels in pixels_of.values()):
        raise ValueError("a class has a negative number of pixels")
    classes = nomenclature.classes
    pixels = np.array([pixels_of.get(c.code, 0) for c in classes], dtype=np.int64)
    total = int(pixels.sum())
    return pd.DataFrame(
        {
            "code": [c.code for c in classes],
            "alias": [c.alias for c in classes],
            "name": [c.label() for c in classes],
            "pixels": pixels,
            "hectares": pixels * (pixel_area_m2 / SQUARE_METRES_PER_HECTARE),
            "share": pixels / total if total else np.full(pixels.size, math.nan),
        }
    )
