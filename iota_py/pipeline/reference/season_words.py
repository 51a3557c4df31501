"""What the reader of a map must know of samples of other years, in sentences."""

from __future__ import annotations

from iota_py.io.tables import read_table
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline import paths
from iota_py.pipeline.reference.management import annual_codes
from iota_py.pipeline.reference.seasons import annual_year
from iota_py.pipeline.workspace import Workspace


def season_sentences(ws: Workspace) -> list[str]:
    """One sentence on the years learnt from, one on annual classes; none without them."""
    return [*_years(ws), *_annual(ws, ws.nomenclature)]


def _years(ws: Workspace) -> list[str]:
    years = ws.config.samples.years
    if not years:
        return []
    found = read_table(ws.path(paths.YEAR_SCORES)).groupby("year").overall_accuracy.mean()
    each = ", ".join(f"{year} ({accuracy:.3f})" for year, accuracy in found.items())
    text = f"samples of other years are learnt from; overall accuracy on polygons held out in each, by the features of that year: {each}"
    if ws.config.samples.places:
        return [text]
    return [f"{text}; the year of the map has no reference, so that all scores are of these years and none is of the map"]


def _annual(ws: Workspace, nomenclature: Nomenclature) -> list[str]:
    annual = ws.config.samples.annual
    if annual is None:
        return []
    names = ", ".join(nomenclature[code].alias for code in annual_codes(ws.config, nomenclature))
    year = annual_year(ws.config)
    if annual.method == "last_map":
        drawn = f"{names}: learnt from pixels drawn from {annual.map.name if annual.map else ''}, whose labels are of {year}"
        return [f"{drawn}; nothing validates them"]
    return [f"{names}: labels of {year}, learnt and scored with the products of {year}; the map is not scored on them"]
