"""The page of a comparison of two maps: one HTML file that needs no network and no script, as the report of a run."""

from __future__ import annotations

import base64
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from iota_py.assessment import wording
from iota_py.assessment.page import Picture
from iota_py.assessment.rivals import Rivals, p_text, rival_rows, rival_sentence
from iota_py.assessment.transitions import DIFFERENCE
from iota_py.nomenclature import Nomenclature

_TEMPLATES = Path(__file__).parent / "templates"
ALTERNATIVES = {
    "before": "First map, in the colours of the legend.",
    "after": "Second map, in the colours of the legend.",
    "difference": "Map of the pixels of the same class, of another class, and of those whose change is implausible.",
    "transitions": "Heat map of the transitions between classes with bars of their net change; the tables that follow hold the numbers.",
}
LONGEST = 30  # rows of the table of changes


@dataclass(frozen=True)
class Comparison:
    """What the page shows. Every text may hold any character: it is escaped.

    names: of the two maps. places: their files. agreement: `agreement_document`. changes: `class_changes`. transitions: `transition_table`.
    implausible: `implausible_table`, None where no rules were given. images: PNG bytes by name (`ALTERNATIVES`). notes: what a reader must know.
    skill: what the polygons say that two runs held out, None of maps that no such polygons come with.
    """

    names: tuple[str, str]
    places: tuple[str, str]
    created: str
    nomenclature: Nomenclature
    grid: Mapping[str, Any]
    agreement: Mapping[str, Any]
    changes: pd.DataFrame
    transitions: pd.DataFrame
    implausible: pd.DataFrame | None
    images: Mapping[str, bytes]
    versions: Mapping[str, str]
    notes: tuple[str, ...] = ()
    rules: str = ""
    skill: Rivals | None = None


def render_comparison(data: Comparison) -> str:
    """The page as one HTML text."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(
        score=wording.score, count=wording.count, percent=wording.percent, hectares=wording.hectares, signed=wording.signed_hectares
    )
    moved = data.transitions[data.transitions.from_code != data.transitions.to_code]
    seen = data.changes[(data.changes.pixels_a > 0) | (data.changes.pixels_b > 0)]
    return environment.get_template("compare.html.j2").render(
        data=data,
        pictures={name: _picture(name, png) for name, png in data.images.items()},
        verdict=verdict(data),
        moved=moved.sort_values(["pixels", "from_code", "to_code"], ascending=[False, True, True]).head(LONGEST).to_dict("records"),
        moves=len(moved),
        classes=seen.to_dict("records"),
        scores=[data.agreement["per_class"][str(code)] for code in seen["code"]],
        rules=[] if data.implausible is None else data.implausible.to_dict("records"),
        legend=[data.nomenclature[int(code)] for code in seen["code"]],
        coding=DIFFERENCE.classes,
        skill=None
        if data.skill is None
        else {"sentence": _sentence(data.skill), "rows": rival_rows(data.skill), "mcnemar": _mcnemar(data.skill)},
    )


def verdict(data: Comparison) -> str:
    """The result in one line."""
    found = data.agreement
    text = f"{wording.percent(found['overall_agreement'])} of {wording.count(found['pixels'])} pixels have the same class, kappa {wording.score(found['kappa'])}"
    if data.implausible is None:
        return f"{text}; no rules of implausible changes were given"
    odd = int(data.transitions.pixels[data.transitions.implausible].sum())
    share = odd / found["changed"] if found["changed"] else 0.0
    return f"{text}; {wording.count(odd)} changed pixels are implausible ({wording.percent(share)} of the changed)"


def _sentence(found: Rivals) -> str:
    text = rival_sentence(found)
    return text if text.startswith(found.names) else text[:1].upper() + text[1:]


def _mcnemar(found: Rivals) -> str:
    statistic, p_value = found.mcnemar
    if math.isnan(statistic):
        return "It was not done here: the polygons do not hold as many pixels in both runs."
    return f"Here: chi-square {statistic:.2f}, one degree of freedom, {p_text(p_value)}."


def _picture(name: str, png: bytes) -> Picture:
    width, height = struct.unpack(">II", png[16:24])
    return Picture("data:image/png;base64," + base64.b64encode(png).decode("ascii"), ALTERNATIVES[name], width, height)
