"""Held-out polygons of two runs, compared where both had them: what they need to have in common, and why they cannot be compared where they have not."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from iota_py.assessment.rivals import Rivals, rivals
from iota_py.io.tables import read_table
from iota_py.io.vectors import read_vectors
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline import paths


def rival_runs(places: tuple[Path, Path], names: tuple[str, str], classes: Nomenclature) -> tuple[Rivals | None, str]:
    """What the polygons that both runs held out say of them; None and why not, where there is nothing to compare. places: folders of runs, or rasters.

    Two rasters, or a raster and a run, give no reason: nobody held polygons out. Reasons: E-ACC-001 a run without scores of polygons, E-ACC-002 other
    references, E-ACC-003 no polygon that both held out in a draw of the same number.
    """
    if not all(place.is_dir() for place in places):
        return None, ""
    without = [place for place in places if not (place / paths.POLYGON_SCORES).is_file()]
    if without:
        return None, _reason("E-ACC-001", f"{without[0]} has no {paths.POLYGON_SCORES}; run it again")
    first, second = (read_table(place / paths.POLYGON_SCORES) for place in places)
    if not _same_reference(places, set(first.polygon) & set(second.polygon)):
        return None, _reason("E-ACC-002", "their reference polygons differ")
    keys = ["run", "polygon"]
    if first[keys].drop_duplicates().merge(second[keys].drop_duplicates(), on=keys).empty:
        return None, _reason("E-ACC-003", "no polygon was held out by both in a draw of the same number")
    return rivals(names, first, second, classes), ""


def _same_reference(places: tuple[Path, Path], polygons: set[int]) -> bool:
    """Whether these polygons have the same shape and class in both; where a run has no polygons of its own, whether its whole lists are the same."""
    drawn = [(place / paths.POLYGONS).is_file() for place in places]
    if not any(drawn):
        first, second = (_listed(place) for place in places)
        return first.equals(second)
    return all(drawn) and _shapes(places[0], polygons).equals(_shapes(places[1], polygons))


def _listed(place: Path) -> pd.Series:
    return read_table(place / paths.SPLIT, ["polygon", "code"]).set_index("polygon").code.sort_index()


def _shapes(place: Path, polygons: set[int]) -> pd.DataFrame:
    frame = read_vectors(place / paths.POLYGONS, "polygons")
    chosen = frame[frame.polygon.isin(polygons)].sort_values("polygon")
    return pd.DataFrame(
        {"polygon": chosen.polygon.to_numpy(), "code": chosen.code.to_numpy(), "shape": chosen.geometry.to_wkb().to_numpy()}
    )


def _reason(code: str, text: str) -> str:
    return f"Held-out scores are not compared: {text} ({code})."
