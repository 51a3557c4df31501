"""The report of a run: one HTML file that needs no network and no script, for the screen and for paper.

Its sections are templates of their own, in the order of `chapters.CHAPTERS`; what each of them shows is made here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from iota_py.assessment import wording
from iota_py.assessment.acquisitions import listed, statuses
from iota_py.assessment.alternatives import ALTERNATIVES
from iota_py.assessment.baseline import baseline_line, moved_line
from iota_py.assessment.chapters import chapters
from iota_py.assessment.cost import cost
from iota_py.assessment.difference import COLOURS, LABELS
from iota_py.assessment.fused import MEASURES, fused_note, fused_rows
from iota_py.assessment.gap import gap_rows
from iota_py.assessment.language import said, translator
from iota_py.assessment.metrics import confusion_table
from iota_py.assessment.page import Image, Picture, drawn, environment, nested, picture
from iota_py.assessment.picture_budget import within
from iota_py.assessment.regression import regression_line
from iota_py.assessment.topic import Topic
from iota_py.nomenclature import Nomenclature

MAX_IDS_SHOWN = 12
CHANGES_SHOWN = 5
LEDGER_ROWS = 600


@dataclass(frozen=True)
class ReportData:
    """What the report shows. Every text may hold any character: it is escaped. An empty table or None leaves a sentence that says so.

    verdict: content of metrics.json, None where nothing was validated. images: PNG by name (`ALTERNATIVES`), or what draws it in a language. confusion: (n, n), the
    draws added up. areas: `class_areas`. ledger, regions: any columns. drops: reason, count, ids (a list or a text). acquisitions:
    tile, date, platform, product, cloud_share (0-1, NaN unknown), status ('used', 'merged', 'set aside'), reason. settings: YAML.
    mapped: False where no map was made, so that its sections are left out. timings: as `cost.cost` takes them. grid: crs, resolution (a text with
    its unit, `10 m`), shape (rows, cols).
    fusion: `fusion` of metrics.json, with a `colour` for each choice, None where one model mapped it all. gap: content of
    cross_validation.json, None where it was not asked for. regression: content of metrics.json of a run that predicts a number (confusion,
    areas and regions are then of no use), None of one that predicts classes. regularised: content of regularisation.csv, None where the map was
    not regularised. vector: zone, code, name, polygons, hectares; None where no polygons were made. boundary: content of boundary.json and
    boundary.csv, None where maps with and without fusion at the borders were not compared. topics: further subjects by the name of their template,
    each in its chapter (`chapters.CHAPTERS`).
    """

    title: str
    created: str
    verdict: Mapping[str, Any] | None
    nomenclature: Nomenclature
    images: Mapping[str, Image]
    confusion: np.ndarray | None
    areas: pd.DataFrame
    ledger: pd.DataFrame
    drops: pd.DataFrame
    acquisitions: pd.DataFrame
    regions: pd.DataFrame | None
    settings: str
    versions: Mapping[str, str]
    timings: pd.DataFrame
    provenance: Mapping[str, Any]
    warnings: list[str] = field(default_factory=list)
    grid: Mapping[str, Any] = field(default_factory=dict)
    mapped: bool = True
    fusion: Mapping[str, Any] | None = None
    gap: Mapping[str, Any] | None = None
    regularised: pd.DataFrame | None = None
    vector: pd.DataFrame | None = None
    boundary: tuple[Mapping[str, Any], pd.DataFrame] | None = None
    regression: Mapping[str, Any] | None = None
    topics: Mapping[str, Topic] = field(default_factory=dict)


def render(data: ReportData, language: str = "en") -> str:
    """The report as one HTML text. Raises ValueError when an image is not a PNG or the matrix does not fit the nomenclature, KeyError for a
    language without texts."""
    pictures = _pictures(data, language)
    titles = {name: topic.title for name, topic in data.topics.items()}
    made = environment(language)
    made.filters["class_name"] = _class_names(data.nomenclature, language)
    return made.get_template("report.html.j2").render(
        data=data,
        pictures=pictures,
        chapters=chapters(_present(data, set(pictures)), titles, data.regression is not None),
        unit=(data.verdict or {}).get("unit", "polygons"),
        verdict_line=wording.verdict_line(data.verdict, language)
        if data.regression is None
        else regression_line(data.regression, language),
        **_against(data, language),
        verdict_notes=_verdict_notes(data, language),
        facts=_facts(data, language),
        **_results(data, language),
        **_inputs(data, language),
        further=_further(data),
        cost=cost(data.timings, data.grid.get("shape"), language),
        provenance={key: _structured(value) for key, value in data.provenance.items()},
    )


def _present(data: ReportData, pictures: set[str]) -> set[str]:
    """Sections that have something to show."""
    conditions = {
        "map": data.mapped,
        "areas": data.mapped,
        "quality": data.mapped,
        "dates": data.mapped,
        "gap": data.gap is not None,
        "fusion": data.fusion is not None,
        "fused": (data.verdict or {}).get("fused") is not None,
        "suspicious": "suspicious" in pictures,
        "difference": "difference" in pictures,
        "boundary": data.boundary is not None,
        "regularised": data.regularised is not None,
        "vector": data.vector is not None,
        "importance": any(name.startswith("importance") and name in ALTERNATIVES for name in pictures),
        "further": bool(_further(data)),
        "scores": False,
        "strata": False,
    }
    if data.regression is not None:
        conditions |= dict.fromkeys(("areas", "confusion", "classes"), False) | {"scores": True, "strata": True}
    always = ("confusion", "classes", "regions", "samples", "timings", "settings", "versions", "provenance")
    return {name for name, there in (dict.fromkeys(always, True) | conditions).items() if there}


def _further(data: ReportData) -> list[str]:
    return [name for name in data.images if name not in ALTERNATIVES]


def _results(data: ReportData, language: str) -> dict[str, Any]:
    """What the sections on the result show."""
    return {
        "confusion": None if data.confusion is None else _confusion(data.confusion, data.nomenclature, language),
        "regions": None if data.regions is None else wording.frame_cells(data.regions, language),
        "strata_rows": _strata(data.regression, data.nomenclature, language),
        "fused": _fused(data.verdict or {}, language),
        "gap_rows": [] if data.gap is None else gap_rows(data.gap, language),
        "boundary": None if data.boundary is None else _boundary(*data.boundary),
        "difference_legend": [(LABELS[value], "#{:02x}{:02x}{:02x}".format(*colour)) for value, colour in COLOURS.items()],
    }


def _inputs(data: ReportData, language: str) -> dict[str, Any]:
    """What the sections on data used and lost show."""
    return {
        "acquisitions": listed(data.acquisitions, language),
        "ledger": wording.frame_cells(data.ledger.head(LEDGER_ROWS), language),
        "ledger_left": max(0, len(data.ledger) - LEDGER_ROWS),
        "drops": _drops(data.drops),
    }


def _pictures(data: ReportData, language: str) -> dict[str, Picture]:
    text = translator(language)
    alternatives = {name: ALTERNATIVES.get(name, name) for name in data.images}
    images: dict[str, Image] = dict(data.images)
    for topic in data.topics.values():
        images |= topic.images
        alternatives |= topic.alternatives
    return {name: picture(png, text(alternatives[name])) for name, png in within(drawn(images, language)).items()}


def _class_names(nomenclature: Nomenclature, language: str) -> Any:
    """English name of a class -> its name in the language; another text as it is."""
    names = {c.label(): c.label(language) for c in nomenclature.classes}
    return lambda name: names.get(name, name)


def _against(data: ReportData, language: str) -> dict[str, str]:
    """The verdict against the baseline, and what moved; empty texts where none is named."""
    if "baseline" not in data.topics:
        return {"baseline_verdict": "", "baseline_moves": ""}
    document = data.topics["baseline"].values["document"]
    return {
        "baseline_verdict": baseline_line(document, language),
        "baseline_moves": moved_line(document, language, _class_names(data.nomenclature, language)),
    }


def _verdict_notes(data: ReportData, language: str) -> list[str]:
    """What must be known beside the verdict."""
    _, notes = translator(language), []
    unit = (data.verdict or {}).get("unit", "polygons")
    if data.verdict is not None and unit == "polygons":
        notes.append(
            _(
                "Held-out polygons measure the skill of the model where there are polygons, not the accuracy of the map: that takes a probability "
                "sample of the whole map."
            )
        )
    elif data.verdict is not None:
        text = _(
            "Held-out %(unit)s measure the skill of the model where there are %(unit)s, drawn at random and not by place, not the accuracy of "
            "the map: that takes a probability sample of the whole map."
        )
        notes.append(text % {"unit": _(unit)})
    if data.verdict is not None and data.regression is None and "baseline" not in data.topics:
        notes.append(
            _("No baseline is named: `assessment.baseline: <folder of another run>` says what this run gained and lost against it.")
        )
    if not data.mapped:
        notes.append(_("No map was made: all the scores of this page are on validation samples, not on a map."))
    return notes


def _facts(data: ReportData, language: str) -> list[tuple[str, str]]:
    """The few facts of the run that stand under the title."""
    _, count = translator(language), wording.count
    facts = [(_("classes") if data.regression is None else _("strata"), str(len(data.nomenclature.classes)))]
    if len(data.areas):
        facts.append((_("mapped area"), f"{count(round(float(data.areas['hectares'].sum())))} ha"))
    if "shape" in data.grid:
        rows, cols = data.grid["shape"]
        facts.append((_("map size"), _("%(rows)s × %(cols)s pixels") % {"rows": count(rows), "cols": count(cols)}))
    if "resolution" in data.grid:
        facts.append((_("pixel size"), wording.decimal(str(data.grid["resolution"]), language)))
    if "crs" in data.grid:
        facts.append((_("reference system"), str(data.grid["crs"])))
    if len(data.acquisitions):
        facts.append((_("tiles"), count(data.acquisitions["tile"].nunique())))
        facts.append((_("acquisitions"), statuses(data.acquisitions, language)))
    return facts


def _confusion(confusion: np.ndarray, nomenclature: Nomenclature, language: str) -> wording.Cells:
    """The matrix with its totals, whose names are in the language; those of classes are as they are."""
    table = confusion_table(confusion, nomenclature)
    aliases = {c.alias for c in nomenclature.classes}
    named = [name if name in aliases else said(name, language) for name in table.index]
    cells = wording.frame_cells(table.set_axis(pd.Index(named, name="reference")).reset_index(), language)
    names = ["reference", *table.columns]
    headings = tuple(
        (name if name in aliases else said(name, language), heading[1]) for name, heading in zip(names, cells.headings, strict=True)
    )
    return wording.Cells(headings, cells.rows)


def _strata(metrics: Mapping[str, Any] | None, strata: Nomenclature, language: str) -> list[tuple[str, Any]]:
    if metrics is None:
        return []
    names = {c.alias: c.label(language) for c in strata.classes}
    return [(names[alias], entry) for alias, entry in metrics["strata"].items()]


def _fused(verdict: Mapping[str, Any], language: str) -> dict[str, Any] | None:
    """What the page says of the fused map, where it was scored by itself."""
    entry = verdict.get("fused")
    if entry is None:
        return None
    return {"entry": entry, "note": fused_note(entry, language), "rows": fused_rows(entry, language), "measures": list(MEASURES.values())}


def _boundary(summary: Mapping[str, Any], changes: pd.DataFrame) -> dict[str, Any]:
    shown = changes.head(CHANGES_SHOWN).to_dict("records")
    return {"summary": summary, "kinds": len(changes), "changes": shown, "shown": CHANGES_SHOWN}


def _drops(drops: pd.DataFrame) -> list[dict[str, Any]]:
    rows = []
    for entry in drops.to_dict("records"):
        names = _names(entry["ids"])
        rows.append({"reason": entry["reason"], "count": entry["count"], "ids": ", ".join(names), "long": len(names) > MAX_IDS_SHOWN})
    return rows


def _names(ids: Any) -> list[str]:
    if isinstance(ids, str):
        return [ids]
    return [str(name) for name in ids] if isinstance(ids, Iterable) else []


def _structured(value: Any) -> dict[str, Any]:
    """A value of the provenance: a plain text, or a nested one that keeps its lines."""
    text = json.dumps(value, indent=2, sort_keys=True, default=str, ensure_ascii=False) if nested(value) else str(value)
    return {"nested": nested(value), "text": text}
