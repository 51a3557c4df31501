"""A reference whose polygons have a number, made of that of the demonstration: it follows from the class, with noise."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np

ROOT = Path(__file__).resolve().parents[2]


def write_covers(path: Path) -> Path:
    """Copy the reference with a field `cover`, percent: 8 for the first class, 4 more for each of the next, and noise of 1."""
    frame = gpd.read_file(ROOT / "data_samples" / "reference.gpkg")
    rank = np.searchsorted(np.unique(frame.code), frame.code)
    frame["cover"] = 8 + 4.0 * rank + np.random.default_rng(4).normal(0, 1, len(frame))
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.drop(columns=["code"]).to_file(path, driver="GPKG", engine="pyogrio")
    return path
