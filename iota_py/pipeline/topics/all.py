"""Every subject of the report, in the order of the page."""

from __future__ import annotations

from collections.abc import Callable

from iota_py.assessment.topic import Topic
from iota_py.pipeline.topics import applicability, baseline, confusions, drift, map_accuracy, probabilities, skill
from iota_py.pipeline.workspace import Workspace

TOPICS: dict[str, Callable[[Workspace], Topic | None]] = {
    "baseline": baseline.topic,
    "skill": skill.topic,
    "map_accuracy": map_accuracy.topic,
    "applicability": applicability.topic,
    "drift": drift.topic,
    "probabilities": probabilities.topic,
    "confusions": confusions.topic,
}  # name of the template -> what it is made of


def topics(ws: Workspace) -> dict[str, Topic]:
    """The subjects that the run has something to say of."""
    found = {name: make(ws) for name, make in TOPICS.items()}
    return {name: one for name, one in found.items() if one is not None}
