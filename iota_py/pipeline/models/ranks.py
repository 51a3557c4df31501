"""The polygons of some samples, ranked by where they lie: folds of them are then the same whatever the order of the reference data."""

from __future__ import annotations

import numpy as np
import pandas as pd

from iota_py.samples.split import folds_by_polygon


def ranked_polygons(samples: pd.DataFrame) -> pd.DataFrame:
    """Columns polygon, code, order (the rank), region (0 everywhere), a row for each polygon; by number where samples have no place."""
    places = [name for name in ("y", "x") if name in samples.columns]
    polygons = samples.groupby("polygon", sort=True).agg({"code": "first", **dict.fromkeys(places, "min")}).reset_index()
    polygons = polygons.sort_values([*places, "polygon"], ignore_index=True)
    return polygons[["polygon", "code"]].assign(order=np.arange(len(polygons)), region=0)


def fold_of_samples(samples: pd.DataFrame, folds: int, seed: int) -> np.ndarray:
    """Fold of each sample, int (sample,): that of its polygon, dealt by class."""
    polygons = ranked_polygons(samples)
    fold = dict(zip(polygons.polygon.tolist(), folds_by_polygon(polygons, folds, seed).tolist()))
    return samples.polygon.map(fold).to_numpy()
