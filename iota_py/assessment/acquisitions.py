"""Acquisitions as the report lists them: tile by tile, those set aside first, and no more rows than a page can hold."""

from __future__ import annotations

from typing import Any

import pandas as pd

from iota_py.assessment.language import marked, said, translator
from iota_py.assessment.wording import Cells, count, frame_cells

STATUSES = (marked("used"), marked("merged"), marked("set aside"))
MOST_ROWS = 1500  # of acquisitions listed tile by tile
PRINTED_ROWS = 200  # on paper
MOST_ASIDE = 200  # of those set aside, listed together
FILE = "assessment/acquisitions.csv"


def listed(acquisitions: pd.DataFrame, language: str = "en") -> dict[str, Any]:
    """What the section shows.

    set_aside: rows, at most MOST_ASIDE, and how many are left out. tiles: name, words on statuses and rows of each tile, until MOST_ROWS rows are
    listed; counts: of each status for the tiles that are left out. printed: whether these rows are few enough for
    paper.
    """
    aside = _rows(acquisitions[acquisitions["status"] == "set aside"]) if len(acquisitions) else []
    groups = [] if acquisitions.empty else list(acquisitions.groupby("tile", sort=True))
    shown, rows = 0, 0
    for _, group in groups:
        rows += len(group)
        if rows > MOST_ROWS and shown:
            break
        shown += 1
    return {
        "file": FILE,
        "set_aside": aside[:MOST_ASIDE],
        "set_aside_left": max(0, len(aside) - MOST_ASIDE),
        "tiles": [{"tile": tile, "statuses": statuses(group, language), "rows": _rows(group)} for tile, group in groups[:shown]],
        "tiles_left": len(groups) - shown,
        "printed": len(acquisitions) <= PRINTED_ROWS,
        "counts": _counts(groups[shown:], language),
    }


def statuses(acquisitions: pd.DataFrame, language: str = "en") -> str:
    """How many have each status, in words: `106 used, 1 merged`."""
    text, counts = translator(language), acquisitions["status"].value_counts()
    numbers = {status: int(counts[status]) for status in STATUSES if status in counts}
    return ", ".join(said(f"1 {status}", language) if n == 1 else f"{count(n)} {text(status)}" for status, n in numbers.items())


def _counts(groups: list[tuple[Any, pd.DataFrame]], language: str) -> Cells:
    text = translator(language)
    rows = [[tile, *(int((group["status"] == status).sum()) for status in STATUSES)] for tile, group in groups]
    return frame_cells(pd.DataFrame(rows, columns=[text("tile"), *map(text, STATUSES)]))


def _rows(acquisitions: pd.DataFrame) -> list[dict[str, Any]]:
    """One row for each, tiles and dates ascending."""
    texts = {name: acquisitions[name].astype(object).where(acquisitions[name].notna(), "") for name in ("platform", "product", "reason")}
    rows = acquisitions.assign(date=pd.to_datetime(acquisitions["date"]).dt.strftime("%Y-%m-%d"), **texts)
    return rows.sort_values(["tile", "date", "product"]).to_dict("records")
