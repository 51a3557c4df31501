"""The small picture of a package: classes in their colours on white."""

from __future__ import annotations

import numpy as np

from iota_py.nomenclature.classes import Nomenclature

_WHITE = (255, 255, 255)


def picture(classes: np.ndarray, nomenclature: Nomenclature) -> np.ndarray:
    """Colours of a map of classes, uint8 (row, col, 3), from its codes, uint8 (row, col). No data is white, and so are unknown codes."""
    palette = np.full((256, 3), _WHITE, np.uint8)
    for one in nomenclature.classes:
        palette[one.code] = one.colour
    return palette[classes]
