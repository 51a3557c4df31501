"""Reflectances relative to one band of the same date."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from iota_py.features.indices import ND_SCALE, ND_SMALLEST_SUM


def relative_to(bands: NDArray[np.float32], reference: NDArray[np.float32]) -> NDArray[np.float32]:
    """`1000 band / reference`, float32 (target, band, pixel), 0 where the reference is below half a count.

    bands: float32 (target, band, pixel). reference: float32 (target, pixel). Dividing by one band takes out what multiplies them all, such
    as the light on a slope.
    """
    usable = np.abs(reference) >= ND_SMALLEST_SUM
    divisor = np.where(usable, reference, np.float32(1))
    return np.where(usable[:, None], ND_SCALE * (bands / divisor[:, None]), np.float32(0))


def relative_word(band: str, reference: str) -> str:
    """How the columns of such a band are called; the reference itself keeps its reflectance and its name.

    >>> relative_word("B8", "B4"), relative_word("B4", "B4")
    ('B8_by_B4', 'B4')
    """
    return band if band == reference else f"{band}_by_{reference}"
