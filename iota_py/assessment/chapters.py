"""The report's table of contents: chapters in the order in which a reviewer reads, and the sections of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from iota_py.assessment.language import marked

# Chapter -> names of its sections. A name is the anchor of the section, and of its template unless `Section` says another.
CHAPTERS: Mapping[str, tuple[str, ...]] = {
    marked("Verdict"): ("baseline",),
    marked("Maps"): ("map", "areas"),
    marked("Accuracy"): ("skill", "confusion", "classes", "regions", "scores", "strata", "map_accuracy", "gap", "fusion", "fused"),
    marked("Uncertainty"): ("quality", "probabilities", "applicability"),
    marked("Data"): ("dates", "drift", "samples"),
    marked("Further"): (
        "confusions", "importance", "suspicious", "difference", "boundary", "regularised", "vector", "further",
    ),
    marked("Cost"): ("timings",),
    marked("Settings and provenance"): ("settings", "versions", "provenance"),
}  # fmt: skip
OTHERS = "Further"  # chapter of a topic that none names, at its end

TITLES: Mapping[str, str] = {
    "map": marked("Map"),
    "areas": marked("Area per class"),
    "confusion": marked("Confusion matrix"),
    "classes": marked("Accuracy per class"),
    "regions": marked("Accuracy per region"),
    "scores": marked("Accuracy"),
    "strata": marked("Accuracy per stratum"),
    "gap": marked("Random and spatial folds"),
    "fusion": marked("Members of the fusion"),
    "fused": marked("The fused map"),
    "quality": marked("Confidence and validity"),
    "dates": marked("Acquisitions"),
    "samples": marked("Samples"),
    "importance": marked("Importance of the features"),
    "suspicious": marked("Suspicious polygons"),
    "difference": marked("Difference map"),
    "boundary": marked("Borders of the regions"),
    "regularised": marked("Regularised map"),
    "vector": marked("Polygons"),
    "further": marked("Further figures"),
    "timings": marked("What it cost"),
    "settings": marked("Settings"),
    "versions": marked("Versions"),
    "provenance": marked("Provenance"),
}
# Sections of a run that predicts a number which show the same under another template.
NUMBERS: Mapping[str, str] = {"map": "value_map", "quality": "value_quality", "regions": "value_regions"}


@dataclass(frozen=True)
class Section:
    """name: anchor. title: heading, in English. template: file of the fragment that fills it."""

    name: str
    title: str
    template: str


@dataclass(frozen=True)
class Chapter:
    """Sections that belong together. title: in English."""

    title: str
    sections: tuple[Section, ...]


def chapters(present: set[str], topics: Mapping[str, str], numbers: bool = False) -> list[Chapter]:
    """The chapters that have something to show, in order.

    present: names of the sections of the report itself. topics: name of each topic -> its title; one that no chapter names comes at the end of
    the further ones. numbers: the run predicts a number.
    """
    named = {name for names in CHAPTERS.values() for name in names}
    found = []
    for title, names in CHAPTERS.items():
        own = [*names, *(name for name in topics if name not in named and title == OTHERS)]
        sections = tuple(_section(name, topics, numbers) for name in own if name in present or name in topics)
        if sections:
            found.append(Chapter(title, sections))
    return found


def _section(name: str, topics: Mapping[str, str], numbers: bool) -> Section:
    template = NUMBERS.get(name, name) if numbers else name
    return Section(name, topics.get(name) or TITLES[name], f"{template}.html.j2")
