"""The account of samples through every step: how many polygons and pixels of each class and region are left, and why others are not."""

from __future__ import annotations

import pandas as pd

from iota_py.nomenclature import Nomenclature

COLUMNS = ["step", "run", "region", "code", "alias", "polygons", "pixels"]


def entries(
    step: str, pixels: pd.DataFrame, region_names: dict[int, str], nomenclature: Nomenclature, run: int | None = None
) -> pd.DataFrame:
    """Rows of the ledger for one step: per region and class, distinct polygons and pixels of `pixels` (columns polygon, region, code)."""
    grouped = pixels.groupby(["region", "code"], sort=True)
    counts = grouped.agg(polygons=("polygon", "nunique"), pixels=("polygon", "size")).reset_index()
    counts.insert(0, "step", step)
    counts.insert(1, "run", "" if run is None else str(run))
    counts["alias"] = [nomenclature[int(code)].alias for code in counts.code]
    counts["region"] = [region_names.get(int(r), str(r)) for r in counts.region]
    return counts[COLUMNS]


def polygon_entries(step: str, polygons: pd.DataFrame, region_names: dict[int, str], nomenclature: Nomenclature) -> pd.DataFrame:
    """Rows of the ledger for a step before pixels exist: `pixels` is empty."""
    return entries(step, polygons, region_names, nomenclature).assign(pixels="")


def lost_classes(before: set[int], after: set[int], nomenclature: Nomenclature) -> list[str]:
    """Classes that were there before a step and are not after it, as `code alias`."""
    return [f"{code} {nomenclature[code].alias}" for code in sorted(before - after)]
