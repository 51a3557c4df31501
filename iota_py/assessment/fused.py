"""What is said of the map fused of several draws, scored on polygons in which none of them learnt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iota_py.assessment.language import marked, translator
from iota_py.assessment.wording import count, score

MEASURES = {"overall_accuracy": marked("overall accuracy"), "kappa": marked("kappa"), "f1_macro": marked("mean F1")}


def fused_line(entry: Mapping[str, Any]) -> str:
    """The result on one line, from `fused` of metrics.json."""
    if entry["scores"] is None:
        return "fused map: not scored, for each validation polygon has a draw that learnt in it"
    values = [value for value in entry["draws"]["overall_accuracy"] if value is not None]
    alone = f"; the draws alone {score(min(values))} to {score(max(values))} there" if values else ""
    return f"fused map: overall accuracy {score(entry['scores']['overall_accuracy'])} on {_amount(entry)}, {_kind(entry)}{alone}"


def fused_note(entry: Mapping[str, Any], language: str = "en") -> str:
    """What the numbers are, and what they are not."""
    _ = translator(language)
    if entry["scores"] is None:
        return _(
            "The fused map has no score of its own: each validation polygon has a draw that learnt in it. Set map.vote_kept to keep some apart."
        )
    text = _(
        "Scored on %(amount)s, %(kind)s. It is one map, so it has one number and no interval; the draws are scored on the same pixels. "
        "The scores at the top of this page are of the draws, not of the fused map."
    )
    found = text % {"amount": _amount(entry, language), "kind": _kind(entry, language)}
    if not entry["unclassified"]:
        return found
    left = _("%(pixels)s pixels that the fused map leaves without a class are not counted.")
    return f"{found} {left % {'pixels': count(entry['unclassified'], language)}}"


def fused_rows(entry: Mapping[str, Any], language: str = "en") -> list[tuple[str, list[str]]]:
    """Name and scores of the fused map, then of each draw; empty where there are none."""
    if entry["scores"] is None:
        return []
    _, draws = translator(language), entry["draws"]
    rows = [(_("fused map"), [score(entry["scores"][key], language) for key in MEASURES])]
    numbers = range(len(draws["overall_accuracy"]))
    return [*rows, *((_("draw %(number)s") % {"number": k}, [score(draws[key][k], language) for key in MEASURES]) for k in numbers)]


def _amount(entry: Mapping[str, Any], language: str = "en") -> str:
    _, number = translator(language), entry["polygons"]
    text = _("%(polygons)s polygon (%(pixels)s pixels)") if number == 1 else _("%(polygons)s polygons (%(pixels)s pixels)")
    return text % {"polygons": count(number, language), "pixels": count(entry["pixels"], language)}


def _kind(entry: Mapping[str, Any], language: str = "en") -> str:
    _ = translator(language)
    return _("in which no draw learnt") if entry["kept"] is None else _("kept apart from all draws")
