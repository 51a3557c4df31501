"""Which segments learn: those that lie almost wholly in learning polygons of one class, and in no polygon kept for validation."""

from __future__ import annotations

import numpy as np
import pandas as pd

TOUCHED, CLEAR, PURE = 1, 2, 3  # how far a segment comes: it meets learning polygons; and no validation polygon; and is pure


def reach(pixels: pd.DataFrame, size: pd.Series, kept: np.ndarray, purity: float) -> pd.DataFrame:
    """How far each segment that meets learning polygons comes, by number: columns segment, code, polygon, reached (int8).

    pixels: usable pixels of learning polygons (`segment`, `code`, `polygon`). size: pixels of each segment, by its number. kept: numbers of
    the segments that a validation polygon meets. The class is the one with most pixels, the polygon the one of that class with most
    (of equals the lowest number); purity: share of all pixels of the segment that the class must have.
    """
    by_polygon = pixels.groupby(["segment", "code", "polygon"], sort=True).size().rename("count").reset_index()
    by_class = by_polygon.groupby(["segment", "code"], sort=True)["count"].sum().reset_index()
    main = by_class.sort_values(["segment", "count", "code"], ascending=[True, False, True]).drop_duplicates("segment")
    named = by_polygon.sort_values(["segment", "code", "count", "polygon"], ascending=[True, True, False, True])
    found = main.merge(named.drop_duplicates(["segment", "code"])[["segment", "code", "polygon"]], on=["segment", "code"])
    clear = ~found.segment.isin(kept).to_numpy()
    pure = found["count"].to_numpy() >= purity * size.loc[found.segment].to_numpy() - 1e-9
    reached = np.where(clear & pure, PURE, np.where(clear, CLEAR, TOUCHED)).astype(np.int8)
    return found[["segment", "code", "polygon"]].assign(reached=reached).reset_index(drop=True)
