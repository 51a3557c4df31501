"""Reading PNG bytes back, for the tests of figures and quicklooks."""

from __future__ import annotations

import io
import struct

import numpy as np
from matplotlib.image import imread


def rgba(png: bytes) -> np.ndarray:
    """uint8 (row, col, 4)."""
    return np.round(imread(io.BytesIO(png), format="png") * 255).astype(np.uint8)


def chunks(png: bytes) -> list[str]:
    """Names of the chunks of a PNG, in order."""
    names, place = [], 8
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        names.append(png[place + 4 : place + 8].decode("ascii"))
        place += 12 + length
    return names
