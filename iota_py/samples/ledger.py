"""The account of samples through every step: how many polygons and pixels of each class and region are left, and why others are not."""

from __future__ import annotations

import pandas as pd

from iota_py.nomenclature import Nomenclature
from iota_py.samples.account import CUTS, Prepared

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


def step_table(prepared: Prepared, region_names: dict[int, str], nomenclature: Nomenclature) -> pd.DataFrame:
    """Rows of the ledger for what borders, sizes and overlaps leave, one step after another; none where nothing of that was asked for.

    A polygon that no region holds is counted under the region `outside`.
    """
    names, steps = {**region_names, 0: "outside"}, prepared.account.steps
    cuts = [number for number, step in enumerate(steps) if step in CUTS]
    titles = {number: f"polygons {steps[number]}" for number in cuts} | ({1: "polygons inside the tiles, as drawn"} if cuts else {})
    parts = [polygon_entries(titles[number], prepared.after(number), names, nomenclature) for number in sorted(titles)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def lost_classes(before: set[int], after: set[int], nomenclature: Nomenclature) -> list[str]:
    """Classes that were there before a step and are not after it, as `code alias`."""
    return [f"{code} {nomenclature[code].alias}" for code in sorted(before - after)]
