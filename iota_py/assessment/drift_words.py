"""The drift of a region in words, for the screen, the report and errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iota_py.assessment.drift import IN_RANGE, OUT_OF_RANGE, SHIFTED, TOO_FEW
from iota_py.assessment.language import marked
from iota_py.assessment.wording import percent

ADVICE = {
    IN_RANGE: marked("map with these models"),
    SHIFTED: marked("map, and validate on samples of this year"),
    OUT_OF_RANGE: marked("train on samples of this year, or add it to samples.years"),
    TOO_FEW: marked("look at its clouds and footprint"),
}


def drift_line(entry: Mapping[str, Any]) -> str:
    """One line: region, verdict, and why. entry: of `regions` of drift.json."""
    name, verdict = entry["region"], entry["verdict"]
    if verdict == TOO_FEW:
        return f"region {name}: too few pixels ({entry['pixels']['now']} clear ones) to say whether it drifted"
    why = f"{percent(max(0.0, entry['beyond']))} of the values left the usual range of the samples"
    if entry["large"] is not None:
        holds = "hold" if entry["weights"] == "importance" else "are"
        whole = "importance" if entry["weights"] == "importance" else "features"
        why += f", features with a PSI of 0.25 or more {holds} {percent(entry['large'])} of the {whole}"
    worst = worst_words(entry)
    return f"region {name} is {verdict}: {why}" + (f"; most in {worst}" if worst and verdict != IN_RANGE else "")


def worst_words(entry: Mapping[str, Any]) -> str:
    """The band that drifts most and its dates; empty where there is none."""
    if not entry["worst"]:
        return ""
    one = entry["worst"][0]
    return f"{one['input']} {one['band']}" + (f" ({', '.join(one['dates'])})" if one["dates"] else "")


def warned(document: Mapping[str, Any]) -> list[str]:
    """Sentences on the regions that a reader of the map should know of. document: drift.json."""
    return [f"{drift_line(one)}; {ADVICE[one['verdict']]}" for one in document["regions"] if one["verdict"] != IN_RANGE]
