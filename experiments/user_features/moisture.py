"""An example of features of one's own: how wet the ground is in spring, and how much fields differ around a pixel."""

from __future__ import annotations

import numpy as np


def moisture(view, sensor="sentinel2", month=4):
    """Mean of nd(B8, B11) ×1000 over a month, and the standard deviation of NDVI ×1000 over 3 × 3 pixels in the middle of the series.

    view: see iota_py.pipeline.inputs.usercode.View. Gives back float (feature, row, col) and the names.
    """
    days = view.targets(sensor)
    wanted = days.astype("datetime64[M]").astype(int) % 12 + 1 == month
    nir, swir, red = (view.filled(sensor, band) for band in ("B8", "B11", "B4"))
    wetness = normalised(nir[wanted], swir[wanted]).mean(axis=0)
    ndvi = normalised(nir[len(days) // 2], red[len(days) // 2])
    return np.stack([wetness, spread(ndvi)]), [f"{sensor}_wetness_{month:02d}", f"{sensor}_ndvi_spread"]


def normalised(a, b):
    """(a - b) / (a + b) × 1000, 0 where both are 0."""
    total = a + b
    return 1000 * np.divide(a - b, total, out=np.zeros_like(total), where=np.abs(total) >= 0.5)


def spread(values):
    """Standard deviation over 3 × 3 pixels; the edge is repeated beyond the view, which is why the margin is 1."""
    padded = np.pad(values, 1, mode="edge")
    rows, cols = values.shape
    parts = np.stack([padded[i : i + rows, j : j + cols] for i in range(3) for j in range(3)])
    return parts.std(axis=0)
