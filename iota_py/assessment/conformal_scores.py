"""How often conformal sets hold the true class, on polygons that had no part in them, with intervals by polygons."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

DRAWS = 2000
COLUMNS = [
    "region", "code", "polygons", "pixels", "target", "coverage", "low", "high", "coverage_pixels", "set_size", "empty", "coverage_never_empty",
]  # fmt: skip


def set_table(thousandths: np.ndarray, index: np.ndarray, thresholds: np.ndarray) -> pd.DataFrame:
    """What became of each pixel: `covered` (its set holds the true class), `size`, `empty`, and `never_empty`: covered, where the most
    probable class is always in.

    thousandths: (pixel, class). index: int (pixel,), place of the true class, -1 for one that no model knows. thresholds: (1 or pixel, class).
    """
    inside = thousandths >= thresholds
    most = thousandths.argmax(axis=1)
    rows, place = np.arange(len(index)), np.maximum(index, 0)
    covered = inside[rows, place] & (index >= 0)
    size = inside.sum(axis=1)
    return pd.DataFrame({"covered": covered, "size": np.maximum(size, 1), "empty": size == 0, "never_empty": covered | (most == index)})


def coverage_table(pixels: pd.DataFrame, target: float, names: Mapping[int, str], seed: int) -> pd.DataFrame:
    """Coverage by region and class, COLUMNS; code 0: all classes, region "all": all regions.

    pixels: `region` (index), `polygon`, `code`, `run`, `weight`, and columns of `set_table`. coverage: mean over polygons and runs of the
    share of a polygon's pixels whose set, as it is defined, holds the true class: what the target is about. low, high: 95 % percentile
    interval of DRAWS bootstrap samples of polygons, each with all of its runs; NaN with one polygon. coverage_pixels: over the validation
    pixels as they are. set_size: mean over polygons, of sets that the most probable class is always in; empty: share of the sets that are
    empty without it, coverage_never_empty: coverage with it.
    """
    rows = []
    for index, name in [(0, "all"), *names.items()]:
        own = pixels if index == 0 else pixels[pixels.region == index]
        if index and len(names) == 1:
            continue
        for code in [0, *sorted(int(code) for code in own.code.unique())]:
            here = own if code == 0 else own[own.code == code]
            if len(here):
                rows.append({"region": name, "code": code, "target": target, **_coverage(here, seed)})
    return pd.DataFrame(rows, columns=COLUMNS)


def _coverage(pixels: pd.DataFrame, seed: int) -> dict[str, float]:
    shares = pixels.groupby(["polygon", "run"], sort=True)[["covered", "size", "empty", "never_empty"]].mean()
    mean = shares.mean()
    low, high = polygon_interval(shares.covered.reset_index(), seed)
    return {
        "polygons": int(pixels.polygon.nunique()), "pixels": len(pixels), "coverage": float(mean.covered), "low": low, "high": high,
        "coverage_pixels": float(np.average(pixels.covered, weights=pixels.weight)), "set_size": float(mean["size"]),
        "empty": float(mean["empty"]), "coverage_never_empty": float(mean.never_empty),
    }  # fmt: skip


def polygon_interval(shares: pd.DataFrame, seed: int) -> tuple[float, float]:
    """95 % percentile interval of the mean of `covered` over rows (`polygon`, one for each of its runs); polygons are drawn, whole."""
    sums = shares.groupby("polygon", sort=True).covered.agg(["sum", "count"]).to_numpy(np.float64)
    if len(sums) < 2:
        return float("nan"), float("nan")
    drawn = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, 23]))).multinomial(
        len(sums), np.full(len(sums), 1 / len(sums)), DRAWS
    )
    totals = drawn @ sums
    low, high = np.percentile(totals[:, 0] / totals[:, 1], [2.5, 97.5])
    return float(low), float(high)
