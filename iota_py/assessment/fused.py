"""What is said of the map fused of several draws, scored on polygons in which none of them learnt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iota_py.assessment.wording import count, score

MEASURES = {"overall_accuracy": "overall accuracy", "kappa": "kappa", "f1_macro": "mean F1"}


def fused_line(entry: Mapping[str, Any]) -> str:
    """The result on one line, from `fused` of metrics.json."""
    if entry["scores"] is None:
        return "fused map: not scored, for each validation polygon has a draw that learnt in it"
    values = [value for value in entry["draws"]["overall_accuracy"] if value is not None]
    alone = f"; the draws alone {score(min(values))} to {score(max(values))} there" if values else ""
    return f"fused map: overall accuracy {score(entry['scores']['overall_accuracy'])} on {_amount(entry)}, {_kind(entry)}{alone}"


def fused_note(entry: Mapping[str, Any]) -> str:
    """What the numbers are, and what they are not."""
    if entry["scores"] is None:
        return "The fused map has no score of its own: each validation polygon has a draw that learnt in it. Set map.vote_kept to keep some apart."
    left = entry["unclassified"]
    aside = f" {count(left)} pixels that the fused map leaves without a class are not counted." if left else ""
    return (
        f"Scored on {_amount(entry)}, {_kind(entry)}. It is one map, so it has one number and no interval; the draws are scored on the same pixels. "
        f"The scores at the top of this page are of the draws, not of the fused map.{aside}"
    )


def fused_rows(entry: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """Name and scores of the fused map, then of each draw; empty where there are none."""
    if entry["scores"] is None:
        return []
    draws = entry["draws"]
    rows = [("fused map", [score(entry["scores"][key]) for key in MEASURES])]
    return [*rows, *((f"draw {k}", [score(draws[key][k]) for key in MEASURES]) for k in range(len(draws["overall_accuracy"])))]


def _amount(entry: Mapping[str, Any]) -> str:
    number, pixels = entry["polygons"], entry["pixels"]
    return f"{count(number)} polygon{'s' if number != 1 else ''} ({count(pixels)} pixels)"


def _kind(entry: Mapping[str, Any]) -> str:
    return "in which no draw learnt" if entry["kept"] is None else "kept apart from all draws"
