"""Map accuracy as a page of its own: one HTML file that needs no network and no script, as the report of a run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from iota_py.assessment.language import marked, translator
from iota_py.assessment.page import environment
from iota_py.assessment.topic import Topic
from iota_py.assessment.wording import score
from iota_py.nomenclature import Nomenclature

TITLE = marked("Map accuracy")


def render_accuracy(document: Mapping[str, Any], classes: Nomenclature, versions: Mapping[str, str], language: str = "en") -> str:
    """The page as one HTML text. document: content of `accuracy.json`."""
    text = translator(language)
    names = {c.label(): c.label(language) for c in classes.classes}
    made = environment(language)
    made.filters["class_name"] = lambda name: names.get(name, name)
    return made.get_template("accuracy_page.html.j2").render(
        title=text(marked("%(title)s: %(maps)s")) % {"title": text(TITLE), "maps": ", ".join(one["name"] for one in document["maps"])},
        created=dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        verdict=accuracy_line(document, language),
        topic=Topic(TITLE, document),
        versions=versions,
    )


def accuracy_line(document: Mapping[str, Any], language: str = "en") -> str:
    """The overall accuracy of each map with its 95 % margin, in one line."""
    _ = translator(language)
    parts = []
    for one in document["maps"]:
        overall = one["overall_accuracy"]
        margin = "" if overall["standard_error"] is None else f" ± {score(overall['high'] - overall['value'], language)}"
        name = f"{one['name']}: " if len(document["maps"]) > 1 else ""
        parts.append(f"{name}{score(overall['value'], language)}{margin}")
    return _("map accuracy %(parts)s, from %(points)s points of a probability sample") % {
        "parts": "; ".join(parts),
        "points": document["answered"],
    }
